"""`/inbox stats`: what came, what was answered, how soon and by whom, in words, as a chart and as a table."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis

from bot.sandbox.slack.records import Ephemeral, Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import calls, card_of, cards, hears, idle, press_when_shown, thread, told, whole_day


async def stats(on: Stage, user: str = "") -> str:
    """What `/inbox stats` says to Ana now."""
    user = user or on.acme.ana
    before = len(on.slack.ephemerals(user))
    await on.slack.command(user, on.acme.channel, "/inbox", "stats")
    await on.slack.until(lambda: len(on.slack.ephemerals(user)) > before)
    await idle(on)
    return on.slack.show(_figures(on, user)[-1])


def _figures(on: Stage, user: str) -> list[Ephemeral]:
    return [one for one in on.slack.ephemerals(user) if "The last 7 days" in one.text]


async def writes(on: Stage, text: str = "Hello?", ago: float = 0.0) -> str:
    """Sarah writes, `ago` seconds before now; v2's thin events tell no time but their own."""
    at = datetime.now(UTC) - timedelta(seconds=ago) if ago else None
    message = await on.inbox.customer_writes(on.acme.sarah, text, at=at)
    await idle(on)
    return message


async def app_answers(on: Stage, text: str = "Hello!") -> None:
    """A colleague answers in the Inbox app."""
    await on.inbox.teammate_writes(thread(on).id, text, how="member", member_id=on.acme.bo_member)
    await idle(on)


# --- the figures -----------------------------------------------------------------------------------------------------


async def test_messages_and_conversations_that_came_are_counted(on: Stage) -> None:
    await writes(on, "One")
    await writes(on, "Two")
    await on.inbox.customer_writes(on.acme.omar, "Three")
    await idle(on)
    said = await stats(on)
    assert said.count("3 messages received in 2 conversations, 0 answered.") == 2  # seven days and thirty
    assert "Now 2 conversations are waiting for an answer: 2 with nobody." in said.replace("*", "")


async def test_a_campaign_answers_nobody_in_the_figures(on: Stage) -> None:
    await writes(on)
    on.inbox.world.write(on.inbox.thread(thread(on).id), "campaign", "Our spring offer")
    await idle(on)
    assert "1 message received in 1 conversation, 0 answered." in await stats(on)
    await app_answers(on)
    assert "1 message received in 1 conversation, 1 answered" in await stats(on)


async def test_the_first_answer_counts_whoever_wrote_it_and_only_the_first(on: Stage) -> None:
    await writes(on)
    await app_answers(on)
    await app_answers(on, "And one thing more")
    said = await stats(on)
    assert "1 message received in 1 conversation, 1 answered, the first answer after " in said
    assert "Now nobody is waiting for an answer." in said.replace("*", "")
    await writes(on, "And now?")
    said = await stats(on)
    assert "2 messages received in 1 conversation, 1 answered" in said
    assert "Now 1 conversation is waiting" in said.replace("*", "")


async def test_an_answer_from_slack_counts_for_who_wrote_it(on: Stage) -> None:
    await writes(on)
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)
    await idle(on)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Hello!")
    await hears(on, on.acme.ana, "Sent to Sarah")
    await idle(on)
    said = await stats(on)
    assert said.count("• Ana: 1, median ") == 2
    assert "Bo:" not in said


async def test_an_answer_from_elsewhere_counts_for_the_assignee(on: Stage) -> None:
    card = await card_of(on)
    await press_when_shown(on, on.acme.bo, card, "Assign to me")
    await idle(on)
    await app_answers(on)
    assert "• Bo: 1, median" in await stats(on)


async def test_what_waits_is_told_by_assignee_and_closing_ends_it(on: Stage) -> None:
    card = await card_of(on)
    await on.inbox.customer_writes(on.acme.omar, "Me too")
    await press_when_shown(on, on.acme.bo, card, "Assign to me")
    await idle(on)
    said = (await stats(on)).replace("*", "")
    assert "Now 2 conversations are waiting for an answer: " in said
    assert "1 with Bo" in said
    assert "1 with nobody" in said
    await press_when_shown(on, on.acme.bo, card, "Archive")
    await idle(on)
    assert "Now 1 conversation is waiting for an answer: 1 with nobody." in (await stats(on)).replace("*", "")
    await on.inbox.app_archives(thread(on, on.acme.omar).id)
    await idle(on)
    assert "Now nobody is waiting" in (await stats(on)).replace("*", "")


async def test_the_median_is_of_the_time_until_the_first_answer(opened: Open) -> None:
    """v1's events tell when a message was written; v2's are thin, so there the event's own time counts."""
    on = await opened(versions=["v1"])
    for minutes in (2, 10, 30):
        on.inbox.world.threads.clear()
        await writes(on, "Hello?", ago=60.0 * minutes)
        await app_answers(on)
    assert "3 answered, the first answer after 10 min (median)" in await stats(on)


async def test_events_that_come_twice_count_once(on: Stage) -> None:
    await writes(on)
    await app_answers(on)
    for event in list(on.inbox.events):
        await on.inbox.redeliver(event.id, times=2)
    await idle(on)
    assert "1 message received in 1 conversation, 1 answered" in await stats(on)


async def test_what_came_while_the_bot_was_away_is_counted_too(opened: Open, api: str, redis_url: str) -> None:
    on = await opened(versions=[api])
    await idle(on)
    on.inbox.auto_deliver = False
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.READ_AT, (datetime.now(UTC) - timedelta(minutes=20)).isoformat())
    await on.inbox.customer_writes(on.acme.sarah, "Anybody there?")
    await on.inbox.customer_writes(on.acme.sarah, "Hello?")
    on.inbox.auto_deliver = True
    await on.inbox.teammate_writes(thread(on).id, "Here I am")
    await on.slack.until(lambda: cards(on))
    await idle(on)
    assert "2 messages received in 1 conversation, 1 answered" in await stats(on)


