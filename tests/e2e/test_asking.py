"""People who may not act ask the admins, and an admin lets them in or says who they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from bot.admin.jobs import AskAdmins
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.slack.block_kit.blocks import problems
from bot.sandbox.slack.records import Message
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Stage, acme
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import card_of, hears, idle, shows, thread, told, whisper

ASK = "Ask an admin"
CANT_MATCH = "I can't match you to an Inbox member"


async def archive(on: Stage, user: str, card: Message) -> None:
    assert (await on.slack.press(user, card.channel, card.ts, "Archive")).ok


async def ask(on: Stage, user: str, refusal: str) -> None:
    """Press the button below the refusal."""
    assert (await on.slack.press_ephemeral(user, await whisper(on, user, refusal), ASK)).ok
    await hears(on, user, "I have asked the admins")


async def question(on: Stage, admin: str, words: str = "asks to act in Inbox") -> Message:
    """The direct message in which the admin is asked."""
    found = await on.slack.until(lambda: [one for one in on.slack.dms(admin) if words in on.slack.show(one)])
    assert problems(found[-1].blocks, "message") == []
    return found[-1]


async def decide(on: Stage, admin: str, asked: Message, action: str, value: Any = None) -> None:
    assert (await on.slack.press(admin, asked.channel, asked.ts, action, value=value)).ok


def acts(on: Stage, redis_url: str) -> list[tuple[str, str, str]]:
    """What is on record: who, what, about whom."""
    with Redis.from_url(redis_url) as redis:
        entries: Any = redis.xrange(keys.AUDIT)
    named = [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in entries]
    return [(one["user"], one["what"], one["about"]) for one in named]


async def test_somebody_without_a_link_asks_and_is_linked_and_their_click_is_done(on: Stage, redis_url: str) -> None:
    on.inbox.add_member("Kimberly", "k.imber@elsewhere.example")
    on.inbox.add_member("Zed", "zed@elsewhere.example")
    card = await card_of(on)
    await archive(on, on.acme.kim, card)
    await ask(on, on.acme.kim, CANT_MATCH)
    asked = await question(on, on.acme.ana)
    shown = on.slack.show(asked)
    assert f"<@{on.acme.kim}> asks to act in Inbox" in asked.text
    assert "Sarah" not in shown
    (menu,) = [one for one in asked.blocks[-1]["elements"] if one["type"] == "static_select"]
    options = [one["text"]["text"] for one in menu["options"]]
    assert options[0] == "Kimberly (k.imber@elsewhere.example)"  # the likeliest first
    await decide(on, on.acme.ana, asked, "access_link", options[0])
    await on.slack.until(lambda: "Archived by Kimberly" in shows(on, card))
    await hears(on, on.acme.kim, f"<@{on.acme.ana}> linked you to *Kimberly* in Inbox. I'm doing now what you tried")
    await on.slack.until(lambda: "now acts as" in on.slack.show(asked))
    assert "Not now" not in on.slack.show(asked)
    assert (on.acme.ana, "link", on.acme.kim) in acts(on, redis_url)


async def test_a_click_that_is_refused_once_more_is_done_by_the_next_link(on: Stage, redis_url: str) -> None:
    kim, link = on.acme.kim, f"link <@{on.acme.kim}|kim> k.imber@elsewhere.example"
    on.inbox.add_member("Kimberly", "k.imber@elsewhere.example")
    card = await card_of(on)
    await archive(on, kim, card)
    await whisper(on, kim, CANT_MATCH)
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        refused: Any = redis.get(keys.click(kim))
        for _ in range(2):
            await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", link)
            await on.slack.until(lambda: "Archived by Kimberly" in shows(on, card))
            await idle(on)
            await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"unlink <@{kim}|kim>")
            await on.inbox.app_archives(thread(on).id, archived=False)
            await on.slack.until(lambda: "Archived by" not in shows(on, card))
            await idle(on)
            again = json.loads(refused) | {"at": datetime.now(UTC).isoformat()}  # refused while the link was gone
            redis.set(keys.click(kim), json.dumps(again))


async def test_a_guest_asks_and_is_let_in(on: Stage, redis_url: str) -> None:
    on.inbox.add_member("Gus", "gus@elsewhere.example")
    card = await card_of(on)
    await archive(on, on.acme.guest, card)
    await ask(on, on.acme.guest, "Only members of")
    asked = await question(on, on.acme.ana)
    assert "They are a guest here" in asked.text
    await decide(on, on.acme.ana, asked, "Let in")
    await hears(on, on.acme.guest, f"<@{on.acme.ana}> let you act on Inbox conversations")
    await archive(on, on.acme.guest, card)
    await on.slack.until(lambda: "Archived by Gus" in shows(on, card))
    assert (on.acme.ana, "allow", on.acme.guest) in acts(on, redis_url)


async def test_the_admins_are_asked_once_a_day(on: Stage) -> None:
    card = await card_of(on)
    await archive(on, on.acme.kim, card)
    await ask(on, on.acme.kim, CANT_MATCH)
    refusal = await whisper(on, on.acme.kim, CANT_MATCH)
    await on.slack.press_ephemeral(on.acme.kim, refusal, ASK, value=None)
    await hears(on, on.acme.kim, "I have asked the admins already")
    await idle(on)
    assert len([one for one in told(on, on.acme.ana) if "asks to act" in one]) == 1


async def test_a_day_later_they_are_asked_again(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await archive(on, on.acme.kim, card)
    await ask(on, on.acme.kim, CANT_MATCH)
    await question(on, on.acme.ana)
    name = keys.access_request(f"{on.acme.kim}:link")
    with Redis.from_url(redis_url) as redis:
        kept: Any = redis.get(name)
        redis.set(name, json.dumps(json.loads(kept) | {"at": "2025-11-01T00:00:00Z"}))
    await on.slack.press_ephemeral(on.acme.kim, await whisper(on, on.acme.kim, CANT_MATCH), ASK)
    await on.slack.until(lambda: len([one for one in told(on, on.acme.ana) if "asks to act" in one]) == 2)


def asking(on: Stage) -> list[str]:
    """What the admin was asked."""
    return [one for one in told(on, on.acme.ana) if "asks to act" in one]


async def test_the_admins_are_asked_though_slack_takes_no_answer_in_the_modal(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Reply")
    await on.slack.until(lambda: CANT_MATCH in json.dumps(on.slack.modal(on.acme.kim)))
    on.slack.fail("views.update", status=503, times=None)
    await on.slack.press_modal(on.acme.kim, ASK)
    await hears(on, on.acme.kim, "I have asked the admins")
    await idle(on)
    assert len(asking(on)) == 1


async def test_whoever_asked_in_vain_may_ask_again_at_once(on: Stage) -> None:
    card = await card_of(on)
    await archive(on, on.acme.kim, card)
    handlers: Any = on.bridge.worker._work._handlers
    asks = handlers[AskAdmins]

    async def fails(job: AskAdmins, keep: Any) -> Any:
        await asks(job, keep)
        raise RuntimeError

    handlers[AskAdmins] = fails
    await on.slack.press_ephemeral(on.acme.kim, await whisper(on, on.acme.kim, CANT_MATCH), ASK)
    await hears(on, on.acme.kim, "Something went wrong on my side")
    await idle(on)
    assert asking(on) == []
    handlers[AskAdmins] = asks
    await ask(on, on.acme.kim, CANT_MATCH)
    await idle(on)
    assert len(asking(on)) == 1


async def test_nobody_of_another_organisation_and_nobody_unknown_gets_the_button(on: Stage) -> None:
    card = await card_of(on)
    await archive(on, on.acme.outsider, card)
    refusal = await whisper(on, on.acme.outsider, "Only members of")
    with pytest.raises(LookupError):
        await on.slack.press_ephemeral(on.acme.outsider, refusal, ASK)
    on.slack.fail("users.info", status=503, times=None)
    await archive(on, on.acme.bo, card)
    refusal = await whisper(on, on.acme.bo, "Slack can't tell me who you are")
    with pytest.raises(LookupError):
        await on.slack.press_ephemeral(on.acme.bo, refusal, ASK)


async def test_an_outsider_who_forges_the_press_asks_nobody(on: Stage) -> None:
    forged = {"actions": [{"type": "button", "action_id": "ask_admin", "value": "ask"}], "type": "block_actions"}
    await on.slack.interaction(on.acme.outsider, forged)
    await hears(on, on.acme.outsider, "Only members of")
    await idle(on)
    assert told(on, on.acme.ana) == []


async def test_commands_forms_and_home_have_the_button_too(on: Stage) -> None:
    kim = on.acme.kim
    await on.slack.command(kim, on.acme.channel, text="@sarah Hello")
    refusal = await whisper(on, kim, CANT_MATCH)
    assert "Hello" in on.slack.show(refusal)
    assert ASK in on.slack.show(refusal)
    await on.slack.command(kim, on.acme.channel, command="/inbox", text="mine")
    assert all(ASK in on.slack.show(one) for one in on.slack.ephemerals(kim))
    await on.slack.open_home(kim)
    await on.slack.until(lambda: on.slack.home(kim))
    await on.slack.press_home(kim, ASK)
    await hears(on, kim, "I have asked the admins")
    await question(on, on.acme.ana)
    await on.slack.command(kim, on.acme.channel, text="")
    await on.slack.until(lambda: CANT_MATCH in on.slack.show(on.slack.modal(kim) or {}))
    await on.slack.press_modal(kim, ASK)
    await on.slack.until(lambda: "I have asked the admins already" in on.slack.show(on.slack.modal(kim) or {}))


async def test_only_admins_decide_and_the_second_one_reads_what_was_done(opened: Open, api: str) -> None:
    there = acme(SandboxSlack(), SandboxInbox())
    on = await opened(versions=[api], bot_admins=(there.ana, there.bo))
    on.inbox.add_member("Gus", "gus@elsewhere.example")
    card = await card_of(on)
    await archive(on, on.acme.guest, card)
    await ask(on, on.acme.guest, "Only members of")
    first, second = await question(on, on.acme.ana), await question(on, on.acme.bo)
    forged = {"type": "block_actions", "actions": [{"type": "button", "action_id": "access_allow"}]}
    forged["actions"][0]["value"] = on.acme.kim  # type: ignore[index]
    await on.slack.interaction(on.acme.kim, forged)
    await hears(on, on.acme.kim, "Only workspace admins")
    await decide(on, on.acme.ana, first, "Not now")
    await hears(on, on.acme.guest, f"<@{on.acme.ana}> does not let you act in Inbox for now")
    await hears(on, on.acme.bo, f"<@{on.acme.ana}> changed a setting: <@{on.acme.guest}> does not act")
    await decide(on, on.acme.bo, second, "Let in")
    await on.slack.until(lambda: f"<@{on.acme.ana}> has decided" in second.text)
    await idle(on)
    await archive(on, on.acme.guest, card)
    await idle(on)
    assert "Archived" not in shows(on, card)


async def test_whom_a_command_linked_meanwhile_nobody_links_to_somebody_else(on: Stage, redis_url: str) -> None:
    other = on.inbox.add_member("Zed", "zed@elsewhere.example")
    card = await card_of(on)
    await archive(on, on.acme.kim, card)
    await ask(on, on.acme.kim, CANT_MATCH)
    asked = await question(on, on.acme.ana)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.ana, "now acts as")
    await decide(on, on.acme.ana, asked, "access_link", other)
    await on.slack.until(lambda: "acts as *Bo* in Inbox already" in asked.text)
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(on.acme.kim)) == on.acme.bo_member.encode()


async def test_where_every_member_is_taken_the_admin_reads_where_seats_are_given(on: Stage) -> None:
    card = await card_of(on)
    for user in (on.acme.ana, on.acme.bo):
        await on.slack.command(user, on.acme.channel, "/inbox", "whoami")
        await hears(on, user, "In Inbox you are")
    await archive(on, on.acme.kim, card)
    await ask(on, on.acme.kim, CANT_MATCH)
    asked = await question(on, on.acme.ana)
    assert "give them a seat in Inbox → Settings → Members" in asked.text


async def test_a_team_of_hundreds_fits_into_slacks_menu(on: Stage) -> None:
    for number in range(140):
        on.inbox.add_member(f"Member {number}", f"m{number}@elsewhere.example")
    on.inbox.add_member("Kim", "kk@elsewhere.example")
    card = await card_of(on)
    await archive(on, on.acme.kim, card)
    await ask(on, on.acme.kim, CANT_MATCH)
    asked = await question(on, on.acme.ana, "The likeliest 100 are listed")
    (menu,) = [one for one in asked.blocks[-1]["elements"] if one["type"] == "static_select"]
    assert menu["options"][0]["text"]["text"] == "Kim (kk@elsewhere.example)"


# --- true sentences for admins ---------------------------------------------------------------------------------------


async def inbox(on: Stage, text: str, channel: str = "") -> None:
    assert (await on.slack.command(on.acme.ana, channel or on.acme.channel, "/inbox", text)).ok


@pytest.mark.parametrize("word", ["allow", "disallow"])
async def test_allow_alone_says_which_guests_may_act(on: Stage, word: str) -> None:
    await inbox(on, word)
    await hears(on, on.acme.ana, "No guest may act. Use `/inbox allow @guest`")
    await inbox(on, f"allow <@{on.acme.guest}>")
    await hears(on, on.acme.ana, "may act on Inbox conversations now")
    await inbox(on, word)
    said = await hears(on, on.acme.ana, "These guests may act")
    assert f"<@{on.acme.guest}>. Use `/inbox allow @guest`" in said


async def test_a_member_is_not_called_a_guest(on: Stage, redis_url: str) -> None:
    await inbox(on, f"allow <@{on.acme.bo}>")
    await hears(on, on.acme.ana, f"<@{on.acme.bo}> isn't a guest in this workspace")
    await inbox(on, "allow <@U0NOBODY>")
    await hears(on, on.acme.ana, "Use `/inbox allow @guest`")
    with Redis.from_url(redis_url) as redis:
        assert redis.smembers(keys.GUESTS) == set()


async def test_nobody_consents_to_what_nobody_reads_along(on: Stage, redis_url: str) -> None:
    await inbox(on, "consent")
    await hears(on, on.acme.ana, f"<#{on.acme.channel}> isn't shared with another organisation")
    await inbox(on, "consent", on.acme.shared)
    await hears(on, on.acme.ana, f"I show names and texts in <#{on.acme.shared}> from now on")
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.consent(on.acme.channel)) is None


async def test_the_log_names_people_channels_members_and_conversations(on: Stage) -> None:
    await card_of(on)
    await inbox(on, f"link <@{on.acme.kim}> bo@acme.example")
    await inbox(on, "consent", on.acme.shared)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Hello")
    await on.slack.until(lambda: on.inbox.sent())
    await idle(on)
    await inbox(on, "log")
    log = await hears(on, on.acme.ana, "consent <#")
    assert f"link <@{on.acme.kim}> in <#{on.acme.channel}>: done: Bo" in log
    assert f"consent <#{on.acme.shared}> in" in log
    assert "|Sarah Chen> in" in log
    assert on.acme.bo_member not in log


async def test_an_admin_without_a_seat_reads_no_names_of_contacts_in_the_log(on: Stage) -> None:
    card = await card_of(on)
    await archive(on, on.acme.bo, card)
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    on.slack.users[on.acme.kim].admin = True
    await on.slack.command(on.acme.kim, on.acme.channel, "/inbox", "log")
    log = await hears(on, on.acme.kim, "archive a conversation")
    assert "Sarah" not in log
