"""Everything a person can do, by everybody who might: only members reach Inbox, and the others are told why not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, cast

import pytest
from redis import Redis

from bot.people.jobs import TellAdmins
from bot.sandbox.slack.records import Ack, Message
from bot.sandbox.stage import Stage, bot_on, scene
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.steps import Picture, calls, card_of, click, form, hears, idle, labels, shows, thread, told, whisper

Json = dict[str, Any]


class Kept(NamedTuple):
    """What a member's earlier doings left behind, for others to try: a card, a choice, and an unsent message."""

    card: Message
    choice: str
    intent: str


# --- what can be done ------------------------------------------------------------------------------------------------


async def submission(on: Stage, user: str, callback_id: str, metadata: str, fields: dict[str, Json]) -> Ack:
    """A form, whether or not they have it open."""
    values = {name: {name: value} for name, value in fields.items()}
    view: Json = {
        "id": on.slack.next_id("V"),
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
    }
    view |= {"state": {"values": values}, "app_installed_team_id": on.slack.team_id}
    team = on.slack.team(on.slack.users[user].team_id)
    return await on.slack.interaction(user, {"type": "view_submission", "team": team, "view": view})


def button(verb: str) -> Callable[[Stage, str, Kept], Awaitable[Ack]]:
    return lambda on, user, kept: click(on, user, kept.card, verb, thread(on).id)


def shortcut(callback_id: str) -> Callable[[Stage, str, Kept], Awaitable[Ack]]:
    return lambda on, user, kept: on.slack.shortcut(user, kept.card.channel, kept.card.ts, callback_id)


def command(name: str, text: str) -> Callable[[Stage, str, Kept], Awaitable[Ack]]:
    return lambda on, user, kept: on.slack.command(user, kept.card.channel, command=name, text=text)


def form_sent(on: Stage, user: str, kept: Kept) -> Awaitable[Ack]:
    fields = {"recipient": {"value": "sarah"}, "text": {"value": "Hello"}}
    return submission(on, user, "dm", f"|{kept.card.channel}|", fields)


def on_message(on: Stage, user: str, kept: Kept, callback_id: str, fields: dict[str, Json]) -> Awaitable[Ack]:
    about = f"{thread(on).id}|{kept.card.channel}||{thread(on).messages[0].id}"
    return submission(on, user, callback_id, about, fields)


def choice_sent(on: Stage, user: str, kept: Kept) -> Awaitable[Ack]:
    fields = {"choice": {"selected_option": {"value": "0"}}}
    return submission(on, user, "dm_choose", f"{kept.choice}|{kept.card.channel}|", fields)


def with_ticked(act: str) -> Callable[[Stage, str, Kept], Awaitable[Ack]]:
    return lambda on, user, kept: click(
        on, user, kept.card, f"bulk_{act}", "ticked", block_id="list|l1|0|bulk", action_ts=on.slack.next_ts()
    )


