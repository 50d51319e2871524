"""App Home: conversations to work on, settings, whom one acts as, and how it follows what is done in it."""

from __future__ import annotations

from datetime import timedelta

from redis import Redis

from bot.sandbox.inbox.records import utc_now
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import calls, card_of, hears, idle, labels, shows, thread, until, version
from tests.e2e.test_finding import conversation, people


async def opened_home(on: Stage, user: str = "") -> str:
    """What Ana sees when she opens the Home tab."""
    user = user or on.acme.ana
    before = on.slack.home(user)
    on_it = before and before["hash"]
    assert (await on.slack.open_home(user)).ok
    await on.slack.until(lambda: (view := on.slack.home(user)) and view["hash"] != on_it)
    return seen(on, user)


def seen(on: Stage, user: str = "") -> str:
    view = on.slack.home(user or on.acme.ana)
    assert view is not None
    return on.slack.show(view)


def names(home: str, title: str) -> list[str]:
    """The people under a heading, in order."""
    under = home.partition(f"*{title} (")[2]
    found = []
    for line in under.splitlines()[1:]:
        if line.startswith(("*", "─")):
            break
        if " via @" in line:
            found.append(line.split(" ", 1)[1].split(" (")[0])
    return found


async def test_home_lists_mine_and_unassigned_waiting_longest_first(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Newer", 5, assignee_id=on.acme.ana_member)
    await conversation(on, on.acme.omar, "Older", 50, assignee_id=on.acme.ana_member)
    await conversation(on, on.inbox.add_person("new", "New"), "Hello", 9, is_request=True)
    await conversation(on, on.inbox.add_person("old", "Old"), "Anybody?", 90)
    await conversation(on, on.inbox.add_person("theirs", "Bo's own"), "Bo?", assignee_id=on.acme.bo_member)
    home = await opened_home(on)
    assert names(home, "Your open conversations") == ["Omar Khan", "Sarah Chen"]
    assert names(home, "Unassigned") == ["Old", "New"]
    assert "*Your open conversations (2)*" in home
    assert "Waiting since" in home
    assert "[Assign to me]  [Archive]  [⋯ Assign to…" in home


async def test_a_conversation_taken_at_home_moves_to_mine_and_an_archived_one_leaves(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?")
    await opened_home(on)
    on.inbox.calls.clear()
    await on.slack.press_home(on.acme.ana, "Assign to me")
    await on.slack.until(lambda: names(seen(on), "Your open conversations") == ["Sarah Chen"])
    assert names(seen(on), "Unassigned") == []
    assert thread(on).assignee_id == on.acme.ana_member
    await on.slack.press_home(on.acme.ana, "Archive")
    await on.slack.until(lambda: "Your open conversations (0)" in seen(on))
    assert thread(on).archived
    asked = {call.path for call in calls(on, "GET", "/threads")}  # what it is, and before it is put away, what is new
    assert asked == {f"/{version(on)}/threads/{thread(on).id}"}  # the lists are not read again


async def test_what_is_done_at_home_shows_on_the_card(on: Stage) -> None:
    card = await card_of(on)
    await opened_home(on)
    await on.slack.press_home(on.acme.ana, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))


async def test_a_conversation_deleted_meanwhile_leaves_home_and_its_person_is_told(on: Stage) -> None:
    thread_id = await conversation(on, on.acme.sarah, "Anybody?")
    await opened_home(on)
    await on.inbox.app_deletes(thread_id)
    await on.slack.press_home(on.acme.ana, "Archive")
    await on.slack.until(lambda: "Unassigned (0)" in seen(on))
    await hears(on, on.acme.ana, "That conversation was deleted in Inbox.")


async def test_somebody_new_reads_what_to_do_first_and_whom_they_act_as(on: Stage) -> None:
    home = await opened_home(on, on.acme.bo)
    assert "What to do first" in home
    assert "In Inbox you are *Bo* (`bo@acme.example`, user)" in home


async def test_what_to_do_first_is_there_until_somebodys_first_act_and_never_again(on: Stage) -> None:
    card, bo = await card_of(on), on.acme.bo
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)  # which is no act of his
    await idle(on)
    assert "What to do first" in await opened_home(on, bo)
    await on.slack.command(bo, card.channel, "/inbox", "link")
    await hears(on, bo, "now acts as")
    assert "What to do first" in await opened_home(on, bo)
    await on.slack.press(bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Reopen" in labels(card))
    home = await opened_home(on, bo)
    assert "Your open conversations (0)" in home
    assert "What to do first" not in home
    assert "What to do first" in await opened_home(on)  # Ana has done nothing


async def test_who_acted_before_that_was_noted_is_no_beginner(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Reopen" in labels(card))
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.ACTED)
    assert "What to do first" not in await opened_home(on)


async def test_home_has_what_admins_may_do_for_admins_alone(opened: Open, api: str) -> None:
    on = await opened(versions=[api], notify_channel=None)
    for user, shown in ((on.acme.ana, True), (on.acme.bo, False)):
        home = await opened_home(on, user)
        for theirs in ("No channel is set for all cards", "For admins", "/inbox consent", "route add"):
            assert (theirs in home) is shown, theirs
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "route add all")
    await hears(on, on.acme.ana, "Rule 1")
    assert "No channel is set" not in await opened_home(on)


