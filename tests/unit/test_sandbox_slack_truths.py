"""What Slack does that one would not expect: the sandbox does it too, so that tests of the bot see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.sandbox.serve import serving
from bot.sandbox.slack.block_kit.blocks import problems
from bot.sandbox.slack.server import SandboxSlack
from tests.clients import plain_http
from tests.unit.test_sandbox_slack import refused

Json = dict[str, Any]


def words(text: str, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": text}


def option(label: str) -> Json:
    return {"text": words(label), "value": label}


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SandboxSlack]:
    sandbox = SandboxSlack()
    async with serving(sandbox.app) as url:
        sandbox.base_url = url
        sandbox.add_user("U1", "Ana Lopez", "ana@acme.test")
        sandbox.add_user("U2", "Bo", "bo@acme.test")
        yield sandbox


@pytest.fixture
def channel(slack: SandboxSlack) -> str:
    return slack.add_channel("inbox")


@pytest.fixture
def client(slack: SandboxSlack) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=f"{slack.base_url}/api/", retry_handlers=[], timeout=60)


@pytest_asyncio.fixture
async def heard(slack: SandboxSlack) -> AsyncIterator[list[Json]]:
    """What Slack tells a bot that takes everything; to an external menu it offers two options."""
    told: list[Json] = []

    async def take(request: Request) -> JSONResponse:
        form = await request.body()
        kind = request.headers["content-type"]
        body = json.loads(form) if "json" in kind else json.loads(httpx.QueryParams(form.decode())["payload"])
        told.append(body)
        return JSONResponse({"options": [option("Acme"), option("Beta")]} if body["type"] == "block_suggestion" else {})

    async with serving(Starlette(routes=[Route("/slack/events", take, methods=["POST"])])) as url:
        slack.events_url = f"{url}/slack/events"
        yield told


# --- threads that are gone -------------------------------------------------------------------------------------------


async def test_a_post_below_a_message_that_is_gone_comes_at_the_channels_root_and_says_so(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    card = (await client.chat_postMessage(channel=channel, text="card"))["ts"]
    below = await client.chat_postMessage(channel=channel, text="below", thread_ts=card)
    assert below["message"]["thread_ts"] == card
    await client.chat_delete(channel=channel, ts=card)
    for gone in (card, "1700000000.000100"):
        answer = await client.chat_postMessage(channel=channel, text=f"after {gone}", thread_ts=gone)
        assert "thread_ts" not in answer["message"]
    assert [one.text for one in slack.messages(channel)] == [f"after {card}", "after 1700000000.000100"]
    assert await refused(client.chat_update(channel=channel, ts=card, text="x")) == "message_not_found"


async def test_a_post_below_a_reply_comes_in_the_replys_thread(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    card = slack.say("U1", channel, "card")
    reply = slack.say("U2", channel, "reply", thread_ts=card.ts)
    answer = await client.chat_postMessage(channel=channel, text="below", thread_ts=reply.ts)
    assert answer["message"]["thread_ts"] == card.ts


async def test_an_ephemeral_shows_in_a_thread_only_where_somebody_has_replied(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    card = slack.say("U1", channel, "card")
    for text in ("unseen", "seen"):
        answer = await client.chat_postEphemeral(channel=channel, user="U1", text=text, thread_ts=card.ts)
        assert answer["message_ts"]
        slack.say("U2", channel, "reply", thread_ts=card.ts)
    await client.chat_postEphemeral(channel=channel, user="U1", text="nowhere", thread_ts="1700000000.000100")
    assert [one.text for one in slack.ephemerals("U1")] == ["seen"]


async def test_a_reply_that_is_broadcast_is_in_the_channel_and_in_the_thread(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    card = slack.say("U1", channel, "card")
    answer = await client.chat_postMessage(channel=channel, text="both", thread_ts=card.ts, reply_broadcast=True)
    assert (answer["message"]["subtype"], answer["message"]["thread_ts"]) == ("thread_broadcast", card.ts)
    await client.chat_postMessage(channel=channel, text="thread alone", thread_ts=card.ts)
    assert [one.text for one in slack.messages(channel)] == ["card", "both"]
    assert [one.text for one in slack.replies(channel, card.ts)] == ["both", "thread alone"]


async def test_a_message_notifies_whom_it_mentions_where_they_are(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    async def notifies(**content: object) -> set[str]:
        answer = await client.chat_postMessage(channel=channel, **content)  # type: ignore[arg-type]
        return slack.notified(slack.message(answer["channel"], answer["ts"]))

    elsewhere = slack.add_user("U3", "Eve", "eve@acme.example")
    slack.channels[channel].members -= {elsewhere}
    small = {"type": "context", "elements": [{"type": "mrkdwn", "text": "for <@U2|bo> &lt;@U1&gt;"}]}
    inline = {
        "type": "rich_text_section",
        "elements": [{"type": "user", "user_id": "U1"}, {"type": "text", "text": "<@U2>"}],
    }
    assert await notifies(text=f"<@U1> and <@{elsewhere}>") == {"U1"}
    assert await notifies(text="<@U1>", blocks=[small]) == {"U2"}
    assert await notifies(text="hello", blocks=[{"type": "rich_text", "elements": [inline]}]) == {"U1"}
    assert await notifies(text="<!here> hello") >= {"U1", "U2"}
    assert await notifies(text=f"<!subteam^{slack.add_usergroup('crew', ['U2'])}>") == {"U2"}
    assert await notifies(text="nobody") == set()
    assert slack.notified(slack.say("U1", channel, "<@U1> <@U2>")) == {"U2"}
    answer = await client.chat_postMessage(channel="U1", text="hello")
    assert slack.notified(slack.message(answer["channel"], answer["ts"])) == {"U1"}


async def test_who_deletes_a_message_lets_the_bot_hear_of_it(
    slack: SandboxSlack, channel: str, client: AsyncWebClient, heard: list[Json]
) -> None:
    ts = (await client.chat_postMessage(channel=channel, text="card"))["ts"]
    await slack.erase(slack.message(channel, ts))  # an admin may
    event = heard[-1]["event"]
    assert (event["subtype"], event["deleted_ts"]) == ("message_deleted", ts)
    assert (event["previous_message"]["bot_id"], event["previous_message"]["text"]) == ("B0SANDBOX", "card")

    answered = slack.say("U1", channel, "question")
    slack.say("U2", channel, "answer", thread_ts=answered.ts)
    await slack.erase(answered)
    event = heard[-1]["event"]
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")
    assert event["previous_message"]["text"] == "question"


# --- what comes over the wire ----------------------------------------------------------------------------------------


async def test_a_json_call_may_have_an_empty_body(slack: SandboxSlack) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "application/json"}
    async with plain_http() as http:
        answer = await http.post(f"{slack.base_url}/api/auth.test", content=b"", headers=headers)
        broken = await http.post(f"{slack.base_url}/api/auth.test", content=b"{", headers=headers)
    assert answer.json()["ok"]
    assert broken.json()["error"] == "invalid_arguments"


@pytest.mark.parametrize("multipart", [False, True])
async def test_a_file_comes_as_it_is_or_as_multipart(
    slack: SandboxSlack, channel: str, client: AsyncWebClient, multipart: bool
) -> None:
    content = b"\x89PNG\r\n\x00binary\r\n--not a boundary"
    place = await client.files_getUploadURLExternal(filename="a.png", length=len(content))
    async with plain_http() as http:
        sent: Any = {"files": {"filename": ("a.png", content, "image/png")}} if multipart else {"content": content}
        assert (await http.post(place["upload_url"], **sent)).status_code == 200
    assert slack.files[place["file_id"]].content == content


async def test_a_call_may_come_as_multipart(slack: SandboxSlack, channel: str) -> None:
    fields = {name: (None, value) for name, value in (("channel", channel), ("text", "Grüße"))}
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with plain_http() as http:
        answer = await http.post(f"{slack.base_url}/api/chat.postMessage", files=fields, headers=headers)
    assert answer.json()["ok"]
    assert slack.messages(channel)[0].text == "Grüße"


async def test_each_token_opens_its_own_methods_alone(slack: SandboxSlack, client: AsyncWebClient) -> None:
    slack.socket_mode = True
    assert await refused(client.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    assert (await client.apps_connections_open(app_token=slack.app_token))["url"].startswith("ws")
    app = AsyncWebClient(slack.app_token, base_url=client.base_url)
    assert await refused(app.auth_test()) == "not_allowed_token_type"
    assert await refused(client.apps_connections_open(app_token="xapp-other")) == "invalid_auth"


# --- groups, members, validation -------------------------------------------------------------------------------------


async def test_groups_and_members_are_listed_for_who_has_the_scope(
    slack: SandboxSlack, channel: str, client: AsyncWebClient
) -> None:
    group = slack.add_usergroup("support", ["U1", "U2"])
    (shown,) = (await client.usergroups_list(include_users=True))["usergroups"]
    assert (shown["id"], shown["handle"], shown["users"]) == (group, "support", ["U1", "U2"])
    assert "users" not in (await client.usergroups_list())["usergroups"][0]
    assert (await client.usergroups_users_list(usergroup=group))["users"] == ["U1", "U2"]
    assert await refused(client.usergroups_users_list(usergroup="S0")) == "no_such_subteam"
    assert {"U1", "U2"} <= set((await client.conversations_members(channel=channel))["members"])
    slack.scopes -= {"usergroups:read", "channels:read"}
    assert await refused(client.usergroups_list()) == "missing_scope"
    assert await refused(client.conversations_members(channel=channel)) == "missing_scope"


async def test_blocks_are_validated_without_being_posted(slack: SandboxSlack, client: AsyncWebClient) -> None:
    slack.scopes = set()
    good, bad = [{"type": "divider"}], [{"type": "section", "text": words("")}]
    for about in ({"blocks": good}, {"message": {"blocks": good}}):
        assert (await client.api_call("blocks.validate", params={k: json.dumps(v) for k, v in about.items()}))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("blocks.validate", params={"blocks": json.dumps(bad)})
    (error,) = caught.value.response["errors"]
    assert (error["pointer"], error["code"]) == ("/0/text", "failed_constraint")
    assert await refused(client.api_call("blocks.validate")) == "invalid_arguments"


# --- blocks of 2026, and menus ---------------------------------------------------------------------------------------

TEXT = {"type": "section", "text": words("Hi")}
PIE = {"type": "pie", "segments": [{"label": "X", "value": 3}, {"label": "LinkedIn", "value": 1.5}]}
BARS = {
    "type": "bar",
    "axis_config": {"categories": ["Mon", "Tue"], "y_label": "messages"},
    "series": [{"name": "received", "data": [{"label": "Mon", "value": 3}, {"label": "Tue", "value": -1}]}],
}


def chart(chart: Json) -> Json:
    return {"type": "data_visualization", "title": "This week", "chart": chart}


def menu(count: int) -> Json:
    options = [option(str(number)) for number in range(count)]
    return {"type": "actions", "elements": [{"type": "overflow", "action_id": "more", "options": options}]}


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "container", "title": words("A"), "child_blocks": [TEXT]}, ""),
        ({"type": "container", "child_blocks": [TEXT]}, "text object"),
        ({"type": "container", "title": words("A"), "child_blocks": [TEXT] * 11}, "1 to 10"),
        ({"type": "container", "title": words("A"), "child_blocks": [{"type": "section"}]}, "required"),
        ({"type": "container", "title": words("A"), "child_blocks": [TEXT], "width": "huge"}, "width"),
        ({"type": "layout", "rows": [{"items": [{"blocks": [TEXT]}, {"blocks": [TEXT]}]}], "fallback": [TEXT]}, ""),
        ({"type": "layout", "rows": [{"items": [{"blocks": [{"type": "section"}]}]}]}, "required"),
        ({"type": "layout"}, "required"),
        ({"type": "card", "title": words("A"), "body": words("x" * 200)}, ""),
        ({"type": "card", "title": words("A"), "body": words("x" * 201)}, "less than 201"),
        ({"type": "card", "subtitle": words("A")}, "required"),
        ({"type": "data_table", "rows": [[words("a"), words("b")], [words("1"), words("2")]]}, ""),
        ({"type": "data_table", "rows": [[words("a"), words("b")], [words("1")]]}, "as many cells"),
        (chart(PIE), ""),
        (chart({"type": "pie", "segments": [{"label": "X", "value": 0}]}), "above 0"),
        (chart({"type": "donut"}), "unsupported chart"),
        (chart(BARS), ""),
        (chart(BARS | {"axis_config": {"categories": ["Mon"]}}), "labels must be the categories"),
        (chart(BARS | {"axis_config": {"categories": [str(n) for n in range(21)]}}), "1 to 20"),
        (menu(1), "2 to 5"),
        (menu(2), ""),
        (menu(5), ""),
        (menu(6), "2 to 5"),
    ],
)
def test_slack_knows_the_blocks_of_2026_and_their_limits(block: Json, complaint: str) -> None:
    found = problems([block], "message")
    assert (found == []) if not complaint else any(complaint in one for one in found)


TAG = {"type": "multi_external_select"}
NUMBER = {"type": "number_input", "is_decimal_allowed": True}
ROUND = {"type": "radio_buttons", "options": [option("a")]}


def grouped(count: int) -> Json:
    groups = [{"label": words("A"), "options": [option(str(number)) for number in range(count)]}]
    return {"type": "static_select", "option_groups": groups}


@pytest.mark.parametrize(
    ("element", "complaint"),
    [
        (grouped(100), ""),
        (grouped(101), "1 to 100"),
        (grouped(0), "1 to 100"),
        (ROUND, ""),
        (ROUND | {"options": [option("a") | {"url": "https://acme.test"}]}, "additional property: url"),
        (ROUND | {"initial_option": option("a")}, ""),
        (ROUND | {"initial_option": option("b")}, "not one of the options"),
        (ROUND | {"initial_option": "a"}, "not one of the options"),
        (ROUND | {"type": "checkboxes", "initial_options": []}, "1 to 10 "),
        (TAG | {"initial_options": [option("a")]}, ""),
        (TAG | {"initial_options": []}, "1 to 100"),
        (TAG | {"initial_options": [option("x" * 76)]}, "less than 76"),
        (TAG | {"initial_options": ["a"]}, "must be an option"),
        ({"type": "external_select", "initial_option": {"text": words("a")}}, "must be a string"),
        ({"type": "multi_users_select", "initial_users": ["U1"]}, ""),
        ({"type": "multi_users_select", "initial_users": []}, "initial_users must be one or more ids"),
        (NUMBER | {"initial_value": "5.5", "min_value": "-1", "max_value": "10"}, ""),
        (NUMBER | {"initial_value": 5}, "initial_value must be a number in a string"),
        (NUMBER | {"max_value": 5}, "max_value must be a number in a string"),
        ({"type": "number_input"}, "is_decimal_allowed"),
        ({"type": "email_text_input", "initial_value": 5}, "must be a string"),
        ({"type": "datepicker", "initial_date": "2026-11-27"}, ""),
        ({"type": "datepicker", "initial_date": "tomorrow"}, "initial_date must be YYYY-MM-DD"),
        ({"type": "datepicker", "initial_date": "2026-02-30"}, "initial_date must be YYYY-MM-DD"),
        ({"type": "timepicker", "initial_time": "09:30"}, ""),
        ({"type": "timepicker", "initial_time": "9:30"}, "initial_time must be HH:mm"),
        ({"type": "datetimepicker", "initial_date_time": 1628633820}, ""),
        ({"type": "datetimepicker", "initial_date_time": "now"}, "initial_date_time must be"),
        ({"type": "rich_text_input", "initial_value": {"type": "rich_text"}}, "must be an array"),
    ],
)
def test_slack_looks_at_what_a_form_begins_with(element: Json, complaint: str) -> None:
    found = problems([{"type": "input", "label": words("A"), "element": element}], "modal")
    assert (found == []) if not complaint else any(complaint in one for one in found)


def rich(kind: str, *runs: Json, **more: Any) -> Json:
    return {"type": "rich_text", "elements": [{"type": f"rich_text_{kind}", "elements": list(runs)} | more]}


RUN = {"type": "text", "text": "Hi", "style": {"bold": True}}


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        (rich("section", RUN, {"type": "link", "url": "https://acme.test"}, {"type": "user", "user_id": "U1"}), ""),
        (rich("quote", RUN), ""),
        (rich("list", rich("section", RUN)["elements"][0], style="bullet"), ""),
        (rich("list", RUN, style="bullet"), "rich_text_section"),
        (rich("section", {"type": "text", "text": ""}), "more than 0"),
        (rich("quote", {"type": "text", "text": ""}), "more than 0"),
        (rich("list", rich("section", {"type": "text"})["elements"][0], style="bullet"), "must be a string"),
        (rich("section", {"type": "link", "text": "Acme"}), "must be a string"),
        (rich("section", {"type": "mrkdwn", "text": "Hi"}), "unsupported run: mrkdwn"),
        (rich("paragraph", RUN), "unsupported part: rich_text_paragraph"),
        ({"type": "rich_text"}, "must be an array"),
        ({"type": "rich_text", "elements": []}, "must be an array"),
    ],
)
def test_slack_looks_into_rich_text(block: Json, complaint: str) -> None:
    found = problems([block], "message")
    assert (found == []) if not complaint else any(complaint in one for one in found)


async def test_the_id_of_a_user_is_a_place_to_post_to_and_nothing_else(
    slack: SandboxSlack, client: AsyncWebClient
) -> None:
    slack.scopes |= {"im:history", "im:read", "reactions:write"}
    posted = await client.chat_postMessage(channel="U1", text="Hi")
    there, ts = posted["channel"], posted["ts"]
    assert there.startswith("D")
    for wrong in (
        client.chat_update(channel="U1", ts=ts, text="Bye"),
        client.chat_delete(channel="U1", ts=ts),
        client.chat_getPermalink(channel="U1", message_ts=ts),
        client.conversations_history(channel="U1"),
        client.conversations_replies(channel="U1", ts=ts),
        client.conversations_info(channel="U1"),
        client.conversations_members(channel="U1"),
        client.reactions_add(channel="U1", timestamp=ts, name="eyes"),
    ):
        assert await refused(wrong) == "channel_not_found"
    assert (await client.conversations_history(channel=there))["messages"][0]["text"] == "Hi"
    await client.chat_update(channel=there, ts=ts, text="Bye")
    assert [one.text for one in slack.dms("U1")] == ["Bye"]


async def test_a_button_within_a_container_can_be_pressed(
    slack: SandboxSlack, channel: str, client: AsyncWebClient, heard: list[Json]
) -> None:
    archive = {"type": "button", "text": words("Archive"), "action_id": "archive", "value": "t1"}
    inside = [TEXT, {"type": "actions", "block_id": "do", "elements": [archive]}]
    box = {"type": "container", "title": words("Sarah"), "child_blocks": inside}
    ts = (await client.chat_postMessage(channel=channel, text="card", blocks=[box]))["ts"]
    assert slack.show(slack.message(channel, ts)) == "Sarah\nHi\n[Archive]"
    assert (await slack.press("U1", channel, ts, "Archive")).ok
    assert (heard[-1]["actions"][0]["block_id"], heard[-1]["actions"][0]["value"]) == ("do", "t1")


async def test_an_overflow_menu_sends_the_option_that_was_chosen(
    slack: SandboxSlack, channel: str, client: AsyncWebClient, heard: list[Json]
) -> None:
    ts = (await client.chat_postMessage(channel=channel, text="card", blocks=[menu(3)]))["ts"]
    assert (await slack.press("U1", channel, ts, "more", value="2")).ok
    assert heard[-1]["actions"][0]["selected_option"]["value"] == "2"


async def test_an_external_menu_in_a_message_asks_the_bot_what_to_offer(
    slack: SandboxSlack, channel: str, client: AsyncWebClient, heard: list[Json]
) -> None:
    tag = {"type": "external_select", "action_id": "tag", "placeholder": words("Tag…"), "min_query_length": 2}
    ts = (await client.chat_postMessage(channel=channel, text="card", blocks=[{"type": "actions", "elements": [tag]}]))[
        "ts"
    ]
    message = slack.message(channel, ts)
    await slack.suggest("U1", "tag", "a", message)
    assert heard == []  # too short for Slack to ask
    assert (await slack.suggest("U1", "tag", "ac", message)).ok
    asked = heard[-1]
    assert (asked["type"], asked["action_id"], asked["value"]) == ("block_suggestion", "tag", "ac")
    assert (asked["container"]["message_ts"], asked["channel"]["id"]) == (ts, channel)
    assert (await slack.press("U1", channel, ts, "tag", value="Beta")).ok
    assert heard[-1]["actions"][0]["selected_option"] == option("Beta")