SHORTCUTS = ("archive_thread", "assign_to_me", "this_message", "send_as_dm", "find_in_inbox")
ACTS: dict[str, Callable[[Stage, str, Kept], Awaitable[Ack]]] = {
    **{verb: button(verb) for verb in ("archive", "assign_to_me", "reopen", "unassign", "open")},
    "send_again": lambda on, user, kept: click(on, user, kept.card, "send_again", kept.intent),
    "dm_choose_open": lambda on, user, kept: click(on, user, kept.card, "dm_choose_open", kept.choice),
    "send_anyway": lambda on, user, kept: click(on, user, kept.card, "send_anyway", kept.intent),
    "send_not": lambda on, user, kept: click(on, user, kept.card, "send_not", kept.intent),
    "page_on": lambda on, user, kept: click(on, user, kept.card, "page_on", "list|l1|0"),
    "tick_all": lambda on, user, kept: click(on, user, kept.card, "tick_all", "all", block_id="list|l1|0|bulk"),
    **{f"ticked: {one}": with_ticked(one) for one in ("archive", "assign", "tag", "snooze")},
    "bulk_stop": lambda on, user, kept: click(on, user, kept.card, "bulk_stop", "b1"),
    "my_choices": lambda on, user, kept: click(on, user, kept.card, "my_choices", ""),
    **{f"shortcut {name}": shortcut(name) for name in SHORTCUTS},
    "menu": lambda on, user, kept: click(on, user, kept.card, "more", f"assign_to|{thread(on).id}"),
    "why here": lambda on, user, kept: click(on, user, kept.card, "why_here", thread(on).id),
    "my_mentions": lambda on, user, kept: click(
        on, user, kept.card, "my_mentions", "", selected_option={"value": "nothing"}
    ),
    "/dm": command("/dm", ""),
    "/dm text": command("/dm", "@sarah Hello"),
    "/inbox whoami": command("/inbox", "whoami"),
    "/inbox mine": command("/inbox", "mine"),
    "/inbox list": command("/inbox", "list waiting"),
    "/inbox triage": command("/inbox", "triage waiting"),
    "/inbox find": command("/inbox", "find sarah"),
    "/inbox link": command("/inbox", "link"),
    "/inbox links": command("/inbox", "links"),
    "/inbox log": command("/inbox", "log"),
    "/inbox link other": lambda on, user, kept: on.slack.command(
        user, kept.card.channel, command="/inbox", text=f"link <@{user}> bo@acme.example"
    ),
    "/inbox allow": lambda on, user, kept: on.slack.command(
        user, kept.card.channel, command="/inbox", text=f"allow <@{user}>"
    ),
    "form": form_sent,
    "choice": choice_sent,
    "edit": lambda on, user, kept: on_message(on, user, kept, "edit_message", {"text": {"value": "Hello"}}),
    "react": lambda on, user, kept: on_message(
        on, user, kept, "react", {"emoji": {"selected_option": {"value": "🔥"}}}
    ),
    "unsend": lambda on, user, kept: click(on, user, kept.card, "unsend", thread(on).messages[0].id),
    "home": lambda on, user, _: on.slack.open_home(user),
}
SILENT = {"open"}  # a link: Slack opens it

# --- who might do it -------------------------------------------------------------------------------------------------

MEMBERS_ONLY = "Only members of Acme can act on Inbox threads."


def _deleted(on: Stage) -> str:
    on.slack.users[on.acme.bo].deleted = True
    return on.acme.bo


def _bot(on: Stage) -> str:
    on.slack.users[on.acme.bo].bot = True
    return on.acme.bo


def _lookup_failing(on: Stage) -> str:
    on.slack.fail("users.info", status=503, times=None)
    return on.acme.bo


WHO: dict[str, tuple[Callable[[Stage], str], str]] = {
    "unlinked": (lambda on: on.acme.kim, "I can't match you to an Inbox member"),
    "guest": (lambda on: on.acme.guest, MEMBERS_ONLY),
    "outsider": (lambda on: on.acme.outsider, MEMBERS_ONLY),
    "deleted": (_deleted, MEMBERS_ONLY),
    "bot": (_bot, MEMBERS_ONLY),
    "lookup failing": (_lookup_failing, "Slack can't tell me who you are right now"),
}


async def prepared(on: Stage, redis_url: str) -> Kept:
    """Ana has a choice open and an unsent message; both are kept under ids that others might learn."""
    card = await card_of(on)
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.choice("c1"), _choice(on))
        redis.set(keys.intent("i1"), _intent(on))
    on.inbox.calls.clear()
    return Kept(card, "c1", "i1")


def _candidate(on: Stage) -> Json:
    sarah = {"platform": "twitter", "platform_id": on.acme.sarah.platform_id, "username": "sarah"}
    return {"person": sarah, "account_link_id": on.acme.account, "thread_id": thread(on).id}


def _choice(on: Stage) -> str:
    return json.dumps({"recipient": "sarah", "text": "Kept", "candidates": [_candidate(on)], "user": on.acme.ana})


def _intent(on: Stage) -> str:
    to = {"account_link_id": on.acme.account, "platform": "twitter", "platform_id": on.acme.sarah.platform_id}
    to |= {"thread_id": thread(on).id}
    kept = {"intent": "i1", "address": to, "person": _candidate(on)["person"], "account": "@acme", "text": "Kept"}
    return json.dumps(kept | {"asker": {"user": on.acme.ana, "team": on.slack.team_id}})


