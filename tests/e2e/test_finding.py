"""Lists in Slack of conversations in Inbox: what is on them, their pages, their buttons, and who sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.inbox.records import PersonRecord, utc_now
from bot.sandbox.slack.records import Ephemeral
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.e2e.steps import calls, card_of, cards, form, hears, idle, shows, thread, told, version, whisper


async def inbox(on: Stage, text: str, user: str = "") -> None:
    """Ana types `/inbox text` in the team's channel."""
    assert (await on.slack.command(user or on.acme.ana, on.acme.channel, command="/inbox", text=text)).ok


async def unseen(on: Stage) -> None:
    """What happens in Inbox from now on, the bot does not hear of."""
    if on.inbox.auto_deliver:
        await idle(on)  # the first reading of the feed is over
        on.inbox.auto_deliver = False


async def conversation(on: Stage, person: PersonRecord, said: str, minutes_ago: int = 0, **fields: object) -> str:
    """A conversation that nobody in Slack has seen; its id."""
    await unseen(on)
    thread_id = on.inbox.add_thread(on.acme.account, person, **fields)
    await on.inbox.customer_writes(thread_id, said, at=utc_now() - timedelta(minutes=minutes_ago))
    return thread_id


async def people(on: Stage, count: int) -> list[PersonRecord]:
    """That many people, of whom the first has been waiting longest."""
    some = [on.inbox.add_person(f"p{number}", f"Person {number}") for number in range(count)]
    for number, one in enumerate(some):
        await conversation(on, one, f"Question {number}", minutes_ago=count - number)
    return some


def names(words: Ephemeral, on: Stage) -> list[str]:
    """The people on a list, in order."""
    lines = on.slack.show(words).splitlines()
    return [line.split(" ", 1)[1].split(" (")[0] for line in lines if " via @" in line]


# --- what is on them -------------------------------------------------------------------------------------------------


