"""The sandbox's Slack behaves like Slack: a real Bolt app accepts its people, and real clients get its answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.serve import serving
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.picture import plain
from bot.sandbox.slack.server import SandboxSlack
from tests.clients import plain_http

Json = dict[str, Any]


def words(text: str, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": text}


def button(label: str, action_id: str, **facts: Any) -> Json:
    return {"type": "button", "text": words(label), "action_id": action_id, **facts}


CARD: list[Json] = [
    {"type": "section", "text": words("*Hi* <@U1>", "mrkdwn")},
    {
        "type": "actions",
        "elements": [
            button("Archive", "archive", value="t1"),
            {"type": "users_select", "action_id": "assign", "placeholder": words("Assign to…")},
        ],
    },
]
OPTIONS: list[Json] = [{"text": words(label), "value": label.lower()} for label in ("Acme", "Beta")]
MODAL: Json = {
    "type": "modal",
    "callback_id": "send",
    "title": words("New DM"),
    "submit": words("Send"),
    "notify_on_close": True,
    "private_metadata": "kept",
    "blocks": [
        {
            "type": "input",
            "block_id": "body",
            "label": words("Message"),
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 10},
        },
        {
            "type": "input",
            "block_id": "from",
            "label": words("From"),
            "element": {
                "type": "static_select",
                "action_id": "account",
                "options": OPTIONS,
                "initial_option": OPTIONS[0],
            },
        },
        {
            "type": "input",
            "block_id": "to",
            "label": words("To"),
            "optional": True,
            "element": {"type": "external_select", "action_id": "recipient", "min_query_length": 1},
        },
    ],
}


class Desk:
    """A tiny Bolt app with the real signature check, and what it saw."""

    def __init__(self, slack: SandboxSlack) -> None:
        self.bolt = AsyncApp(
            signing_secret=slack.signing_secret,
            client=AsyncWebClient(slack.bot_token, base_url=f"{slack.base_url}/api/"),
            process_before_response=True,
        )
        self.seen: list[Json] = []
        self.bolt.command("/dm")(self.command)
        self.bolt.action("archive")(self.note)
        self.bolt.action("assign")(self.note)
        self.bolt.shortcut("send_as_dm")(self.note)
        self.bolt.view("send")(self.submitted)
        self.bolt.view_closed("send")(self.note)
        self.bolt.options("recipient")(self.options)
        self.bolt.event("app_home_opened")(self.event)
        self.answer: Json = {}
        handler = AsyncSlackRequestHandler(self.bolt)

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        self.app = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])

    async def command(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        if body["text"] == "modal":
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        if body["text"] == "slow":
            await asyncio.sleep(3.5)
        self.seen.append(body)
        await (ack("Hello") if body["text"] == "hello" else ack())

    async def note(self, ack: Any, body: Json) -> None:
        self.seen.append(body)
        await ack()

    async def submitted(self, ack: Any, body: Json) -> None:
        self.seen.append(body)
        await ack(**self.answer)

    async def options(self, ack: Any, body: Json) -> None:
        self.seen.append(body)
        await ack(options=[{"text": words("Sarah"), "value": "p1"}])

    async def event(self, body: Json) -> None:
        self.seen.append(body)


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SandboxSlack]:
    sandbox = SandboxSlack()
    async with serving(sandbox.app) as url:
        sandbox.base_url = url
        sandbox.add_user("U1", "Ana Lopez", "ana@acme.test")
        sandbox.add_user("U2", "Gus Guest", "gus@acme.test", guest=True)
        sandbox.add_user("U9", "Sid Stranger", "sid@else.test", team_id="T0ELSE")
        yield sandbox


@pytest.fixture
def channel(slack: SandboxSlack) -> str:
    return slack.add_channel("inbox", shared=True)


@pytest_asyncio.fixture
async def desk(slack: SandboxSlack) -> AsyncIterator[Desk]:
    desk = Desk(slack)
    async with serving(desk.app) as url:
        slack.events_url = f"{url}/slack/events"
        yield desk


@pytest.fixture
def client(slack: SandboxSlack) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=f"{slack.base_url}/api/", retry_handlers=[], timeout=60)


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_command_arrives_signed_and_escaped_and_its_answer_is_private(
    slack: SandboxSlack, channel: str, desk: Desk
) -> None:
    ack = await slack.command("U1", channel, "/dm", "a & b < c <@U2>")
    assert ack.ok
    assert desk.seen[0]["text"] == "a &amp; b &lt; c <@U2>"
    assert desk.seen[0]["channel_name"] == "inbox"
    await slack.command("U1", channel, "/dm", "hello")
    assert [e.text for e in slack.ephemerals("U1")] == ["Hello"]


async def test_a_bad_signature_and_an_old_one_are_refused_by_bolt(slack: SandboxSlack, desk: Desk) -> None:
    body = "command=/dm&text=x"
    assert (await slack.raw(body, slack.sign(body) | {"X-Slack-Signature": "v0=0"})).status == 401
    assert (await slack.raw(body, slack.sign(body, at=time.time() - 600))).status == 401


async def test_a_bot_that_is_too_slow_or_down_is_seen_as_such(slack: SandboxSlack, channel: str, desk: Desk) -> None:
    slack.patience = 0.2
    assert (await slack.command("U1", channel, "/dm", "slow")).timed_out
    slack.events_url = "http://127.0.0.1:9/slack/events"
    assert (await slack.command("U1", channel, "/dm", "x")).status == 0


async def test_a_button_is_found_by_its_label_in_the_current_blocks(
    slack: SandboxSlack, channel: str, desk: Desk, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=channel, text="card", blocks=CARD))["ts"]
    await slack.press("U9", channel, ts, "Archive")
    seen = desk.seen[0]
    assert seen["actions"][0]["value"] == "t1"
    assert (seen["user"]["team_id"], seen["team"]["id"]) == ("T0ELSE", "T0ACME")
    assert seen["message"]["blocks"][1]["elements"][0]["action_id"] == "archive"
    await slack.press("U1", channel, ts, "Assign to…", value="U1")
    assert desk.seen[1]["actions"][0]["selected_user"] == "U1"
    await client.chat_update(channel=channel, ts=ts, text="done", blocks=CARD[:1])
    with pytest.raises(LookupError):
        await slack.press("U1", channel, ts, "Archive")


async def test_a_double_click_is_two_interactions(
    slack: SandboxSlack, channel: str, desk: Desk, client: AsyncWebClient
) -> None:
    ts = (await client.chat_postMessage(channel=channel, text="card", blocks=CARD))["ts"]
    await slack.press("U1", channel, ts, "archive", double=True)
    assert len({seen["trigger_id"] for seen in desk.seen}) == 2


async def test_a_button_in_an_ephemeral_sends_no_message(
    slack: SandboxSlack, channel: str, desk: Desk, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel=channel, user="U1", text="card", blocks=CARD)
    await slack.press_ephemeral("U1", slack.ephemerals("U1")[0], "Archive")
    assert "message" not in desk.seen[0]
    assert desk.seen[0]["container"]["is_ephemeral"]


async def test_a_shortcut_on_a_reply_carries_the_reply(slack: SandboxSlack, channel: str, desk: Desk) -> None:
    parent = slack.say("U1", channel, "parent")
    reply = slack.say("U1", channel, "reply", parent.ts)
    assert (await slack.shortcut("U1", channel, reply.ts, "send_as_dm")).ok
    assert desk.seen[0]["message"]["thread_ts"] == parent.ts
    assert [m.text for m in slack.replies(channel, parent.ts)] == ["reply"]


async def test_a_modal_is_filled_in_submitted_and_closed(slack: SandboxSlack, channel: str, desk: Desk) -> None:
    await slack.command("U1", channel, "/dm", "modal")
    await slack.suggest("U1", "recipient", "sa")
    with pytest.raises(ValueError, match="Message"):
        await slack.submit("U1")
    with pytest.raises(ValueError, match="0 to 10 characters"):
        await slack.submit("U1", values={"text": "x" * 11})
    with pytest.raises(LookupError):
        await slack.submit("U1", values={"text": "x", "typo": "x"})
    desk.answer = {"response_action": "errors", "errors": {"body": "no"}}
    assert (await slack.submit("U1", values={"text": "hi", "to": "Sarah"})).ok
    assert slack.modal("U1")
    values = desk.seen[-1]["view"]["state"]["values"]
    assert values["body"]["text"]["value"] == "hi"
    assert values["from"]["account"]["selected_option"]["value"] == "acme"
    assert values["to"]["recipient"]["selected_option"]["value"] == "p1"
    desk.answer = {"response_action": "errors", "errors": {"nowhere": "no"}}
    assert "nowhere" in (await slack.submit("U1", values={"body": "hi"})).trouble
    desk.answer = {"response_action": "update", "view": MODAL | {"title": words("Again")}}
    await slack.submit("U1", values={"body": "hi"})
    assert (slack.modal("U1") or {})["title"]["text"] == "Again"
    desk.answer = {}
    await slack.submit("U1", values={"body": "hi", "account": "Beta"})
    assert slack.modal("U1") is None


async def test_closing_a_modal_tells_the_bot_when_it_asked(slack: SandboxSlack, channel: str, desk: Desk) -> None:
    await slack.command("U1", channel, "/dm", "modal")
    assert (await slack.close("U1")).ok
    assert desk.seen[-1]["type"] == "view_closed"
    assert slack.modal("U1") is None


async def test_an_outsiders_submission_names_both_workspaces(slack: SandboxSlack, desk: Desk) -> None:
    view = slack.put_view(MODAL, "U9")
    slack.open_views["U9"] = [view["id"]]
    await slack.submit("U9", values={"text": "hi"})
    seen = desk.seen[0]
    assert (seen["team"]["id"], seen["view"]["app_installed_team_id"]) == ("T0ELSE", "T0ACME")


async def test_an_event_arrives_and_can_be_delivered_again(slack: SandboxSlack, desk: Desk) -> None:
    assert (await slack.open_home("U1")).ok
    assert (await slack.event("app_home_opened", event_id="Ev1", retry=1, user="U1", tab="home")).ok
    assert await slack.until(lambda: len(desk.seen) == 2)
    assert desk.seen[0]["authorizations"][0]["team_id"] == slack.team_id


async def test_a_trigger_opens_one_view_within_three_seconds(slack: SandboxSlack, client: AsyncWebClient) -> None:
    trigger = slack.trigger("U1")
    bad = MODAL | {"title": words("x" * 25)}
    assert await refused(client.views_open(trigger_id=trigger, view=bad)) == "invalid_arguments"
    opened = await client.views_open(trigger_id=trigger, view=MODAL)
    assert await refused(client.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    slack.patience = 3.0
    old = slack.trigger("U1")
    slack.advance(3.1)
    assert await refused(client.views_open(trigger_id=old, view=MODAL)) == "expired_trigger_id"
    view = opened["view"]
    updated = await client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL)
    assert updated["view"]["private_metadata"] == "kept"
    stale = client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL)
    assert await refused(stale) == "hash_conflict"
    await client.views_push(trigger_id=slack.trigger("U1"), view=MODAL)
    assert (slack.modal("U1") or {})["previous_view_id"] == view["id"]
    assert await refused(client.views_update(view_id="V0", view=MODAL)) == "not_found"


async def test_messages_are_posted_updated_read_and_deleted(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "card", "event_payload": {"id": "e1"}}
    ts = (await client.chat_postMessage(channel=channel, text="one", metadata=metadata, unfurl_links=False))["ts"]
    await client.chat_postMessage(channel=channel, text="reply", thread_ts=ts)
    assert slack.messages(channel)[0].raw["unfurl_links"] is False
    history = await client.conversations_history(channel=channel, include_all_metadata=True)
    assert history["messages"][0]["metadata"] == metadata
    assert len((await client.conversations_replies(channel=channel, ts=ts))["messages"]) == 2
    await client.chat_update(channel=channel, ts=ts, text="two")
    assert [(m.text, bool(m.edited)) for m in slack.messages(channel)] == [("two", True)]
    link = await client.chat_getPermalink(channel=channel, message_ts=ts)
    assert link["permalink"].startswith("https://acme.slack.com/archives/")
    await client.chat_delete(channel=channel, ts=ts)
    assert slack.messages(channel) == []
    assert await refused(client.chat_update(channel=channel, ts=ts, text="x")) == "message_not_found"
    await client.chat_postMessage(channel="U1", text="psst")
    assert [m.text for m in slack.dms("U1")] == ["psst"]


async def test_slack_refuses_in_its_own_words(slack: SandboxSlack, channel: str, client: AsyncWebClient) -> None:
    said = slack.say("U1", channel, "mine")
    away = slack.add_channel("away", bot_in=False)
    post = client.chat_postMessage
    assert await refused(post(channel="C0", text="x")) == "channel_not_found"
    assert await refused(client.api_call("chat.postMessage", json={"channel": channel})) == "no_text"
    assert await refused(post(channel=channel, text="x" * 40_001)) == "msg_too_long"
    assert await refused(post(channel=channel, text="x", blocks=[{"type": "nope"}])) == "invalid_blocks"
    assert await refused(client.chat_update(channel=channel, ts=said.ts, text="x")) == "cant_update_message"
    assert await refused(client.conversations_history(channel=away)) == "not_in_channel"
    assert await refused(client.api_call("no.such")) == "unknown_method"
    assert await refused(AsyncWebClient("xoxb-x", base_url=client.base_url).auth_test()) == "invalid_auth"
    slack.scopes.discard("chat:write.public")
    assert await refused(post(channel=away, text="x")) == "not_in_channel"
    slack.scopes.discard("users:read")
    assert await refused(client.users_info(user="U1")) == "missing_scope"
    assert "users:read" in slack.scopes_used


async def test_what_is_shown_of_people(slack: SandboxSlack, channel: str, client: AsyncWebClient) -> None:
    assert (await client.users_info(user="U1"))["user"]["profile"]["email"] == "ana@acme.test"
    assert (await client.users_info(user="U2"))["user"]["is_restricted"] is True
    stranger = (await client.users_info(user="U9"))["user"]
    assert stranger["team_id"] == "T0ELSE"
    assert "email" not in stranger["profile"]
    assert (await client.users_lookupByEmail(email="ANA@acme.test"))["user"]["id"] == "U1"
    assert await refused(client.users_lookupByEmail(email="sid@else.test")) == "users_not_found"
    slack.scopes.discard("users:read.email")
    assert "email" not in (await client.users_info(user="U1"))["user"]["profile"]
    assert (await client.conversations_info(channel=channel))["channel"]["is_ext_shared"] is True
    assert (await client.auth_test())["team_id"] == slack.team_id


async def test_form_encoded_arguments_are_understood(slack: SandboxSlack, channel: str) -> None:
    async with plain_http() as http:
        form = {"token": slack.bot_token, "channel": channel, "text": "x", "blocks": '[{"type": "divider"}]'}
        answer = (await http.post(f"{slack.base_url}/api/chat.postMessage", data=form)).json()
    assert answer["ok"]
    assert slack.messages(channel)[0].blocks[0]["type"] == "divider"


async def test_a_response_url_takes_five_posts_within_half_an_hour(slack: SandboxSlack, channel: str) -> None:
    hook = AsyncWebhookClient(slack.hook("U1", channel))
    await hook.send(text="first")
    await hook.send(text="second", replace_original=True)
    assert [(e.text, e.via) for e in slack.ephemerals("U1")] == [("second", "response_url")]
    await hook.send(text="all", response_type="in_channel")
    assert [m.text for m in slack.messages(channel)] == ["all"]
    await hook.send(delete_original=True)
    assert slack.ephemerals() == []
    assert (await hook.send(text="")).status_code == 400
    assert (await hook.send(text="five")).status_code == 200
    late = await hook.send(text="six")
    assert (late.status_code, "used_url" in late.body) == (404, True)
    old = AsyncWebhookClient(slack.hook("U1", channel))
    slack.advance(1801)
    assert "expired_url" in (await old.send(text="late")).body


async def test_a_response_url_of_a_button_can_replace_the_message(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel=channel, text="card")
    message = slack.messages(channel)[0]
    hook = AsyncWebhookClient(slack.hook("U1", channel, message))
    await hook.send(text="private")
    await hook.send(text="new card", replace_original=True)
    assert (message.text, [e.text for e in slack.ephemerals("U1")]) == ("new card", ["private"])


async def test_faults_happen_as_often_as_asked(slack: SandboxSlack, channel: str, client: AsyncWebClient) -> None:
    post = client.chat_postMessage
    slack.fail("chat.postMessage", "fatal_error", times=2)
    assert await refused(post(channel=channel, text="x")) == "fatal_error"
    assert await refused(post(channel=channel, text="x")) == "fatal_error"
    slack.fail("*", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await post(channel=channel, text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    slack.fail(times=None)
    assert await refused(client.auth_test()) == "internal_error"
    slack.heal()
    assert slack.messages(channel) == []
    await post(channel=channel, text="x")
    assert [call.ok for call in slack.calls] == [False, False, False, False, True]


@pytest.mark.parametrize(("drop", "arrived"), [("before", 0), ("after", 1)])
async def test_a_dropped_connection_hides_whether_the_call_took_effect(
    slack: SandboxSlack, channel: str, client: AsyncWebClient, drop: Any, arrived: int
) -> None:

    slack.fail("chat.postMessage", drop=drop)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=channel, text="x")
    assert len(slack.messages(channel)) == arrived
    assert len(slack.calls) == 1


async def test_posts_come_too_fast_only_when_limits_are_on(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    slack.rate_limit = True
    for _ in range(4):
        await client.chat_postMessage(channel=channel, text="x")
    assert await refused(client.chat_postMessage(channel=channel, text="x")) == "ratelimited"
    slack.advance(1)
    await client.chat_postMessage(channel=channel, text="x")


async def test_waiting_in_vain_tells_the_story(slack: SandboxSlack, client: AsyncWebClient) -> None:
    await client.auth_test()
    with pytest.raises(AssertionError, match=r"auth\.test"):
        await slack.until(lambda: False, timeout=0.1)


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "section", "text": words("x" * 3001)}, "less than 3001"),
        ({"type": "section", "text": words("")}, "more than 0"),
        ({"type": "section"}, "required"),
        ({"type": "header", "text": words("x" * 151)}, "less than 151"),
        ({"type": "header", "text": words("x", "mrkdwn")}, "plain_text"),
        ({"type": "context", "elements": [words("x")] * 11}, "1 to 10"),
        ({"type": "actions", "elements": [button("x", f"a{n}") for n in range(26)]}, "1 to 25"),
        ({"type": "actions", "elements": [button("x", "a"), button("y", "a")]}, "already exists"),
        ({"type": "actions", "elements": [button("x" * 76, "a")]}, "less than 76"),
        ({"type": "actions", "elements": [button("x", "a", value="v" * 2001)]}, "less than 2001"),
        ({"type": "actions", "elements": [button("x", "a" * 256)]}, "less than 256"),
        ({"type": "actions", "elements": [button("x", "a", style="gold")]}, "style"),
        ({"type": "actions", "elements": [button("x", "a", vlaue="v")]}, "additional property"),
        ({"type": "actions", "elements": [{"type": "static_select", "options": OPTIONS * 51}]}, "1 to 100"),
        ({"type": "alert", "text": words("x")}, "on a message"),
        ({"type": "actions", "elements": [{"type": "plain_text_input"}]}, "unsupported element"),
    ],
)
def test_blocks_beyond_a_limit_are_named(block: Json, complaint: str) -> None:
    assert any(complaint in found for found in problems([block], "message"))


def test_good_blocks_and_views_have_no_problems() -> None:
    assert problems(CARD, "message") == []
    assert view_problems(MODAL) == []
    assert problems([{"type": "divider"}] * 51, "message") != []
    assert problems([{"type": "divider"}] * 51, "home") == []
    assert problems([{"type": "divider", "block_id": "a"}] * 2, "home") != []
    assert view_problems(MODAL | {"private_metadata": "x" * 3001}) != []


def test_the_picture_reads_as_a_person_sees_it(slack: SandboxSlack) -> None:
    assert slack.show(CARD) == "*Hi* @Ana Lopez\n[Archive]  [Assign to… ▾]"
    assert "== New DM ==" in slack.show(MODAL)
    assert plain("<!date^1^{time}|14:02> &lt;b&gt; <https://x.test|here> <!here>") == "14:02 <b> here @here"