def heard(on: Stage, user: str) -> str:
    """Everything that was said to them alone, in words, modals and their Home tab."""
    views = [view for view in (on.slack.modal(user), on.slack.home(user)) if view]
    return "\n".join([*told(on, user), *(on.slack.show(view) for view in views)]).replace("*", "")


async def forget_what_waits(on: Stage, redis_url: str) -> None:
    """Of what would be tried for ten minutes, until Slack says who asks."""
    with Redis.from_url(redis_url) as redis:
        while sum((depth := await on.bridge.lanes.depth()).values()):
            if not depth["people"] + depth["background"]:
                for lane in redis.zrange(keys.DELAYED, 0, -1):
                    redis.delete(keys.lane(lane.decode()))
                    redis.zrem(keys.DELAYED, lane)  # a line may be due only in a while
                    redis.zrem(keys.DELAYED_SINCE, lane)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("who", WHO)
async def test_only_members_reach_inbox_whatever_is_tried(on: Stage, redis_url: str, who: str) -> None:
    kept = await prepared(on, redis_url)
    before, public = Picture(kept.card), len(on.slack.messages(kept.card.channel))
    prepare, words = WHO[who]
    user = prepare(on)
    for name, act in ACTS.items():
        on.slack.private_words.clear()
        on.slack.close_views(user, all=True)
        on.slack.homes.pop(user, None)
        assert (await act(on, user, kept)).ok, name
        if who == "lookup failing":
            await forget_what_waits(on, redis_url)
        await idle(on)
        admins_only = who == "unlinked" and name in ("/inbox links", "/inbox log", "/inbox link other")
        expected = "Only workspace admins" if admins_only or (who == "unlinked" and "allow" in name) else words
        if name not in SILENT:
            assert expected in heard(on, user), f"{name}: {heard(on, user)}"
        assert {said.user for said in on.slack.ephemerals()} <= {user}, name
    asked = {call.path.rpartition("/")[2] for call in on.inbox.calls if "/events" not in call.path}
    assert asked <= ({"members"} if who == "unlinked" else set())
    assert calls(on, "POST") == calls(on, "PATCH") == []
    assert before.is_unchanged()
    assert len(on.slack.messages(kept.card.channel)) == public
    assert on.slack.replies(kept.card.channel, kept.card.ts) == []


async def test_the_same_acts_by_a_member_reach_inbox(on: Stage, redis_url: str) -> None:
    """What the refusals above are worth: each act does something when the right person does it."""
    kept = await prepared(on, redis_url)
    for name, verb in (("archive", "Reopen"), ("assign_to_me", "Unassign"), ("reopen", "Archive")):
        await ACTS[name](on, on.acme.bo, kept)
        await on.slack.until(lambda verb=verb: verb in labels(kept.card))  # type: ignore[misc]  # bound to this round
    await ACTS["unassign"](on, on.acme.bo, kept)
    await ACTS["shortcut assign_to_me"](on, on.acme.bo, kept)
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, kept.card))
    await ACTS["shortcut archive_thread"](on, on.acme.bo, kept)
    await on.slack.until(lambda: "Archived by Bo" in shows(on, kept.card))
    await ACTS["send_again"](on, on.acme.ana, kept)
    await on.slack.until(lambda: len(on.inbox.sent()) == 1)
    await ACTS["choice"](on, on.acme.ana, kept)
    await on.slack.until(lambda: len(on.inbox.sent()) == 2)
    await ACTS["dm_choose_open"](on, on.acme.ana, kept)
    await form(on, on.acme.ana, "Send to")
    await ACTS["shortcut send_as_dm"](on, on.acme.bo, kept)
    await form(on, on.acme.bo)
    await ACTS["/dm"](on, on.acme.bo, kept)
    await form(on, on.acme.bo)
    await ACTS["home"](on, on.acme.bo, kept)
    await on.slack.until(lambda: "/dm @sarah" in heard(on, on.acme.bo))


