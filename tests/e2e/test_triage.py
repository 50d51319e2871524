"""`/inbox triage`: one conversation after the other, never the same before two people."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from redis import Redis

from bot.queue.job import Asker
from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.triage import words
from bot.triage.jobs import StepTriage
from tests.conftest import QUICK, Open
from tests.e2e.bulk import chosen, some_ticked
from tests.e2e.deaths import worked
from tests.e2e.steps import Json, as_body, calls, card_of, hears, idle, modal, nodes, shows, thread, told
from tests.e2e.test_finding import conversation, people

NAME = re.compile(r"^\*(.*?) \(@\w+\)\* via ", re.MULTILINE)


async def triage(on: Stage, user: str = "", typed: str = "", shows_first: str = " via @acme on X") -> Json:
    """The form, once it shows a conversation."""
    who = user or on.acme.ana
    assert (await on.slack.command(who, on.acme.channel, command="/inbox", text=f"triage {typed}".strip())).ok
    return await modal(on, who, shows_first)


def before(on: Stage, user: str = "") -> str:
    """Whose conversation is before the person; "" where there is none."""
    view = on.slack.modal(user or on.acme.ana)
    found = NAME.search(on.slack.show(view)) if view else None
    return found[1] if found else ""


async def press(on: Stage, action: str, user: str = "", **more: object) -> None:
    """Press, and wait for the next one."""
    who = user or on.acme.ana
    shown = before(on, who)
    assert (await on.slack.press_modal(who, action, **more)).ok  # type: ignore[arg-type]  # value and values
    await on.slack.until(lambda: on.slack.modal(who) is None or before(on, who) != shown)


async def reply(on: Stage, said: str, **values: object) -> None:
    """Send what is said, and wait for the next one."""
    shown = before(on)
    ack = await on.slack.submit(on.acme.ana, values={"text": said, **values})
    assert (ack.ok, ack.trouble) == (True, "")

    def gone_on() -> bool:
        view = on.slack.modal(on.acme.ana)
        return view is not None and "One moment" not in on.slack.show(view) and before(on) != shown

    await on.slack.until(gone_on)


def archive_button(view: Json) -> Json:
    """A click on *Archive* in this view, whatever is shown by now."""
    block, buttons = next((one["block_id"], one["elements"]) for one in view["blocks"] if one["type"] == "actions")
    value = next(one["value"] for one in buttons if one["action_id"] == "triage_archive")
    pressed = {"type": "button", "block_id": block, "action_ts": "1", "action_id": "triage_archive", "value": value}
    container = {"type": "view", "view_id": view["id"]}
    return {"type": "block_actions", "actions": [pressed], "container": container, "view": view}


def validated(view: Json) -> list[str]:
    names = ("type", "title", "blocks", "submit", "close", "callback_id", "notify_on_close")
    return view_problems({name: view[name] for name in names if view.get(name)})


# --- one after the other ---------------------------------------------------------------------------------------------


async def test_the_form_shows_the_longest_waiting_with_its_last_messages_and_how_many_are_left(on: Stage) -> None:
    some = await people(on, 3)
    found = thread(on, some[0]).id
    for number in range(6):
        await on.inbox.customer_writes(found, f"And {number}", at=thread(on, some[0]).messages[-1].created_at)
    view = await triage(on)
    said = on.slack.show(view)
    assert before(on) == "Person 0"
    assert "3 left" in said
    assert "And 5" in said
    assert "And 0" not in said
    assert "Question 0" not in said
    assert "Waiting since" in said
    assert "Unassigned" in said
    assert "[Archive]  [Snooze… ▾]  [Take]  [Skip]" in said
    assert view["submit"]["text"] == "Reply"
    assert validated(view) == []


async def test_each_act_leads_to_the_next_and_is_done(on: Stage) -> None:
    card = await card_of(on, "First, please")
    some = await people(on, 4)
    await triage(on)
    seen = [before(on)]
    for action, more in (("Archive", {}), ("Take", {}), ("Skip", {}), ("triage_snooze", {"value": "Tomorrow, 9:00"})):
        await press(on, action, **more)
        seen.append(before(on))
    assert seen == [*(one.name for one in some), "Sarah Chen"]
    assert "The last one" in on.slack.show(on.slack.modal(on.acme.ana) or {})
    await reply(on, "Here you are")
    assert "You have seen to 4. Nothing is left." in on.slack.show(on.slack.modal(on.acme.ana) or {})
    await on.slack.until(lambda: len(on.inbox.sent()) == 1)
    await idle(on)
    states = [(thread(on, one).archived, thread(on, one).assignee_id) for one in some]
    assert states == [(True, None), (False, on.acme.ana_member), (False, None), (True, None)]
    assert on.inbox.sent()[0].text == "Here you are"
    assert "Answered" in shows(on, card)
    assert "Here you are" in "".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))


async def test_a_reply_can_archive_and_is_refused_when_it_is_empty(on: Stage) -> None:
    some = await people(on, 2)
    view = await triage(on)
    text, box = (one["block_id"] for one in view["blocks"] if one["type"] == "input")
    ack = await on.slack.submit(on.acme.ana, values={"text": " "})
    assert ack.body == {"response_action": "errors", "errors": {text: "Write a message."}}
    (option,) = [one["options"][0]["value"] for one in nodes(view) if one.get("type") == "checkboxes"]
    await reply(on, "Done", archive=[option])
    await on.slack.until(lambda: thread(on, some[0]).archived)
    fields = {one["block_id"] for one in (on.slack.modal(on.acme.ana) or {})["blocks"] if one["type"] == "input"}
    assert not fields & {text, box}  # or Slack would show there what was written to the one before
    assert before(on) == some[1].name


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["Mine", "Nobody's"]),
        ("assignee:bo", ["Bo's"]),
        ("tag:vip waiting", ["Bo's"]),
        ("all", ["Answered", "Bo's", "Mine", "Nobody's"]),
    ],
)
async def test_conditions_say_which_and_without_any_it_is_what_waits_for_me_or_nobody(
    on: Stage, typed: str, found: list[str]
) -> None:
    vip = on.inbox.add_tag("VIP")
    bos = on.inbox.add_person("bos", "Bo's")
    bos.tag_ids = [vip]
    await conversation(on, bos, "Hi", 40, assignee_id=on.acme.bo_member)
    answered = await conversation(on, on.inbox.add_person("answered", "Answered"), "Hi", 60)
    await on.inbox.teammate_writes(answered, "Hello")
    await conversation(on, on.inbox.add_person("mine", "Mine"), "Hi", 30, assignee_id=on.acme.ana_member)
    await conversation(on, on.inbox.add_person("none", "Nobody's"), "Hi", 20)
    await triage(on, typed=typed)
    seen = []
    while name := before(on):
        seen.append(name)
        await press(on, "Skip")
    assert sorted(seen) == found


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Nobody waits whom you or nobody has."),
        ("tag:nothing", "There is no tag *nothing*"),
        ("foo", "I don't understand *foo*"),
        ("assignee:none", "No open conversation fits assignee: *none*."),
    ],
)
async def test_where_there_is_nothing_to_work_through_it_says_so(on: Stage, typed: str, said: str) -> None:
    await triage(on, typed=typed, shows_first=said)


async def test_what_a_colleague_has_is_answered_only_when_that_is_meant(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Hi", assignee_id=on.acme.bo_member)
    view = await triage(on, typed="assignee:bo")
    assert "*Bo* has this conversation." in on.slack.show(view)
    assert view.get("submit") is None
    assert validated(view) == []
    assert (await on.slack.press_modal(on.acme.ana, "Reply anyway")).ok
    view = await modal(on, on.acme.ana, "Your reply")
    assert before(on) == "Sarah Chen"
    await reply(on, "From me")
    await on.slack.until(lambda: [one.text for one in on.inbox.sent()] == ["From me"])


async def test_what_stood_in_the_field_and_was_not_sent_comes_back(on: Stage) -> None:
    await people(on, 2)
    await triage(on)
    await press(on, "Skip", values={"text": "Half a thought"})
    said = await hears(on, on.acme.ana, words.NOT_SENT)
    assert "Half a thought" in said
    assert on.inbox.sent() == []


async def test_whoever_writes_meanwhile_is_not_archived_unread(on: Stage) -> None:
    some = await people(on, 2)
    await triage(on)
    await on.inbox.customer_writes(thread(on, some[0]).id, "One more thing")
    assert (await on.slack.press_modal(on.acme.ana, "Archive")).ok
    said = on.slack.show(await modal(on, on.acme.ana, "They wrote while you looked"))
    assert "One more thing" in said
    assert before(on) == some[0].name
    await press(on, "Archive")
    await idle(on)
    assert thread(on, some[0]).archived


async def test_what_is_done_elsewhere_is_passed_over(on: Stage) -> None:
    some = await people(on, 4)
    await triage(on)
    await on.inbox.app_archives(thread(on, some[1]).id)
    await on.inbox.app_deletes(thread(on, some[2]).id)
    await press(on, "Skip")
    assert before(on) == some[3].name


async def test_two_presses_are_one_act(on: Stage) -> None:
    some = await people(on, 3)
    await triage(on)
    view = on.slack.modal(on.acme.ana)
    assert view
    await asyncio.gather(*(on.slack.interaction(on.acme.ana, archive_button(view)) for _ in range(2)))
    await on.slack.until(lambda: before(on) == some[1].name)
    await idle(on)
    assert before(on) == some[1].name
    assert [call.body for call in calls(on, "PATCH")] == [as_body(on, archived=True)]


async def test_an_outage_is_said_and_the_conversation_stays(on: Stage) -> None:
    some = await people(on, 2)
    await triage(on)
    on.inbox.fail(f"GET /*/threads/{thread(on, some[0]).id}", 503, times=2)
    assert (await on.slack.press_modal(on.acme.ana, "Archive")).ok
    await modal(on, on.acme.ana, "Inbox isn't answering, so nothing was done. Press it again in a minute.")
    assert before(on) == some[0].name
    await idle(on)
    assert not thread(on, some[0]).archived


async def test_what_was_pressed_is_done_though_the_next_cannot_be_shown(on: Stage) -> None:
    some = await people(on, 3)
    await triage(on)
    passed = thread(on, some[1]).id
    await on.inbox.app_archives(passed)
    on.slack.fail("views.update", status=503)
    assert (await on.slack.press_modal(on.acme.ana, "Archive")).ok
    await on.slack.until(lambda: thread(on, some[0]).archived)
    assert words.NOT_SHOWN in await hears(on, on.acme.ana, "the next conversation")
    await idle(on)
    assert before(on) == some[0].name
    on.inbox.calls.clear()
    await press(on, "Archive")
    assert before(on) == some[2].name
    await idle(on)
    assert not thread(on, some[2]).archived
    assert calls(on, "GET", passed) == []  # it was passed over already


# --- what was typed and not sent -------------------------------------------------------------------------------------


HALF = "Half a thought"


async def presses_having_typed(on: Stage, action: str = "Archive", **more: object) -> None:
    """Ana writes into the field, and presses something else than *Reply*."""
    values = {"text": HALF}
    assert (await on.slack.press_modal(on.acme.ana, action, values=values, **more)).ok


def written_in(view: Json) -> Json:
    """The block with the field."""
    return next(one for one in view["blocks"] if one.get("element", {}).get("multiline"))


@pytest.mark.parametrize(("status", "more"), [(503, {}), (429, {"retry_after": 30})])
@pytest.mark.parametrize(("action", "choice"), [("Archive", {}), ("triage_snooze", {"value": "Tomorrow, 9:00"})])
async def test_where_inbox_is_away_what_was_typed_stands_in_the_view(
    on: Stage, status: int, more: Json, action: str, choice: Json
) -> None:
    some = await people(on, 2)
    await triage(on)
    on.inbox.fail(f"GET /*/threads/{thread(on, some[0]).id}", status, times=None, **more)
    await presses_having_typed(on, action, **choice)
    await modal(on, on.acme.ana, HALF)
    await idle(on)
    assert not thread(on, some[0]).archived


async def test_after_an_outage_that_is_over_what_was_typed_stands_in_the_field(on: Stage) -> None:
    some = await people(on, 2)
    await triage(on)
    on.inbox.fail(f"GET /*/threads/{thread(on, some[0]).id}", 503, times=2)
    await presses_having_typed(on)
    view = await modal(on, on.acme.ana, "Inbox isn't answering, so nothing was done.")
    assert before(on) == some[0].name
    assert written_in(view)["element"]["initial_value"] == HALF
    assert validated(view) == []
    await idle(on)
    assert told(on, on.acme.ana) == []


@pytest.mark.parametrize("others", [0, 1])
async def test_where_a_colleague_took_it_meanwhile_what_was_typed_comes_back_and_nothing_is_said_of_the_next(
    on: Stage, others: int
) -> None:
    some = await people(on, 1 + others)
    await triage(on)
    await on.inbox.app_assigns(thread(on, some[0]).id, on.acme.bo_member)
    await on.inbox.customer_writes(thread(on, some[0]).id, "One more thing")
    await presses_having_typed(on)
    await on.slack.until(lambda: before(on) != some[0].name)
    said = on.slack.show(on.slack.modal(on.acme.ana) or {})
    assert "This is how it is now" not in said
    assert ("so nothing was done with it" in said) == bool(others)
    assert HALF in await hears(on, on.acme.ana, words.NOT_SENT)
    await idle(on)
    assert not thread(on, some[0]).archived
    assert before(on) == (some[1].name if others else "")


async def test_where_it_stays_but_its_field_does_not_what_was_typed_comes_back(on: Stage) -> None:
    some = await people(on, 2)
    await triage(on, typed="waiting")
    await on.inbox.app_assigns(thread(on, some[0]).id, on.acme.bo_member)
    await on.inbox.customer_writes(thread(on, some[0]).id, "One more thing")
    await presses_having_typed(on)
    view = await modal(on, on.acme.ana, "*Bo* has this conversation.")
    assert view.get("submit") is None
    assert before(on) == some[0].name
    assert HALF in await hears(on, on.acme.ana, words.NOT_SENT)


async def test_what_was_typed_before_a_second_press_comes_back(on: Stage) -> None:
    some = await people(on, 3)
    view = await triage(on)
    await press(on, "Skip")
    late = archive_button(view)
    typed = {"text": {"type": "plain_text_input", "value": HALF}}
    late["view"] = view | {"state": {"values": {written_in(view)["block_id"]: typed}}}
    assert (await on.slack.interaction(on.acme.ana, late)).ok
    assert HALF in await hears(on, on.acme.ana, words.NOT_SENT)
    await idle(on)
    assert before(on) == some[1].name
    assert calls(on, "PATCH") == []


# --- two people ------------------------------------------------------------------------------------------------------


async def test_two_people_never_have_the_same_conversation_before_them(on: Stage) -> None:
    some = await people(on, 10)
    await asyncio.gather(triage(on, on.acme.ana), triage(on, on.acme.bo))
    seen: dict[str, list[str]] = {on.acme.ana: [], on.acme.bo: []}

    async def work(user: str) -> None:
        while name := before(on, user):
            others = {before(on, one) for one in seen if one != user}
            assert name not in others
            seen[user].append(name)
            await press(on, "Archive", user)

    await asyncio.gather(*(work(user) for user in seen))
    await idle(on)
    assert sorted(seen[on.acme.ana] + seen[on.acme.bo]) == sorted(one.name for one in some)
    assert all(seen.values())
    assert all(thread(on, one).archived for one in some)
    assert len(calls(on, "PATCH")) == 10


async def test_what_one_skips_or_closes_the_other_may_have(on: Stage) -> None:
    some = await people(on, 2)
    await triage(on, on.acme.ana)
    await triage(on, on.acme.bo)
    assert (before(on, on.acme.ana), before(on, on.acme.bo)) == (some[0].name, some[1].name)
    assert "The last one" in on.slack.show(on.slack.modal(on.acme.bo) or {})
    await press(on, "Skip", on.acme.bo)
    assert "1 more" not in on.slack.show(on.slack.modal(on.acme.bo) or {})
    assert "One more is before colleagues just now." in on.slack.show(on.slack.modal(on.acme.bo) or {})
    assert (await on.slack.close(on.acme.ana)).ok
    await idle(on)
    await on.slack.close(on.acme.bo)
    await triage(on, on.acme.bo)
    assert before(on, on.acme.bo) == some[0].name


async def test_who_does_nothing_for_long_gives_it_back(on: Stage, redis_url: str) -> None:
    some = await people(on, 2)
    await triage(on, on.acme.ana)
    with Redis.from_url(redis_url) as redis:
        held = keys.triaged(thread(on, some[0]).id)
        assert 0 < redis.pttl(held) <= 600_000
        redis.delete(held)  # as when that time is over
    await triage(on, on.acme.bo)
    assert before(on, on.acme.bo) == before(on, on.acme.ana) == some[0].name
    await press(on, "Archive", on.acme.ana)
    said = on.slack.show(on.slack.modal(on.acme.ana) or {})
    assert "a colleague has that conversation before them now" in said
    assert before(on, on.acme.ana) == some[1].name
    await idle(on)
    assert calls(on, "PATCH") == []


async def test_who_was_away_does_not_answer_what_a_colleague_has_before_them(on: Stage, redis_url: str) -> None:
    some = await people(on, 2)
    view = await triage(on, on.acme.ana)
    text = next(one["block_id"] for one in view["blocks"] if one["type"] == "input")
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.triaged(thread(on, some[0]).id))  # as when that time is over
    await triage(on, on.acme.bo)
    ack = await on.slack.submit(on.acme.ana, values={"text": HALF})
    assert ack.body == {"response_action": "errors", "errors": {text: words.TAKEN_FIELD}}
    await idle(on)
    assert on.inbox.sent() == []
    assert before(on, on.acme.ana) == before(on, on.acme.bo) == some[0].name  # and what was typed is still there
    await on.slack.close(on.acme.bo)
    await idle(on)
    await reply(on, HALF)
    await on.slack.until(lambda: [one.text for one in on.inbox.sent()] == [HALF])


@pytest.mark.parametrize(("typed", "said"), [("waiting", "*Bo* has it meanwhile"), ("", "so nothing was done with it")])
async def test_what_a_colleague_took_meanwhile_is_not_taken_from_them(on: Stage, typed: str, said: str) -> None:
    some = await people(on, 2)
    await triage(on, typed=typed)
    await on.inbox.app_assigns(thread(on, some[0]).id, on.acme.bo_member)
    assert (await on.slack.press_modal(on.acme.ana, "Take")).ok
    await modal(on, on.acme.ana, said)
    await idle(on)
    assert calls(on, "PATCH") == []
    assert before(on) == some[0 if typed else 1].name
    await press(on, "Take")  # now it is known who has it, or it is the next one
    await idle(on)
    owners = [thread(on, one).assignee_id for one in some]
    assert owners == ([on.acme.ana_member, None] if typed else [on.acme.bo_member, on.acme.ana_member])


@pytest.mark.parametrize("to", ["bo", "nobody"])
async def test_what_a_colleague_took_since_a_list_was_drawn_stays_theirs(on: Stage, to: str) -> None:
    some, shown = await some_ticked(on, 3, [0, 1, 2])
    carol = on.inbox.add_member("Carol", "carol@acme.example")
    for person, has in ((some[0], carol), (some[1], on.acme.ana_member)):
        await on.inbox.app_assigns(thread(on, person).id, has)
    bo = on.acme.bo_member
    await chosen(on, shown, "assign", "Who takes them", assignee=bo if to == "bo" else "nobody")
    came = {"bo": "2 assigned, ", "nobody": "1 assigned, 1 was assigned so already, "}[to]
    said = await hears(on, on.acme.ana, f"{came}1 was taken by a colleague meanwhile, so not assigned.")
    assert f"Taken meanwhile: {some[0].name}." in said
    await idle(on)
    owner = bo if to == "bo" else None
    assert [thread(on, one).assignee_id for one in some] == [carol, owner, owner]


@pytest.mark.parametrize("action", ["Archive", "Take"])
async def test_what_slack_did_not_show_is_not_taken_as_seen(on: Stage, action: str) -> None:
    some = await people(on, 2)
    await triage(on, typed="waiting")
    await on.inbox.app_assigns(thread(on, some[0]).id, on.acme.bo_member)
    await on.inbox.customer_writes(thread(on, some[0]).id, "One more thing")
    on.slack.fail("views.update", "internal_error")
    assert (await on.slack.press_modal(on.acme.ana, action)).ok
    await hears(on, on.acme.ana, "Slack didn't answer me")
    assert (await on.slack.press_modal(on.acme.ana, action)).ok
    await modal(on, on.acme.ana, "nothing was done")
    await idle(on)
    assert calls(on, "PATCH") == []
    assert before(on) == some[0].name


async def test_what_a_colleague_gave_back_meanwhile_can_be_taken(on: Stage) -> None:
    some = await people(on, 2)
    await on.inbox.app_assigns(thread(on, some[0]).id, on.acme.bo_member)
    await triage(on, typed="waiting")
    await on.inbox.app_assigns(thread(on, some[0]).id, None)
    await press(on, "Take")
    await idle(on)
    assert thread(on, some[0]).assignee_id == on.acme.ana_member


async def test_whoever_dies_over_a_step_it_is_done_once(opened: Open, api: str) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, inbox_per_minute=5000))
    on.inbox.rate_per_minute = 5000
    some = {one.name: one for one in await people(on, 60)}
    view = await triage(on, on.acme.ana)
    triage_id = str(view["private_metadata"]).split("|")[3]
    asker = Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel)
    died, lives = True, 0
    while died:
        shown = before(on)
        found = thread(on, some.pop(shown))
        facts = {"view_id": view["id"], "triage": triage_id, "thread_id": found.id, "asker": asker}
        then, died = await worked(on, StepTriage(verb="archive", **facts), lives)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert found.archived
        assert before(on) in some
        lives += 1
    assert lives > 3
    assert sum(one.type("2") == "thread.archived" for one in on.inbox.events) == lives


# --- who may ---------------------------------------------------------------------------------------------------------


async def test_only_members_see_a_conversation_and_in_a_shared_channel_nobody_else(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Secret")
    for user, why in ((on.acme.kim, "I can't match you"), (on.acme.guest, "Only members of")):
        await on.slack.command(user, on.acme.shared, command="/inbox", text="triage")
        view = await modal(on, user, why)
        assert "Secret" not in on.slack.show(view)
    await on.slack.command(on.acme.ana, on.acme.shared, command="/inbox", text="triage")
    await modal(on, on.acme.ana, "Secret")
    assert on.slack.messages(on.acme.shared) == []
    assert told(on, on.acme.ana) == []


async def test_another_persons_triage_does_nothing(on: Stage) -> None:
    some = await people(on, 2)
    view = await triage(on)
    for user in (on.acme.bo, on.acme.kim, on.acme.outsider):
        assert (await on.slack.interaction(user, archive_button(view))).ok
    await idle(on)
    assert calls(on, "PATCH") == []
    assert not thread(on, some[0]).archived