async def test_older_days_leave_the_week_and_then_the_month(on: Stage, redis_url: str) -> None:
    today = await whole_day()
    with Redis.from_url(redis_url) as redis:
        for back, count in ((0, 1), (6, 2), (7, 4), (29, 8), (30, 16)):
            for number in range(count):
                redis.hset(keys.received(today - timedelta(days=back)), f"m{back}-{number}", "t1")
    said = (await stats(on)).replace("*", "")
    assert "The last 7 days: 3 messages" in said
    assert "The last 30 days: 15 messages" in said


async def test_the_days_are_not_kept_for_ever(on: Stage, redis_url: str) -> None:
    today = await whole_day()
    await writes(on)
    await app_answers(on)
    with Redis.from_url(redis_url) as redis:
        for key in (keys.received(today), keys.answered(today)):
            assert 30 * 86_400 < int(redis.ttl(key)) <= 40 * 86_400


async def test_history_that_inbox_is_importing_is_not_counted(opened: Open) -> None:
    on = await opened(versions=["v1"])
    await writes(on, "From last year", ago=300 * 86_400.0)
    assert "0 messages received" in await stats(on)


async def test_asking_costs_inbox_nothing_but_the_members(on: Stage) -> None:
    await writes(on)
    await stats(on)
    before = len(on.inbox.calls)
    await stats(on)
    assert [str(call) for call in on.inbox.calls[before:]] == []
    assert calls(on, "POST") == []


async def test_who_may_not_act_gets_no_figures(on: Stage) -> None:
    for user in (on.acme.guest, on.acme.kim):
        await on.slack.command(user, on.acme.channel, "/inbox", "stats")
        await on.slack.until(lambda user=user: told(on, user))  # type: ignore[misc]  # mypy sees no type for the default
        assert "received" not in told(on, user)[-1]


# --- the chart and the table -----------------------------------------------------------------------------------------


def charts(message: Ephemeral | Message) -> list[dict[str, Any]]:
    return [block["chart"] for block in message.blocks if block["type"] == "data_visualization"]


async def test_slacks_own_chart_stands_with_the_words(on: Stage) -> None:
    today = await whole_day()
    await writes(on)
    await app_answers(on)
    await stats(on)
    (chart,) = charts(_figures(on, on.acme.ana)[-1])
    assert chart["axis_config"]["categories"][-1] == f"{today:%d %b}"
    assert [(one["name"], one["data"][-1]["value"]) for one in chart["series"]] == [("Received", 1), ("Answered", 1)]
    assert on.slack.files == {}
    assert on.slack.dms(on.acme.ana) == []


async def test_what_slack_refuses_falls_back_to_words(on: Stage) -> None:
    today = await whole_day()
    await writes(on)
    on.slack.fail("response_url", "invalid_blocks", times=1)
    said = await stats(on)
    assert "1 message received" in said
    assert charts(_figures(on, on.acme.ana)[-1]) == []
    assert f"Received, Answered: {today:%d %b} 1/0" in said


async def test_the_table_comes_in_a_direct_message_alone(on: Stage) -> None:
    today = await whole_day()
    await writes(on)
    await app_answers(on)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "stats csv")
    await hears(on, on.acme.ana, "I sent you the figures as CSV")
    await idle(on)
    (message,) = on.slack.dms(on.acme.ana)
    said = on.slack.show(message)
    assert "days,by,name,received,answered,median_seconds,with_target,within_target" in said
    assert f"1,day,{today},1,1,,," in said
    assert not [one for one in on.slack.messages(on.acme.channel) if "median_seconds" in one.text]
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "stats xls")
    await hears(on, on.acme.ana, "Use `/inbox stats`")


async def test_answers_within_the_target_are_told_by_colleague_account_and_tag(on: Stage, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        choices = {"reminders": {"target": 60}}
        redis.set(keys.channel_choices(on.acme.channel), json.dumps(choices))
        await writes(on)
        await app_answers(on)
        for person in (on.acme.omar, on.acme.sarah):
            await on.inbox.customer_writes(person, "Hello?")
            await idle(on)
        redis.hset(keys.UNANSWERED, thread(on, on.acme.omar).id, datetime.now(UTC).timestamp() - 3_700)
    await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "Sorry", how="member", member_id=on.acme.bo_member)
    await idle(on)
    said = await stats(on)
    assert "Within the target: 50 % (1 of 2)." in said
    assert "2, median 31 min, 1 of 2 within the target" in said
    assert "By account: @acme 1 of 2" in said
    assert "judged by the targets that channels have now" in said


# --- help ------------------------------------------------------------------------------------------------------------


async def test_help_names_both_in_its_groups(on: Stage) -> None:
    ack = await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "help")
    assert ack.ok
    said = on.slack.show(on.slack.ephemerals(on.acme.ana)[-1])
    groups = [part.splitlines() for part in said.split("\n\n")]
    assert [heads for heads, *_ in groups] == ["*On a conversation's card*", "*Commands*", "*For admins*"]
    assert all(head.startswith("*") and lines and all(one.startswith("•") for one in lines) for head, *lines in groups)
    for words in ("/inbox stats", "/inbox replies", "/inbox whoami", "/inbox doctor", "/dm help"):
        assert words in said