@pytest.mark.parametrize("act", ["send_again", "choice", "dm_choose_open", "send_anyway", "send_not"])
async def test_what_one_member_wrote_no_other_member_sends(on: Stage, redis_url: str, act: str) -> None:
    """The ids of kept messages come back with clicks and forms; they are good for their writer alone."""
    kept = await prepared(on, redis_url)
    await ACTS[act](on, on.acme.bo, kept)
    await on.slack.until(lambda: "I no longer have the message" in heard(on, on.acme.bo))
    await idle(on)
    assert "Kept" not in heard(on, on.acme.bo)
    assert on.inbox.sent() == []


@pytest.mark.parametrize("value", ["", "t-of-nobody", "../team", "x" * 2000, "\x00", "1/../../members?x=1"])
async def test_a_button_value_that_is_no_card_of_ours_changes_nothing(on: Stage, value: str) -> None:
    card = await card_of(on)
    on.inbox.calls.clear()
    assert (await click(on, on.acme.ana, card, "archive", value)).ok
    await hears(on, on.acme.ana, "I can't tell which Inbox conversation this message belongs to")
    await idle(on)
    assert {call.path.rpartition("/")[2] for call in on.inbox.calls if "/events" not in call.path} <= {"members"}


async def test_a_home_tab_closes_when_its_owner_may_no_longer_act(on: Stage, redis_url: str) -> None:
    await on.slack.open_home(on.acme.bo)
    await on.slack.until(lambda: "/dm @sarah" in heard(on, on.acme.bo))
    on.slack.users[on.acme.bo].deleted = True
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.profile(on.acme.bo))  # five minutes pass
    await on.slack.open_home(on.acme.bo)
    await on.slack.until(lambda: MEMBERS_ONLY in heard(on, on.acme.bo) and "/dm @sarah" not in heard(on, on.acme.bo))


# --- guests, and the organisation ------------------------------------------------------------------------------------


async def inbox(on: Stage, user: str, text: str) -> None:
    assert (await on.slack.command(user, on.acme.channel, command="/inbox", text=text)).ok


