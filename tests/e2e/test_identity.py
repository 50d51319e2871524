"""Who may act: members of the workspace with a seat in Inbox, and nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlencode

import pytest
from redis import Redis

from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.slack.records import Ack
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Stage, acme
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import (
    Picture,
    answered,
    calls,
    card_of,
    hears,
    idle,
    labels,
    press_when_shown,
    recorder,
    shows,
    thread,
    told,
    until,
)

MEMBERS_ONLY = "Only members of *Acme* can act on Inbox threads."
ASK_AN_ADMIN = "Ask an admin to run `/inbox link @you name@company.com`"
Who = Callable[[Stage], str]


def _guest(on: Stage) -> str:
    return on.acme.guest


def _single_channel_guest(on: Stage) -> str:
    on.inbox.add_member("Una", "una@acme.example")
    return on.slack.add_user(None, "Una", "una@acme.example", ultra=True)


def _of_another_workspace(on: Stage) -> str:
    return on.acme.outsider


def _deactivated(on: Stage) -> str:
    on.slack.users[on.acme.bo].deleted = True
    return on.acme.bo


def _a_bot(on: Stage) -> str:
    on.slack.users[on.acme.bo].bot = True
    return on.acme.bo


def _unknown_to_slack(on: Stage) -> str:
    on.slack.fail("users.info", "user_not_found", times=None)
    return on.acme.bo


def _slack_is_down(on: Stage) -> str:
    on.slack.fail("users.info", status=500, times=None)
    return on.acme.bo


def _slack_is_busy(on: Stage) -> str:
    on.slack.fail("users.info", retry_after=30, times=None)
    return on.acme.bo


def _without_a_seat(on: Stage) -> str:
    return on.acme.kim


def _with_a_hidden_address(on: Stage) -> str:
    on.slack.users[on.acme.bo].email_hidden = True
    return on.acme.bo


def _with_an_address_of_two_members(on: Stage) -> str:
    on.inbox.add_member("Another Bo", "BO@acme.example")
    return on.acme.bo


REFUSED = [
    (_guest, MEMBERS_ONLY),
    (_single_channel_guest, MEMBERS_ONLY),
    (_of_another_workspace, MEMBERS_ONLY),
    (_deactivated, MEMBERS_ONLY),
    (_a_bot, MEMBERS_ONLY),
    (_unknown_to_slack, MEMBERS_ONLY),
    (_slack_is_down, "Slack can't tell me who you are right now"),
    (_slack_is_busy, "Slack can't tell me who you are right now"),
    (_without_a_seat, ASK_AN_ADMIN),
    (_with_a_hidden_address, ASK_AN_ADMIN),
    (_with_an_address_of_two_members, ASK_AN_ADMIN),
]


@pytest.mark.parametrize(("who", "words"), REFUSED, ids=[who.__name__.strip("_") for who, _ in REFUSED])
async def test_whoever_may_not_act_is_refused_privately_and_nothing_is_called(on: Stage, who: Who, words: str) -> None:
    card = await card_of(on)
    before, public = Picture(card), len(on.slack.messages(on.acme.channel))
    user = who(on)
    acts: list[Callable[[], Awaitable[Ack]]] = [
        lambda: on.slack.press(user, card.channel, card.ts, "Archive"),
        lambda: on.slack.press(user, card.channel, card.ts, "Assign to me"),
        lambda: on.slack.shortcut(user, card.channel, card.ts, "archive_thread"),
    ]
    if who not in (_slack_is_down, _slack_is_busy):  # then it waits: see tests/e2e/test_waits.py
        acts.append(lambda: on.slack.command(user, card.channel, text="@sarah Hello"))
    for number, act in enumerate(acts, 1):
        assert (await act()).ok
        await answered(on, user, number)
    await idle(on)
    assert len(told(on, user)) == len(acts)
    assert all(words.replace("*", "") in one.replace("*", "") for one in told(on, user))
    assert calls(on, "PATCH") == calls(on, "POST") == []
    assert before.is_unchanged()
    assert len(on.slack.messages(on.acme.channel)) == public
    assert on.slack.replies(card.channel, card.ts) == []
    assert {said.user for said in on.slack.ephemerals()} == {user}


@pytest.mark.parametrize(
    ("who", "words"),
    [(_guest, MEMBERS_ONLY), (_of_another_workspace, MEMBERS_ONLY), (_without_a_seat, ASK_AN_ADMIN)],
    ids=["guest", "another workspace", "without a seat"],
)
async def test_whoever_may_not_act_gets_the_reason_instead_of_the_form(on: Stage, who: Who, words: str) -> None:
    user = who(on)
    await on.slack.command(user, on.acme.shared, text="")

    def answered() -> bool:
        view = on.slack.modal(user)
        return bool(view and words.replace("*", "") in on.slack.show(view).replace("*", ""))

    await on.slack.until(answered)
    view = on.slack.modal(user)
    assert view is not None
    assert view["submit"] is None
    assert calls(on, "POST") == []


async def test_a_refusal_because_slack_is_down_is_over_when_slack_is_back(on: Stage) -> None:
    card = await card_of(on)
    on.slack.fail("users.info", status=503, times=None)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await hears(on, on.acme.bo, "Slack can't tell me who you are right now, so nothing was done.")
    on.slack.heal()
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))


async def test_a_card_in_a_shared_channel_obeys_our_own_people_only(opened: Open, api: str) -> None:
    """Channel ids are given out in a fixed order, so another stage's tells this one's."""
    shared = acme(SandboxSlack(), SandboxInbox()).shared
    on = await opened(versions=[api], notify_channel=shared)
    assert on.acme.shared == shared
    await on.slack.command(on.acme.ana, shared, command="/inbox", text="consent")
    await hears(on, on.acme.ana, "I show names and texts")
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    (card,) = await on.slack.until(lambda: on.slack.messages(shared))
    await idle(on)
    before = Picture(card)
    await on.slack.press(on.acme.outsider, shared, card.ts, "Archive")
    await hears(on, on.acme.outsider, "can act on Inbox threads")
    await idle(on)
    assert before.is_unchanged()
    assert calls(on, "PATCH") == []
    await on.slack.press(on.acme.ana, shared, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in on.slack.show(card))


async def test_a_payload_that_does_not_name_the_persons_workspace_is_no_way_in(on: Stage, redis_url: str) -> None:
    """The channel's workspace is ours; the person's is what counts, and Slack is asked for it. No link helps."""
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.link(on.acme.outsider), on.acme.ana_member)
    card = await card_of(on)
    before, kept = Picture(card), recorder(on)
    await on.slack.press(on.acme.outsider, card.channel, card.ts, "Archive")
    payload = json.loads(parse_qs(kept.requests[0].content.decode())["payload"][0])
    payload["trigger_id"] += "1"
    del payload["user"]["team_id"]
    assert payload["team"]["id"] == on.slack.team_id
    body = urlencode({"payload": json.dumps(payload)})
    assert (await on.slack.raw(body, on.slack.sign(body))).status == 200
    assert all("can act on Inbox threads" in one for one in await answered(on, on.acme.outsider, 2))
    await idle(on)
    assert calls(on, "PATCH") == []
    assert before.is_unchanged()


async def test_nobody_gets_in_by_the_address_of_somebody_else_in_another_workspace(on: Stage) -> None:
    """Olga, of another workspace, uses the same e-mail address as Ana."""
    assert on.slack.users[on.acme.outsider].email == on.slack.users[on.acme.ana].email
    await on.slack.command(on.acme.outsider, on.acme.shared, command="/inbox", text="whoami")
    await hears(on, on.acme.outsider, "can act on Inbox threads")


# --- how somebody is matched -----------------------------------------------------------------------------------------


async def test_a_person_is_matched_by_address_whatever_its_case_and_told_so(on: Stage) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="whoami")
    heard = await hears(on, on.acme.ana, "In Inbox you are")
    assert "Ana" in heard
    assert "Ana@acme.example" in heard
    assert "admin" in heard


async def test_a_match_is_remembered_without_expiry(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(on.acme.bo)) == on.acme.bo_member.encode()
        assert redis.ttl(keys.link(on.acme.bo)) == -1
        redis.delete(keys.profile(on.acme.bo), keys.MEMBERS)
    on.slack.users[on.acme.bo].email = "bo.married@acme.example"
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))


async def test_a_person_whose_member_is_gone_is_matched_again(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Unassign")
    await on.slack.until(lambda: "Assign to me" in labels(card))
    del on.inbox.world.members[on.acme.bo_member]
    again = on.inbox.add_member("Bo Anew", "bo@acme.example")
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.MEMBERS)  # ten minutes pass
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo Anew" in shows(on, card))
    assert thread(on).assignee_id == again


async def test_a_person_whose_member_is_gone_for_good_is_refused(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    del on.inbox.world.members[on.acme.bo_member]
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.MEMBERS)  # ten minutes pass
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Reopen")
    await hears(on, on.acme.bo, "I can't match you to an Inbox member")
    await idle(on)
    assert len(calls(on, "PATCH")) == 1


async def test_somebody_who_just_got_a_seat_is_matched_at_once(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Archive")
    await hears(on, on.acme.kim, "I can't match you")
    on.inbox.add_member("Kim", "kim@acme.example")
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Kim" in shows(on, card))


async def test_who_is_who_is_asked_once_for_many_clicks(on: Stage) -> None:
    card = await card_of(on)
    for label in ("Archive", "Reopen", "Assign to me", "Unassign"):
        await press_when_shown(on, on.acme.ana, card, label)
    await on.slack.until(lambda: "Unassigned by Ana" in shows(on, card))
    assert [call.method for call in on.slack.calls].count("users.info") == 1
    assert len(calls(on, "GET", "/members")) == 1


async def test_when_inbox_cannot_say_who_its_members_are_nobody_acts(on: Stage) -> None:
    card = await card_of(on)
    before = Picture(card)
    on.inbox.fail("GET *members*", status=500, times=None)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "Inbox isn't answering")
    await idle(on)
    assert calls(on, "PATCH") == []
    assert before.is_unchanged()


# --- /inbox ----------------------------------------------------------------------------------------------------------


async def inbox(on: Stage, user: str, text: str) -> None:
    assert (await on.slack.command(user, on.acme.channel, command="/inbox", text=text)).ok


async def test_an_admin_links_somebody_to_a_member_and_they_act_as_that_member(on: Stage) -> None:
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> Bo@Acme.example")
    await hears(on, on.acme.ana, "now acts as")
    card = await card_of(on)
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    assert thread(on).assignee_id == on.acme.bo_member
    await inbox(on, on.acme.kim, "whoami")
    assert "bo@acme.example" in await hears(on, on.acme.kim, "In Inbox you are")


async def test_an_address_that_slack_turned_into_a_link_is_understood(on: Stage, redis_url: str) -> None:
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}|kim> <mailto:bo@acme.example|bo@acme.example>")
    await hears(on, on.acme.ana, "now acts as")
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(on.acme.kim)) == on.acme.bo_member.encode()
        assert redis.ttl(keys.link(on.acme.kim)) == -1


async def test_whom_an_admin_unlinked_nobody_is_from_then_on(on: Stage) -> None:
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.ana, "now acts as")
    on.inbox.add_member("Kim", "kim@acme.example")
    await inbox(on, on.acme.ana, f"unlink <@{on.acme.kim}>")
    await hears(on, on.acme.ana, "no longer linked")
    await inbox(on, on.acme.kim, "whoami")
    await hears(on, on.acme.kim, "You are unlinked from Inbox.")
    await inbox(on, on.acme.kim, "link")
    await hears(on, on.acme.kim, "now acts as *Kim*")


@pytest.mark.parametrize("verb", ["link", "unlink"])
async def test_nobody_but_an_admin_says_who_somebody_is(on: Stage, redis_url: str, verb: str) -> None:
    await inbox(on, on.acme.kim, f"{verb} <@{on.acme.kim}>" + (" ana@acme.example" if verb == "link" else ""))
    await hears(on, on.acme.kim, "Only workspace admins")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(on.acme.kim)) is None


async def test_somebody_named_in_bot_admins_may_link_without_being_a_workspace_admin(opened: Open, api: str) -> None:
    """User ids are given out in a fixed order, so another stage's tells this one's."""
    bo = acme(SandboxSlack(), SandboxInbox()).bo
    on = await opened(versions=[api], bot_admins=(bo,))
    assert on.acme.bo == bo
    await inbox(on, bo, f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, bo, "now acts as")


async def test_a_guest_in_bot_admins_is_still_a_guest(opened: Open, api: str, redis_url: str) -> None:
    guest = acme(SandboxSlack(), SandboxInbox()).guest
    on = await opened(versions=[api], bot_admins=(guest,))
    await inbox(on, guest, f"link <@{guest}> ana@acme.example")
    await hears(on, guest, "can act on Inbox threads")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(guest)) is None


async def test_a_guest_who_is_allowed_to_act_is_no_admin_though_bot_admins_names_them(
    opened: Open, api: str, redis_url: str
) -> None:
    guest = acme(SandboxSlack(), SandboxInbox()).guest
    on = await opened(versions=[api], bot_admins=(guest,))
    await inbox(on, on.acme.ana, f"allow <@{guest}>")
    await hears(on, on.acme.ana, "may act on Inbox conversations now")
    await inbox(on, guest, f"link <@{guest}> ana@acme.example")
    await hears(on, guest, "Only workspace admins")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(guest)) is None


@pytest.mark.parametrize("rest", ["link kim bo@acme.example", "link <@U0ANY>", "link a b c", "unlink kim"])
async def test_a_link_that_cannot_be_read_explains_itself(on: Stage, rest: str) -> None:
    await inbox(on, on.acme.ana, rest)
    await hears(on, on.acme.ana, "Use `/inbox link @user name@company.com`")


async def test_a_link_to_an_address_without_a_member_is_refused(on: Stage, redis_url: str) -> None:
    await inbox(on, on.acme.ana, f"link <@{on.acme.kim}> nobody@acme.example")
    await hears(on, on.acme.ana, "No Inbox member has the address")
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(on.acme.kim)) is None


@pytest.mark.parametrize("words", ["", "help", "HELP"])
async def test_inbox_explains_itself(on: Stage, words: str) -> None:
    await inbox(on, on.acme.ana, words)
    await hears(on, on.acme.ana, "/inbox whoami")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("mien", "I don't know `mien`. Did you mean `mine`?"),
        ("what can you do", "I don't know `what`. `/inbox help`"),
        ("WhoAmI", "In Inbox you are *Ana*"),
        ("assignments", "I tell you in a direct message"),
    ],
)
async def test_a_word_is_found_in_any_case_and_one_that_there_is_not_is_said_to_be_unknown(
    on: Stage, words: str, said: str
) -> None:
    await inbox(on, on.acme.ana, words)
    await hears(on, on.acme.ana, said)


async def test_many_first_clicks_at_once_are_all_matched(on: Stage) -> None:
    first, second = await card_of(on), await card_of(on, "Hi", on.acme.omar)
    await asyncio.gather(
        on.slack.press(on.acme.ana, first.channel, first.ts, "Assign to me"),
        on.slack.press(on.acme.bo, second.channel, second.ts, "Assign to me"),
    )
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, first) and "Assigned to Bo" in shows(on, second))


async def test_what_an_admin_decides_while_somebody_links_themselves_stands(on: Stage, redis_url: str) -> None:
    on.inbox.add_member("Kim", "kim@acme.example")
    await inbox(on, on.acme.ana, "whoami")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.MEMBERS)
    on.inbox.fail("GET *members*", delay=30.0)
    await inbox(on, on.acme.bo, "link")
    await until(lambda: not on.inbox.faults)
    await inbox(on, on.acme.ana, f"link <@{on.acme.bo}> kim@acme.example")
    await hears(on, on.acme.ana, "now acts as *Kim*")
    on.inbox.delays.end()
    await hears(on, on.acme.bo, "Your link was changed in this moment")
    await idle(on)
    await inbox(on, on.acme.bo, "whoami")
    assert "Kim" in await hears(on, on.acme.bo, "In Inbox you are")


@pytest.mark.parametrize("again", [False, True])
async def test_what_somebody_could_not_have_is_done_once_they_link_themselves_though_a_card_found_them_first(
    on: Stage, redis_url: str, again: bool
) -> None:
    """Unless they have done something themselves by then."""
    card, his = await card_of(on), await card_of(on, "Hello", on.acme.omar)
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Archive")
    await hears(on, on.acme.kim, "I can't match you")
    email = on.slack.users[on.acme.kim].email
    member = on.inbox.add_member("Kim", email)
    await on.inbox.app_assigns(thread(on, on.acme.omar).id, member)
    await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "Hi")
    await idle(on)
    await on.inbox.customer_writes(on.acme.omar, "And now?")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        assert redis.get(keys.link(on.acme.kim)) == member.encode()
    if again:
        await on.slack.press(on.acme.kim, his.channel, his.ts, "Archive")
        await on.slack.until(lambda: "Archived by Kim" in shows(on, his))
    await inbox(on, on.acme.kim, f"link {email}")
    said = await hears(on, on.acme.kim, "now acts as")
    await idle(on)
    assert ("I'm doing now what you tried before" in said) is not again
    assert thread(on).archived is not again