async def test_mine_lists_my_open_conversations_waiting_longest_first(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Newer", 5, assignee_id=on.acme.ana_member)
    await conversation(on, on.acme.omar, "Older", 50, assignee_id=on.acme.ana_member)
    theirs = on.inbox.add_person("theirs", "Bo's own")
    done, asks = on.inbox.add_person("done", "Done"), on.inbox.add_person("asks", "Asks")
    await conversation(on, theirs, "For Bo", assignee_id=on.acme.bo_member)
    await on.inbox.app_archives(await conversation(on, done, "Thanks", assignee_id=on.acme.ana_member))
    await conversation(on, asks, "May I?", 20, assignee_id=on.acme.ana_member, is_request=True)
    answered = await conversation(on, on.inbox.add_person("answered"), "?", 90, assignee_id=on.acme.ana_member)
    await on.inbox.teammate_writes(answered, "Answered", at=utc_now() - timedelta(minutes=80))
    await inbox(on, "mine")
    shown = await whisper(on, on.acme.ana, "Your open conversations (4)")
    assert names(shown, on) == ["Omar Khan", "Asks", "Sarah Chen", "answered"]
    said = on.slack.show(shown)
    assert "Older" in said
    assert "Waiting since" in said
    assert "message request" in said
    assert "You: Answered" in said
    assert "Assigned to Ana" in said
    assert on.slack.messages(on.acme.channel) == []


async def test_unassigned_lists_open_conversations_and_requests_that_nobody_has_taken(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?")
    await conversation(on, on.acme.omar, "For Bo", assignee_id=on.acme.bo_member)
    inherited = on.inbox.add_person("known", "Known", assignee_id=on.acme.ana_member)
    await conversation(on, inherited, "For whoever knows me")
    await conversation(on, on.inbox.add_person("new", "New"), "Hello", 9, is_request=True)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (2)")
    assert names(shown, on) == ["New", "Sarah Chen"]


async def test_requests_lists_message_requests_alone(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Known")
    await conversation(on, on.acme.omar, "May I?", is_request=True)
    await inbox(on, "requests")
    assert names(await whisper(on, on.acme.ana, "Message requests (1)"), on) == ["Omar Khan"]


@pytest.mark.parametrize("looked_for", ["khan", "OMAR_K", "invoice"])
async def test_find_looks_in_names_handles_and_last_messages_of_all_folders(on: Stage, looked_for: str) -> None:
    await conversation(on, on.acme.sarah, "Hi there")
    archived = await conversation(on, on.acme.omar, "Where is my invoice?")
    await on.inbox.app_archives(archived)
    await inbox(on, f"find {looked_for}")
    shown = await whisper(on, on.acme.ana, f"Conversations with “{looked_for}” (1)")
    assert names(shown, on) == ["Omar Khan"]
    assert "Archived" in on.slack.show(shown)


async def test_find_takes_several_words(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Is the trial still open?")
    await inbox(on, "find still open")
    assert names(await whisper(on, on.acme.ana, "Conversations with"), on) == ["Sarah Chen"]


@pytest.mark.parametrize("name", ["@sarah", "<https://x.com/Sarah?s=20|x.com/Sarah>", "x.com/sarah", "<@U0FAKE|sarah>"])
async def test_find_takes_a_handle_or_a_profile_and_shows_all_accounts(on: Stage, name: str) -> None:
    second = on.inbox.add_account("acme_help", "Acme Help")
    await conversation(on, on.acme.sarah, "Hi there")
    on.inbox.add_thread(second, on.acme.sarah, archived=True)
    await conversation(on, on.acme.omar, "I know sarah")
    await inbox(on, f"find {name}")
    shown = await whisper(on, on.acme.ana, "Conversations with sarah (2)")
    assert names(shown, on) == ["Sarah Chen", "Sarah Chen"]
    assert "via @acme_help" in on.slack.show(shown)


async def test_find_takes_a_numeric_id_and_says_when_there_is_no_conversation(on: Stage) -> None:
    await inbox(on, f"find {on.acme.sarah.platform_id}")
    assert "/dm @sarah" in await hears(on, on.acme.ana, "Sarah Chen (@sarah) is in Inbox, but there is no conversation")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("mine", "No open conversation is assigned to you"),
        ("unassigned", "Every open conversation is assigned to somebody"),
        ("requests", "There are no message requests"),
        ("find nothing", "I found no conversation with “nothing”"),
        ("find @nobody", "I can't find nobody in Inbox"),
        ("find 4711", "I can't find 4711 in Inbox"),
        ("find", "Use `/inbox find Sarah Chen`"),
        ("find <@U0FAKE>", "Slack took that for a colleague"),
    ],
)
async def test_an_empty_list_says_so_and_what_to_do(on: Stage, asked: str, said: str) -> None:
    await inbox(on, asked)
    await hears(on, on.acme.ana, said)


async def test_a_bounded_search_says_how_far_it_looked(on: Stage) -> None:
    """v2 searches everything; v1 knows no words, so the bot reads the first 200 conversations."""
    await unseen(on)
    for number in range(230):
        thread_id = on.inbox.add_thread(on.acme.account, on.inbox.add_person(f"many{number}", f"Many {number}"))
        await on.inbox.customer_writes(thread_id, "Hi", at=utc_now() - timedelta(minutes=number))
    await inbox(on, "find Many 0")
    shown = await whisper(on, on.acme.ana, "Conversations with")
    limited = "I looked at the first 200 conversations; there are more in Inbox."
    assert (limited in on.slack.show(shown)) == (version(on) == "v1")
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (200)")
    assert limited in on.slack.show(shown)
    assert names(shown, on)[0] == "Many 229"


async def test_a_list_costs_one_call_for_each_folder_and_none_for_its_items(on: Stage) -> None:
    await people(on, 12)
    await idle(on)
    on.inbox.calls.clear()
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (12)")
    await on.slack.press_ephemeral(on.acme.ana, shown, "Next")
    await on.slack.until(lambda: "Page 2 of 3" in on.slack.show(shown))
    about = [call.path for call in on.inbox.calls if "/events" not in call.path]
    assert sorted(about) == sorted(
        [f"/{version(on)}/{one}" for one in ("members", "account-links", "threads", "threads")]
    )


# --- pages -----------------------------------------------------------------------------------------------------------


async def test_pages_turn_in_place_both_ways(on: Stage) -> None:
    some = await people(on, 12)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Page 1 of 3")
    assert names(shown, on) == [one.name for one in some[:5]]
    assert "[Previous]" not in on.slack.show(shown)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Next")
    await on.slack.until(lambda: "Page 2 of 3" in on.slack.show(shown))
    await on.slack.press_ephemeral(on.acme.ana, shown, "Next")
    await on.slack.until(lambda: "Page 3 of 3" in on.slack.show(shown))
    assert names(shown, on) == [one.name for one in some[10:]]
    assert "[Next]" not in on.slack.show(shown)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Previous")
    await on.slack.until(lambda: "Page 2 of 3" in on.slack.show(shown))
    assert len(on.slack.ephemerals(on.acme.ana)) == 1


async def test_a_page_comes_as_another_message_when_slack_no_longer_takes_it_in_place(on: Stage) -> None:
    await people(on, 6)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Page 1 of 2")
    on.slack.fail("response_url", "used_url", status=404)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Next")
    other = await whisper(on, on.acme.ana, "Page 2 of 2")
    assert other is not shown


async def test_a_list_that_is_no_longer_kept_says_to_run_it_again(on: Stage, redis_url: str) -> None:
    await people(on, 6)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Page 1 of 2")
    await forget_lists(redis_url)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Next")
    await hears(on, on.acme.ana, "That list is too old. Run the command again.")


async def forget_lists(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        assert redis.delete(*redis.keys(keys.listing("*").replace("{", "\\{")))


# --- acting from a list ----------------------------------------------------------------------------------------------


async def test_a_conversation_without_a_card_is_taken_and_archived_from_the_list(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await conversation(on, on.acme.omar, "Me too")
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (2)")
    await on.slack.press_ephemeral(on.acme.ana, shown, "Assign to me", row=1)
    await on.slack.until(lambda: "Assigned to Ana" in on.slack.show(shown))
    assert thread(on, on.acme.omar).assignee_id == on.acme.ana_member
    assert thread(on, on.acme.sarah).assignee_id is None
    assert names(shown, on) == ["Sarah Chen", "Omar Khan"]
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await on.slack.until(lambda: "[Reopen]" in on.slack.show(shown))
    assert thread(on, on.acme.sarah).archived
    assert len(calls(on, "PATCH")) == 2
    assert told(on, on.acme.ana) == [told(on, on.acme.ana)[0]]
    assert cards(on) == []


async def test_an_act_in_a_list_draws_the_card_too_and_the_next_message_makes_one_card(on: Stage) -> None:
    card = await card_of(on)
    await conversation(on, on.acme.omar, "No card yet")
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (2)")
    for row in (0, 0):  # the first one's button turns into another
        await on.slack.press_ephemeral(on.acme.ana, shown, "Assign to me", row=row)
        await idle(on)
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    on.inbox.auto_deliver = True
    await on.inbox.customer_writes(thread(on, on.acme.omar).id, "Still there?")
    await on.slack.until(lambda: len(cards(on)) == 2)
    await idle(on)
    assert len(cards(on)) == 2
    assert "Assigned to Ana" in shows(on, cards(on)[1])


async def test_a_conversation_that_was_deleted_leaves_the_list(on: Stage) -> None:
    thread_id = await conversation(on, on.acme.sarah, "Anybody?", 1)
    await conversation(on, on.acme.omar, "Me too")
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (2)")
    await on.inbox.app_deletes(thread_id)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await hears(on, on.acme.ana, "That conversation was deleted in Inbox.")
    await on.slack.until(lambda: names(shown, on) == ["Omar Khan"])


async def test_what_a_colleague_took_meanwhile_is_shown_as_it_is_now(on: Stage) -> None:
    thread_id = await conversation(on, on.acme.sarah, "Anybody?")
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await on.inbox.app_assigns(thread_id, on.acme.ana_member)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Assign to me")
    await hears(on, on.acme.ana, "already assigned to you")
    await on.slack.until(lambda: "Assigned to Ana" in on.slack.show(shown))
    assert calls(on, "PATCH") == []


async def test_inbox_says_no_and_the_list_stays_as_it_is(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?")
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    on.inbox.fail("PATCH *", 503, times=None)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await hears(on, on.acme.ana, "I can't confirm that change")
    assert "[Archive]" in on.slack.show(shown)


# --- the shortcut ----------------------------------------------------------------------------------------------------


async def test_find_in_inbox_looks_up_the_profiles_that_a_message_links_to(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Hi there")
    text = "Do we know <https://x.com/Sarah|x.com/Sarah>, <https://x.com/omar_k/status/1> or <https://x.com/nobody>?"
    said = on.slack.say(on.acme.bo, on.acme.channel, text)
    assert (await on.slack.shortcut(on.acme.ana, said.channel, said.ts, "find_in_inbox")).ok
    shown = await whisper(on, on.acme.ana, "Conversations with sarah, omar_k, nobody (1)")
    assert names(shown, on) == ["Sarah Chen"]
    assert "I can't find nobody in Inbox" in on.slack.show(shown)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Assign to me")
    await on.slack.until(lambda: thread(on).assignee_id == on.acme.ana_member)


@pytest.mark.parametrize("text", ["Just talk", "<https://x.com/i/status/1>", "<https://example.com/sarah>"])
async def test_find_in_inbox_says_when_a_message_links_to_no_profile(on: Stage, text: str) -> None:
    said = on.slack.say(on.acme.bo, on.acme.channel, text)
    await on.slack.shortcut(on.acme.ana, said.channel, said.ts, "find_in_inbox")
    await hears(on, on.acme.ana, "There is no link to an X or LinkedIn profile in that message")


# --- when it goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 503}, "Inbox isn't answering, so I can't list conversations"),
        ({"status": 429, "retry_after": 40}, "Inbox asks us to wait 40 s. Try again then."),
        ({"status": 401}, "Inbox no longer accepts my API token"),
        ({"status": 403}, "Inbox doesn't show me these conversations"),
    ],
)
async def test_a_list_that_inbox_refuses_says_why(on: Stage, fault: dict[str, Any], said: str) -> None:
    on.inbox.fail("GET /*/threads*", times=None, **fault)
    await inbox(on, "mine")
    await hears(on, on.acme.ana, said)


@pytest.mark.parametrize("asked", ["mine", "unassigned", "requests", "find sarah"])
async def test_nobody_else_gets_a_list(on: Stage, asked: str) -> None:
    await conversation(on, on.acme.sarah, "A secret")
    for user, said in (
        (on.acme.kim, "I can't match you"),
        (on.acme.guest, "Only members of"),
        (on.acme.outsider, "Only"),
    ):
        await inbox(on, asked, user)
        await hears(on, user, said)
        assert "Sarah" not in str(told(on, user))


async def test_a_reply_from_a_list_reaches_a_conversation_that_has_no_card(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody there?", assignee_id=on.acme.ana_member)
    await inbox(on, "mine")
    await hears(on, on.acme.ana, "Anybody there?")
    assert cards(on) == []
    await on.slack.press_ephemeral(on.acme.ana, on.slack.ephemerals(on.acme.ana)[-1], "Reply")
    view = await form(on, on.acme.ana, "Your reply")
    assert "Anybody there?" in on.slack.show(view)
    assert (await on.slack.submit(on.acme.ana, view["id"], {"text": "Yes, we are"})).ok
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert [sent.text for sent in on.inbox.sent()] == ["Yes, we are"]