async def test_an_admin_lets_a_guest_in_and_out_again(on: Stage) -> None:
    on.inbox.add_member("Gus", "gus@elsewhere.example")
    card = await card_of(on)
    await inbox(on, on.acme.ana, f"allow <@{on.acme.guest}>")
    await hears(on, on.acme.ana, "may act on Inbox conversations now")
    await on.slack.press(on.acme.guest, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Gus" in shows(on, card))
    await inbox(on, on.acme.ana, f"disallow <@{on.acme.guest}>")
    await hears(on, on.acme.ana, "may no longer act on Inbox conversations")
    await on.slack.press(on.acme.guest, card.channel, card.ts, "Reopen")
    await hears(on, on.acme.guest, "can act on Inbox threads")


async def test_an_outsider_is_not_let_in_by_being_called_a_guest(on: Stage) -> None:
    await inbox(on, on.acme.ana, f"allow <@{on.acme.outsider}>")
    await hears(on, on.acme.ana, "isn't a guest in this workspace")
    card = await card_of(on)
    await click(on, on.acme.outsider, card, "archive", thread(on).id)
    await hears(on, on.acme.outsider, "can act on Inbox threads")
    await idle(on)
    assert calls(on, "PATCH") == []


def sibling(on: Stage, name: str, email: str, **facts: Any) -> str:
    """Somebody of another workspace in the same Enterprise Grid organisation."""
    user = on.slack.add_user(None, name, email, team_id="T0SIBLING")
    on.slack.users[user].grid = "E0ACME"
    for fact, value in facts.items():
        setattr(on.slack.users[user], fact, value)
    on.slack.channels[on.acme.channel].members.add(user)
    return user


async def test_a_sibling_in_the_grid_acts_once_an_admin_linked_them_and_not_by_address(opened: Open, api: str) -> None:
    on = await opened(versions=[api], enterprise="E0ACME")
    on.inbox.add_member("Sib", "sib@acme.example")
    user = sibling(on, "Sib", "sib@acme.example")
    card = await card_of(on)
    await on.slack.press(user, card.channel, card.ts, "Archive")
    await hears(on, user, "I can't match you to an Inbox member")
    await inbox(on, on.acme.ana, f"link <@{user}> sib@acme.example")
    await on.slack.until(lambda: "Archived by Sib" in shows(on, card))


async def test_a_sibling_who_belongs_to_our_workspace_too_is_matched_by_address(opened: Open, api: str) -> None:
    on = await opened(versions=[api], enterprise="E0ACME")
    on.inbox.add_member("Sib", "sib@acme.example")
    user = sibling(on, "Sib", "sib@acme.example", teams=("T0SIBLING", on.slack.team_id))
    card = await card_of(on)
    await on.slack.press(user, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Sib" in shows(on, card))


@pytest.mark.parametrize("ours", [False, True])
async def test_an_admin_of_another_workspace_in_the_grid_is_none_here(opened: Open, api: str, ours: bool) -> None:
    on = await opened(versions=[api], enterprise="E0ACME")
    teams = ("T0SIBLING", on.slack.team_id) if ours else ("T0SIBLING",)
    user = sibling(on, "Sib", "sib@acme.example", admin=True, teams=teams)
    await inbox(on, user, f"link <@{user}> ana@acme.example")
    await hears(on, user, "now acts as" if ours else "Only workspace admins")
    await on.bridge.lanes.accept(TellAdmins(text="Something is wrong"))
    await idle(on)
    assert any("Something is wrong" in one for one in told(on, on.acme.ana))
    assert any("Something is wrong" in one for one in told(on, user)) is ours


async def test_where_the_whole_organisation_installed_it_the_flag_makes_an_admin(
    api: str, redis_url: str, scopes: frozenset[str]
) -> None:
    """Slack names the organisation instead of a workspace then."""
    async with scene(versions=[api]) as made:
        made.slack.scopes = set(scopes)
        made.slack.team_id = made.slack.enterprise_id = "E0ACME"
        for user in made.slack.users.values():
            user.grid = "E0ACME"
        async with bot_on(made, timing=QUICK, redis_url=redis_url) as on:
            await inbox(on, on.acme.ana, f"link <@{on.acme.bo}> bo@acme.example")
            await hears(on, on.acme.ana, "now acts as")
            await inbox(on, on.acme.bo, f"link <@{on.acme.ana}> bo@acme.example")
            await hears(on, on.acme.bo, "Only workspace admins")
            await on.bridge.lanes.accept(TellAdmins(text="Something is wrong"))
            await idle(on)
            heard = [any("Something is wrong" in said for said in told(on, one)) for one in (on.acme.ana, on.acme.bo)]
            assert heard == [True, False]


async def test_an_admin_of_whom_slack_names_no_workspace_is_told_what_admins_are(opened: Open, api: str) -> None:
    on = await opened(versions=[api], enterprise="E0ACME")
    ana = on.slack.users[on.acme.ana]
    ana.team_id, ana.grid = cast(Any, None), "E0ACME"
    await on.bridge.lanes.accept(TellAdmins(text="Something is wrong"))
    await idle(on)
    assert any("Something is wrong" in one for one in told(on, on.acme.ana))


async def test_somebody_of_another_organisation_is_no_sibling(opened: Open, api: str) -> None:
    on = await opened(versions=[api], enterprise="E0ACME")
    user = sibling(on, "Sib", "ana@acme.example", grid="E0OTHER", teams=(on.slack.team_id,))
    card = await card_of(on)
    await on.slack.press(user, card.channel, card.ts, "Archive")
    await hears(on, user, "can act on Inbox threads")
    await idle(on)
    assert calls(on, "PATCH") == []


# --- links -----------------------------------------------------------------------------------------------------------


async def test_an_address_that_nobody_confirmed_matches_nobody(on: Stage) -> None:
    on.slack.users[on.acme.bo].confirmed = False
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await hears(on, on.acme.bo, "I can't match you to an Inbox member")
    await inbox(on, on.acme.bo, "link bo@acme.example")
    await on.slack.until(lambda: len(told(on, on.acme.bo)) >= 2)
    await idle(on)
    assert calls(on, "PATCH") == []


async def test_nobody_claims_a_colleagues_seat(on: Stage, redis_url: str) -> None:
    await inbox(on, on.acme.bo, "link ana@acme.example")
    await hears(on, on.acme.bo, "You can link yourself only to the Inbox member with your own e-mail address")
    await inbox(on, on.acme.bo, f"link <@{on.acme.bo}> ana@acme.example")
    await hears(on, on.acme.bo, "Only workspace admins")
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(on.acme.bo)) is None


async def test_one_unlinks_and_links_oneself(on: Stage) -> None:
    card = await card_of(on)
    await inbox(on, on.acme.bo, "unlink")
    await hears(on, on.acme.bo, "You are unlinked from Inbox now.")
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await hears(on, on.acme.bo, "You are unlinked from Inbox. `/inbox link`")
    await inbox(on, on.acme.bo, "link BO@acme.example")
    await hears(on, on.acme.bo, "now acts as *Bo*")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))  # the click that led there