async def test_home_shows_eight_of_each_and_the_command_for_the_rest(on: Stage) -> None:
    some = await people(on, 60)
    home = await opened_home(on)
    assert names(home, "Unassigned") == [one.name for one in some[:8]]
    assert "*Unassigned (50+)*" in home
    assert "The first 8. `/inbox unassigned` lists more." in home


async def test_a_setting_is_kept_and_shown_as_it_was_ticked(on: Stage) -> None:
    box = "Message me when a colleague assigns a conversation to me"
    assert f"(x) {box}" in await opened_home(on)
    assert (await on.slack.press_home(on.acme.ana, "my_choices", value=[])).ok
    await idle(on)
    assert f"( ) {box}" in await opened_home(on)
    assert f"(x) {box}" in await opened_home(on, on.acme.bo)
    assert (await on.slack.press_home(on.acme.ana, "my_choices", value=[box])).ok
    await idle(on)
    assert f"(x) {box}" in await opened_home(on)


async def test_home_without_inbox_says_so_and_keeps_the_rest(on: Stage) -> None:
    await opened_home(on)
    on.inbox.fail("GET /*/threads*", 503, times=None)
    home = await opened_home(on)
    assert "Inbox doesn't show your conversations right now" in home
    assert "Your settings" in home
    assert "/dm @sarah" in home


async def test_a_setting_of_somebody_who_may_not_act_is_not_kept(on: Stage, redis_url: str) -> None:
    await opened_home(on)
    on.slack.users[on.acme.ana].guest = True
    await forget_profiles(redis_url)
    await on.slack.press_home(on.acme.ana, "my_choices", value=[])
    await hears(on, on.acme.ana, "Only members of")
    assert "Only members of" in await opened_home(on)


async def forget_profiles(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.delete(*redis.keys(keys.profile("*").replace("{", "\\{")))


async def test_conversations_that_were_answered_come_last(on: Stage) -> None:
    """A conversation in which the team wrote last comes after all that wait, however old."""
    answered = await conversation(on, on.acme.sarah, "?", 90)
    await on.inbox.teammate_writes(answered, "Answered", at=utc_now() - timedelta(minutes=80))
    await conversation(on, on.acme.omar, "Waiting", 1)
    home = await opened_home(on)
    assert names(home, "Unassigned") == ["Omar Khan", "Sarah Chen"]
    assert "Answered" in home


async def test_admins_see_what_was_set_for_everybody_and_others_do_not(on: Stage) -> None:
    for words in ("route add text:refund", "follow-ups every", "allow <@" + on.acme.guest + ">"):
        await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", words)
    await idle(on)
    assert "Which conversations go where" not in await opened_home(on, on.acme.bo)
    home = await opened_home(on)
    assert "1. text: *refund* → #support" in home
    assert "#support shows: the whole text." in home
    assert "shows every later message in the channel too" in home
    for who in ("Ana", "Bo"):
        assert f"@{who} acts as *{who}*." in home
    assert "Guests who may act*\n@Gus" in home


async def test_what_is_done_while_home_is_read_anew_shows_there(on: Stage) -> None:
    await card_of(on, "Anybody?")
    await on.inbox.app_assigns(thread(on).id, on.acme.ana_member)
    await idle(on)
    assert names(await opened_home(on), "Your open conversations") == ["Sarah Chen"]
    asked = len(on.inbox.calls)
    on.inbox.fail("GET /*/threads", delay=0.01)
    on.inbox.fail("GET /*/threads", delay=0.6)  # the second list is read once the first one was
    await on.slack.open_home(on.acme.ana)
    await on.slack.until(lambda: len([one for one in on.inbox.calls[asked:] if one.path.endswith("/threads")]) == 2)
    await on.slack.press_home(on.acme.ana, "Archive")
    await idle(on)
    assert names(seen(on), "Your open conversations") == []


async def test_what_no_channel_takes_is_archived_from_home_all_the_same(on: Stage, redis_url: str) -> None:
    await card_of(on, "Anybody?")
    await on.inbox.app_assigns(thread(on).id, on.acme.ana_member)
    await idle(on)
    on.slack.fail("chat.postMessage", status=503, times=None)
    await on.inbox.customer_writes(on.acme.sarah, "Hello?")
    with Redis.from_url(redis_url) as redis:
        await until(lambda: redis.hlen(keys.unshown(thread(on).id)))
    await opened_home(on)
    await on.slack.press_home(on.acme.ana, "Archive")
    await on.slack.until(lambda: thread(on).archived)
    on.slack.heal()