async def test_the_click_that_led_to_a_link_is_done_once(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Archive")
    await hears(on, on.acme.kim, "I can't match you")
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.kim, "linked you to *Bo* in Inbox. I'm doing now what you tried before.")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reopen")
    await on.slack.until(lambda: "Archive" in labels(card))
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> bo@acme.example")
    await idle(on)
    assert "Archive" in labels(card)
    assert len(calls(on, "PATCH")) == 2


async def test_a_command_that_led_to_a_link_is_sent_once(on: Stage) -> None:
    await card_of(on)
    await on.slack.command(on.acme.kim, on.acme.channel, text="@sarah Hello from Kim")
    await hears(on, on.acme.kim, "I can't match you")
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> bo@acme.example")
    await on.slack.until(lambda: on.inbox.sent())
    await whisper(on, on.acme.kim, "Sent to")
    assert [sent.text for sent in on.inbox.sent()] == ["Hello from Kim"]


async def test_after_a_quarter_of_an_hour_nothing_is_done_by_surprise(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Archive")
    await hears(on, on.acme.kim, "I can't match you")
    with Redis.from_url(redis_url) as redis:
        assert 0 < redis.ttl(keys.click(on.acme.kim)) <= 900
        redis.delete(keys.click(on.acme.kim))
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.kim, "linked you to *Bo*")
    await idle(on)
    assert calls(on, "PATCH") == []


async def test_two_people_who_act_as_one_member_are_reported(on: Stage) -> None:
    await inbox(on, on.acme.bo, "whoami")
    await hears(on, on.acme.bo, "In Inbox you are")
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.ana, f"So does <@{on.acme.bo}>: if that is wrong, unlink them.")
    await inbox(on, on.acme.ana, "links")
    listed = await hears(on, on.acme.ana, "several people act as this member")
    assert f"<@{on.acme.kim}>" in listed
    assert f"<@{on.acme.bo}>" in listed


async def test_a_link_whose_member_is_gone_stands_out(on: Stage, redis_url: str) -> None:
    await inbox(on, on.acme.bo, "whoami")
    await hears(on, on.acme.bo, "In Inbox you are")
    del on.inbox.world.members[on.acme.bo_member]
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.MEMBERS)  # ten minutes pass
    await inbox(on, on.acme.ana, "links")
    assert f"<@{on.acme.bo}>" in await hears(on, on.acme.ana, "a member who is no longer in Inbox")


# --- roles -----------------------------------------------------------------------------------------------------------


async def test_what_an_admin_does_the_other_admins_hear(on: Stage) -> None:
    other = on.slack.add_user(None, "Ada", "ada@acme.example", admin=True)
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> bo@acme.example")
    heard = await hears(on, other, "changed a setting")
    assert f"<@{on.acme.ana}>" in heard
    assert f"<@{on.acme.kim}> now acts as *Bo*" in heard
    await idle(on)
    assert not [one for one in told(on, on.acme.ana) if "changed a setting" in one]


async def test_an_admin_of_inbox_is_not_by_that_an_admin_here(on: Stage, redis_url: str) -> None:
    on.inbox.world.members[on.acme.bo_member].role = "admin"
    for words in ("links", "log", f"allow <@{on.acme.guest}>", f"link <@{on.acme.kim}> bo@acme.example"):
        on.slack.private_words.clear()
        await inbox(on, on.acme.bo, words)
        await hears(on, on.acme.bo, "Only workspace admins")
    with Redis.from_url(redis_url) as redis:
        assert redis.exists(keys.GUESTS, keys.link(on.acme.kim)) == 0
