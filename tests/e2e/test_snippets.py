"""Saved replies: kept in a form, found while one types, put behind what is written with their places filled in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from bot.models import Person
from bot.people.known import Known
from bot.queue.job import Asker
from bot.recipient import LINKEDIN, X
from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.snippets.jobs import PutSnippet
from bot.snippets.store import Snippet
from bot.store import keys
from bot.store.connect import connect
from tests.conftest import Open
from tests.e2e.steps import calls, card_of, form, hears, idle, nodes, reply_form, thread, told

Json = dict[str, Any]
NOW = datetime(2026, 11, 26, tzinfo=UTC)


# --- what people do ---------------------------------------------------------------------------------------------------


async def opened_list(on: Stage, user: str) -> Json:
    """The list of saved replies of `user`."""
    assert (await on.slack.command(user, on.acme.channel, "/inbox", "snippets")).ok
    return await showing(on, user, "New saved reply")


async def showing(on: Stage, user: str, words: str) -> Json:
    """The modal of `user`, once it shows `words`; it must be valid."""

    def shown() -> Json | None:
        view = on.slack.modal(user)
        return view if view and words in on.slack.show(view) else None

    view = await on.slack.until(shown) or {}
    parts = ("type", "title", "blocks", "submit", "close")
    assert view_problems({key: view[key] for key in parts if view[key] is not None}) == []
    return view


async def new_form(on: Stage, user: str) -> Json:
    await opened_list(on, user)
    assert (await on.slack.press_modal(user, "New saved reply")).ok
    return await form(on, user, "Text")


async def saved(on: Stage, user: str, name: str, text: str, whose: str | None = None) -> None:
    """`user` saves a reply; `whose` is what an admin chooses."""
    await new_form(on, user)
    chosen = {"whose": whose} if whose else {}
    ack = await on.slack.submit(user, values={"name": name, "snippet_text": text, **chosen})
    assert (ack.ok, ack.trouble) == (True, "")
    await showing(on, user, f"*{name}* is saved")
    await on.slack.close(user)


async def found(on: Stage, user: str, typed: str, menu: str = "snippet") -> list[str]:
    """What the menu offers for what was typed; on a busy machine Redis may be too late for that, once or twice."""
    for _ in range(3):
        ack = await on.slack.suggest(user, menu, typed)
        assert (ack.ok, ack.trouble) == (True, "")
        if offered := [one["text"]["text"] for one in on.slack.suggested(menu)]:
            return offered
    return []


async def choose(on: Stage, user: str, name: str, written: str | None = None, **values: Any) -> str:
    """Choose a saved reply in the form that is open, in which `written` stands; what stands there then."""
    before = text_block(on, user)
    (offer, *_) = await found(on, user, name)
    typed = {} if written is None else {"text": written}
    assert (await on.slack.press_modal(user, "snippet", value=offer, values={**typed, **values})).ok
    await on.slack.until(lambda: text_block(on, user)["block_id"] != before["block_id"])
    return str(text_block(on, user)["element"].get("initial_value", ""))


def text_block(on: Stage, user: str) -> Json:
    """The text field of the form that is open."""
    view = on.slack.modal(user)
    assert view
    (block,) = [one for one in view["blocks"] if (one.get("element") or {}).get("action_id") == "text"]
    return dict(block)


async def replying(on: Stage, user: str) -> Message:
    """The card of Sarah, with the reply form of `user` open."""
    card = await card_of(on)
    await reply_form(on, user, card)
    return card


# --- keeping them -----------------------------------------------------------------------------------------------------


async def test_an_admin_saves_one_for_everybody_and_all_use_it_until_it_is_removed(on: Stage, redis_url: str) -> None:
    view = await new_form(on, on.acme.ana)
    assert [one["text"]["text"] for one in nodes(view) if one.get("value") in ("team", "me")] == [
        "Everybody",
        "Only me",
        "Everybody",
    ]
    await on.slack.close(on.acme.ana)
    await saved(on, on.acme.ana, "Refund", "Your refund is on its way.")
    view = await opened_list(on, on.acme.bo)
    assert "*Refund* · the team's" in on.slack.show(view)
    with Redis.from_url(redis_url) as redis:
        assert redis.ttl(keys.snippets("team")) == -1
    await on.slack.close(on.acme.bo)
    await replying(on, on.acme.bo)
    assert await choose(on, on.acme.bo, "ref") == "Your refund is on its way."
    await on.slack.close(on.acme.bo)
    await opened_list(on, on.acme.ana)
    await on.slack.press_modal(on.acme.ana, "Edit")
    await form(on, on.acme.ana, "Text")
    await on.slack.press_modal(on.acme.ana, "Remove")
    await showing(on, on.acme.ana, "*Refund* is removed.")
    await showing(on, on.acme.ana, "There are no saved replies yet.")
    record = await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    assert record.ok
    assert "snippet removed" in await hears(on, on.acme.ana, "snippet saved")


async def test_who_is_no_admin_has_their_own_and_reads_the_teams(on: Stage) -> None:
    await saved(on, on.acme.ana, "Refund", "Your refund is on its way.", "Everybody")
    view = await new_form(on, on.acme.bo)
    assert "Who may use it" not in on.slack.show(view)
    await on.slack.close(on.acme.bo)
    await saved(on, on.acme.bo, "Mine", "I'll look into it.")
    view = await opened_list(on, on.acme.bo)
    buttons = [one["text"]["text"] for one in nodes(view) if one.get("action_id") == "snippet_edit"]
    assert buttons == ["New saved reply", "Edit", "Read"]
    await on.slack.press_modal(on.acme.bo, "Read")
    await showing(on, on.acme.bo, "It is the team's: an admin can change it.")
    await on.slack.press_modal(on.acme.bo, "All saved replies")
    await showing(on, on.acme.bo, "*Mine* · yours")
    assert "Mine" not in on.slack.show(await opened_list(on, on.acme.ana))


async def test_what_was_an_admin_when_the_form_opened_may_be_none_when_it_is_sent(on: Stage) -> None:
    await saved(on, on.acme.ana, "Refund", "Your refund is on its way.")
    await opened_list(on, on.acme.ana)
    await on.slack.press_modal(on.acme.ana, "Edit")
    await form(on, on.acme.ana, "Text")
    on.slack.users[on.acme.ana].admin = False
    await forget_profiles(on)
    await on.slack.submit(on.acme.ana, values={"snippet_text": "Not any more"})
    view = await showing(on, on.acme.ana, "Only workspace admins")
    assert "Not any more" in on.slack.show(view)
    await replying(on, on.acme.bo)
    assert await choose(on, on.acme.bo, "ref") == "Your refund is on its way."


async def forget_profiles(on: Stage) -> None:
    """What Slack said of people is five minutes old."""
    assert on.settings.redis_url
    with Redis.from_url(on.settings.redis_url.get_secret_value()) as redis:
        for one in redis.scan_iter(match=keys.profile("*")):
            redis.delete(one)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"name": " ", "snippet_text": "x"}, "name", "Give it a name"),
        ({"name": "x", "snippet_text": "\n "}, "text", "Write the text."),
        ({"name": "x", "snippet_text": "Hi {frist_name}"}, "text", "I don't know {frist_name}. There are {first_name}"),
        ({"name": "x", "snippet_text": "Hi {first-name}"}, "text", "I don't know {first-name}. There are {first_name}"),
    ],
)
async def test_what_is_wrong_with_one_is_said_beside_the_field(on: Stage, values: Json, field: str, said: str) -> None:
    await new_form(on, on.acme.ana)
    ack = await on.slack.submit(on.acme.ana, values=values)
    assert (ack.trouble, isinstance(ack.body, dict)) == ("", True)
    assert isinstance(ack.body, dict)
    (block, words), *more = ack.body["errors"].items()
    assert (block.startswith(field), said in words, more) == (True, True, [])


async def test_a_name_is_taken_once_and_what_was_written_stays(on: Stage) -> None:
    await saved(on, on.acme.ana, "Refund", "One")
    await new_form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, values={"name": "refund", "snippet_text": "Two"})
    view = await showing(on, on.acme.ana, "there is a saved reply of that name already")
    assert "Two" in [one.get("initial_value") for one in nodes(view["blocks"])]
    await on.slack.submit(on.acme.ana, values={"name": "Refund 2"})
    view = await showing(on, on.acme.ana, "*Refund 2* is saved")
    assert "*Refund* · the team's" in on.slack.show(view)


async def both_edit(on: Stage) -> None:
    """Ana and Bo, who are admins, have the form of the same saved reply open."""
    on.slack.users[on.acme.bo].admin = True
    await saved(on, on.acme.ana, "Refund", "Old")
    for user in (on.acme.ana, on.acme.bo):
        await opened_list(on, user)
        await on.slack.press_modal(user, "Edit")
        await form(on, user, "Text")


async def test_two_who_edit_one_at_once_are_both_shown_and_lose_nothing(on: Stage) -> None:
    await both_edit(on)
    await on.slack.submit(on.acme.bo, values={"snippet_text": "What Bo wants"})
    await showing(on, on.acme.bo, "*Refund* is saved")
    await on.slack.submit(on.acme.ana, values={"snippet_text": "What Ana wants"})
    view = await showing(on, on.acme.ana, "@Bo changed it while you had it open")
    assert "What Bo wants" in on.slack.show(view)
    assert "What Ana wants" in on.slack.show(view)
    await on.slack.submit(on.acme.ana)
    await showing(on, on.acme.ana, "*Refund* is saved")
    assert "What Ana wants" in on.slack.show(await opened_list(on, on.acme.bo))


async def test_what_clashes_after_the_form_was_closed_is_handed_back(on: Stage) -> None:
    await both_edit(on)
    await on.slack.submit(on.acme.bo, values={"snippet_text": "What Bo wants"})
    await showing(on, on.acme.bo, "*Refund* is saved")
    on.slack.fail("views.update", delay=0.5)
    await on.slack.submit(on.acme.ana, values={"snippet_text": "What Ana wants"})
    await on.slack.close(on.acme.ana)
    assert "What Ana wants" in await hears(on, on.acme.ana, "*Refund* is not saved")


async def test_one_that_was_removed_while_it_was_edited_is_saved_anew(on: Stage) -> None:
    await both_edit(on)
    await on.slack.press_modal(on.acme.bo, "Remove")
    await showing(on, on.acme.bo, "*Refund* is removed.")
    await on.slack.submit(on.acme.ana, values={"snippet_text": "What Ana wants"})
    view = await showing(on, on.acme.ana, "Somebody removed that saved reply meanwhile. *Save* creates it again.")
    assert "What Ana wants" in on.slack.show(view)
    await on.slack.submit(on.acme.ana)
    await showing(on, on.acme.ana, "*Refund* is saved")


async def test_one_that_was_changed_meanwhile_is_not_removed(on: Stage) -> None:
    await both_edit(on)
    await on.slack.submit(on.acme.bo, values={"snippet_text": "What Bo wants"})
    await showing(on, on.acme.bo, "*Refund* is saved")
    await on.slack.press_modal(on.acme.ana, "Remove")
    view = await showing(on, on.acme.ana, "so it is not removed. This is how it is now.")
    assert "What Bo wants" in on.slack.show(view)


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_nobody_without_the_right_sees_or_is_offered_any(on: Stage, who: str) -> None:
    await saved(on, on.acme.ana, "Refund", "A secret")
    user = getattr(on.acme, who)
    await on.slack.command(user, on.acme.channel, "/inbox", "snippets")
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    await showing(on, user, why)
    asked = {"type": "block_suggestion", "action_id": "snippet", "block_id": "snippet:0", "value": "ref"}
    ack = await on.slack.interaction(user, asked)
    assert (ack.status, ack.body) == (200, {"options": []})


async def test_many_are_listed_in_pages_and_looked_for(on: Stage, redis_url: str) -> None:
    keep(redis_url, *((f"Reply {number:02}", "Text") for number in range(21)))
    view = await opened_list(on, on.acme.ana)
    assert "Page 1 of 2" in on.slack.show(view)
    assert "Reply 20" not in on.slack.show(view)
    await on.slack.press_modal(on.acme.ana, "Next")
    assert "Reply 19" not in on.slack.show(await showing(on, on.acme.ana, "Reply 20"))
    await on.slack.press_modal(on.acme.ana, "Previous")
    await showing(on, on.acme.ana, "Reply 19")
    (offer,) = await found(on, on.acme.ana, "07", "snippet_find")
    await on.slack.press_modal(on.acme.ana, "snippet_find", value=offer)
    assert "Reply 07" in on.slack.show(await form(on, on.acme.ana, "Text"))


def keep(redis_url: str, *some: tuple[str, str], owner: str = "team") -> None:
    """Saved replies that there are already, by name and text."""
    made = [
        Snippet(id=f"s{n}", owner=owner, name=one, text=said, rev="r", at=NOW) for n, (one, said) in enumerate(some)
    ]
    with Redis.from_url(redis_url) as redis:
        redis.hset(keys.snippets(owner), mapping={one.id: one.json() for one in made})


# --- choosing one -----------------------------------------------------------------------------------------------------


async def test_a_reply_is_written_with_several_saved_ones_and_goes_out_as_it_was_read(
    on: Stage, redis_url: str
) -> None:
    keep(redis_url, ("Greeting", "Hi {first_name|there},"), ("Bye", "Best, {me} from {account}"))
    await replying(on, on.acme.ana)
    on.inbox.calls.clear()
    assert await choose(on, on.acme.ana, "gre", "") == "Hi Sarah,"
    on.inbox.calls.clear()
    written = "Hi Sarah, all is well.\n"
    assert await choose(on, on.acme.ana, "bye", written) == f"{written}Best, Ana from @acme"
    assert calls(on, "GET") == []
    await on.slack.submit(on.acme.ana)
    (sent,) = await on.slack.until(lambda: on.inbox.sent())
    assert sent.text == f"{written}Best, Ana from @acme"


async def test_the_menu_is_empty_again_and_the_conversation_still_stands_there(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi"))
    await replying(on, on.acme.ana)
    assert await choose(on, on.acme.ana, "gre", "Well,") == "Well, Hi"
    assert await choose(on, on.acme.ana, "gre") == "Well, Hi Hi"
    view = await showing(on, on.acme.ana, "Hi there")
    assert "To *Sarah Chen*" in on.slack.show(view)


async def test_the_menu_finds_by_name_first_then_by_text_ones_own_before_the_teams(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Refund", "Money"), ("Größe", "About refunds"), ("Other", "None"))
    keep(redis_url, ("My refund", "Mine"), owner=on.acme.ana)
    keep(redis_url, ("Bo's refund", "His"), owner=on.acme.bo)
    await replying(on, on.acme.ana)
    on.inbox.calls.clear()
    assert await found(on, on.acme.ana, "refund") == ["My refund: Mine", "Refund: Money", "Größe: About refunds"]
    assert await found(on, on.acme.ana, "grosse") == ["Größe: About refunds"]
    assert await found(on, on.acme.ana, "zz") == []
    assert len(await found(on, on.acme.ana, "")) == 4
    assert on.inbox.calls == []


async def test_three_hundred_are_offered_a_hundred_at_a_time(on: Stage, redis_url: str) -> None:
    keep(redis_url, *((f"Reply {number}", "Text " * 100) for number in range(300)))
    await replying(on, on.acme.ana)
    assert len(await found(on, on.acme.ana, "")) == 100
    assert len(await found(on, on.acme.ana, "rep 29")) == 11
    assert len(await found(on, on.acme.ana, "text")) == 100


async def test_without_saved_replies_there_is_no_menu(on: Stage) -> None:
    await replying(on, on.acme.ana)
    with pytest.raises(LookupError):
        await on.slack.suggest(on.acme.ana, "snippet", "x")


async def test_a_place_without_a_value_stops_the_message_until_it_is_filled(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi {first_name}, you are {handle}."))
    nameless = on.inbox.add_person("nameless", "Nameless", "1876543210987654777")
    nameless.name = ""
    card = await card_of(on, "Hello", nameless)
    await reply_form(on, on.acme.ana, card)
    assert await choose(on, on.acme.ana, "gre") == "Hi {first_name}, you are @nameless."
    ack = await on.slack.submit(on.acme.ana)
    assert isinstance(ack.body, dict)
    assert ack.trouble == ""
    (said,) = ack.body["errors"].values()
    assert "“Hi {first_name}, you are @nameless.”" in said
    assert on.inbox.sent() == []
    await on.slack.submit(on.acme.ana, values={"text": "Hi friend, you are @nameless."})
    await on.slack.until(lambda: on.inbox.sent())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Your code: `SAVE-{first_name|you}-{name}`", "“…r code: `SAVE-you-{name}`”"),
        ("```\nDear {name},\n```", "“``` Dear {name}, ```”"),
        ("Hi {name, there}!", "“Hi {name, there}!”"),
    ],
)
async def test_a_place_without_a_value_stops_the_message_wherever_it_stands(
    on: Stage, redis_url: str, text: str, named: str
) -> None:
    """Also behind another saved reply. What somebody wrote themselves may have the same in code."""
    keep(redis_url, ("Code", text), ("Bye", "Bye"))
    nameless = on.inbox.add_person("nameless", "", "1876543210987654777")
    nameless.name = ""
    card = await card_of(on, "Hello", nameless)
    await reply_form(on, on.acme.ana, card)
    left = text.replace("{first_name|you}", "you")
    assert await choose(on, on.acme.ana, "code") == left
    assert await choose(on, on.acme.ana, "bye") == f"{left} Bye"
    ack = await on.slack.submit(on.acme.ana)
    assert isinstance(ack.body, dict)
    assert ack.trouble == ""
    assert named.strip("“”…") in ack.body["errors"][text_block(on, on.acme.ana)["block_id"]]
    assert on.inbox.sent() == []
    await on.slack.submit(on.acme.ana, values={"text": left.replace("{name", "{title")})
    await on.slack.until(lambda: on.inbox.sent())
    await reply_form(on, on.acme.ana, card)
    await on.slack.submit(on.acme.ana, values={"text": left})
    await on.slack.until(lambda: len(on.inbox.sent()) == 2)


async def test_a_place_without_a_value_stops_a_reply_in_triage_also_where_the_text_is_shown_anew(
    on: Stage, redis_url: str
) -> None:
    keep(redis_url, ("Code", "Your code: `SAVE-{name}`"))
    nameless = on.inbox.add_person("nameless", "", "1876543210987654777")
    nameless.name = ""
    await card_of(on, "Hello", nameless)
    assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "triage")).ok
    await showing(on, on.acme.ana, " via @acme on X")
    left = await choose(on, on.acme.ana, "code")
    on.inbox.fail(f"GET /*/threads/{thread(on, nameless).id}", 503, times=2)
    assert (await on.slack.press_modal(on.acme.ana, "Archive", values={"text": left})).ok
    await showing(on, on.acme.ana, "Inbox isn't answering, so nothing was done.")
    assert text_block(on, on.acme.ana)["element"]["initial_value"] == left
    ack = await on.slack.submit(on.acme.ana)
    assert isinstance(ack.body, dict)
    assert (list(ack.body["errors"]), ack.trouble) == ([text_block(on, on.acme.ana)["block_id"]], "")
    assert on.inbox.sent() == []


@pytest.mark.parametrize("place", ["{first-name}", "{first_name:there}", "{{first_name}}"])
async def test_what_an_older_saved_reply_has_for_a_place_stops_the_message_too(
    on: Stage, redis_url: str, place: str
) -> None:
    keep(redis_url, ("Greeting", f"Hi {place}, welcome to {{ account | us }}"))
    await replying(on, on.acme.ana)
    assert await choose(on, on.acme.ana, "gre") == f"Hi {place}, welcome to @acme"
    ack = await on.slack.submit(on.acme.ana)
    assert isinstance(ack.body, dict)
    (said,) = ack.body["errors"].values()
    assert f"“Hi {place}, welcome to @acme”" in said
    assert on.inbox.sent() == []
    await on.slack.submit(on.acme.ana, values={"text": f"Write `{place}` for the name"})
    await on.slack.until(lambda: on.inbox.sent())


async def test_what_is_no_name_is_no_value(on: Stage, redis_url: str) -> None:
    """The id of somebody whose handle nobody knows, and "your account" where Inbox does not say whose."""
    keep(redis_url, ("Greeting", "Hi {handle|there}, {handle}: {account|Acme}"))
    bare = on.inbox.add_person("bare", "", "1876543210987654777")
    bare.username = bare.name = ""
    card = await card_of(on, "Hello", bare)
    await dm_form(on, on.acme.ana)
    chosen = await choose(on, on.acme.ana, "gre", recipient="1876543210987654777")
    assert chosen == "Hi there, {handle}: @acme"
    await on.slack.close(on.acme.ana)
    await reply_form(on, on.acme.ana, card)
    on.inbox.fail("GET *account-links", 500, times=None)
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.ACCOUNT_LINKS)
    assert await choose(on, on.acme.ana, "gre") == "Hi there, {handle}: Acme"


async def test_an_empty_message_is_refused_beside_the_field_in_which_it_is_to_stand(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi"))
    await replying(on, on.acme.ana)
    await choose(on, on.acme.ana, "gre")
    ack = await on.slack.submit(on.acme.ana, values={"text": " "})
    assert (ack.body, ack.trouble) == ({"response_action": "errors", "errors": {"text:1": "Write a message."}}, "")


async def test_a_name_with_braces_is_no_place(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi {name}"))
    odd = on.inbox.add_person("odd", "{me|x}", "1876543210987654778")
    card = await card_of(on, "Hello", odd)
    await reply_form(on, on.acme.ana, card)
    assert await choose(on, on.acme.ana, "gre") == "Hi {me|x}"


async def test_what_is_too_long_is_not_put_there_and_by_how_much_is_said(opened: Open, redis_url: str) -> None:
    on = await opened(versions=["v2"])
    on.inbox.world.characters = 20
    keep(redis_url, ("Long", "Twenty-one characters"))
    await replying(on, on.acme.ana)
    (offer,) = await found(on, on.acme.ana, "long")
    await on.slack.press_modal(on.acme.ana, "snippet", value=offer, values={"text": "Mine"})
    view = await showing(on, on.acme.ana, "*Long* is 6 characters too long here, where 20 fit.")
    assert text_block(on, on.acme.ana)["block_id"] == "text"  # so Slack keeps what was typed
    assert "Long" not in [one.get("initial_option") for one in nodes(view)]


async def test_one_that_was_removed_meanwhile_leaves_the_text_as_it_is(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Refund", "Text"))
    await replying(on, on.acme.ana)
    (offer,) = await found(on, on.acme.ana, "ref")
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.snippets("team"))
    await on.slack.press_modal(on.acme.ana, "snippet", value=offer, values={"text": "Mine"})
    await showing(on, on.acme.ana, "Somebody removed that saved reply meanwhile. Your text is as it was.")
    assert text_block(on, on.acme.ana)["block_id"] == "text"


async def test_two_chosen_at_once_both_stand_there(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi"), ("Bye", "Bye"))
    await replying(on, on.acme.ana)
    (one,), (other,) = await found(on, on.acme.ana, "gre"), await found(on, on.acme.ana, "bye")
    greeting, bye = (option(on, "team:s0"), option(on, "team:s1"))
    assert (one, other) == ("Greeting: Hi", "Bye: Bye")
    for chosen in (greeting, bye):
        assert (await on.slack.interaction(on.acme.ana, pressed(on, on.acme.ana, chosen, "So,"))).ok
    await worked(on)
    assert text_block(on, on.acme.ana)["element"]["initial_value"] == "So, Hi Bye"


async def worked(on: Stage) -> None:
    """Until no job waits but the one that believes in the open form."""
    waiting = None
    while waiting != {"people": 0, "background": 0}:
        await asyncio.sleep(0.02)
        depth = await on.bridge.lanes.depth()
        waiting = {name: depth[name] for name in ("people", "background")}


def option(on: Stage, value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value}, "value": value}


def pressed(on: Stage, user: str, chosen: Json, written: str, view: Json | None = None) -> Json:
    """That `chosen` was picked in the form as it was when it opened, with `written` in its field."""
    first = dict(view or on.slack.modal(user) or {})
    values = {"text": {"text": {"type": "plain_text_input", "value": written}}}
    blocks = [{**one, "block_id": "text"} if one["block_id"].startswith("text") else one for one in first["blocks"]]
    action = {"type": "external_select", "action_id": "snippet", "block_id": "snippet:0", "selected_option": chosen}
    container = {"type": "view", "view_id": first["id"]}
    shown = {**first, "blocks": blocks, "state": {"values": values}}
    return {"type": "block_actions", "actions": [action], "view": shown, "container": container}


async def test_the_same_choice_worked_twice_is_there_once(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi"))
    await replying(on, on.acme.ana)
    view = on.slack.modal(on.acme.ana)
    assert view
    asker = Asker(user=on.acme.ana, team=on.slack.team_id)
    thread_id = view["private_metadata"].partition("|")[0]
    job = PutSnippet(view_id=view["id"], snippet="team:s0", typed="So,", field="text", thread_id=thread_id, asker=asker)
    for _ in range(2):
        await on.bridge.lanes.accept(job)
    await worked(on)
    assert text_block(on, on.acme.ana)["element"]["initial_value"] == "So, Hi"
    assert text_block(on, on.acme.ana)["block_id"] == "text:1"


async def test_a_form_that_was_open_for_too_long_leaves_the_text_to_copy(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi {first_name}"))
    await replying(on, on.acme.ana)
    (offer,) = await found(on, on.acme.ana, "gre")
    with Redis.from_url(redis_url) as redis:
        for one in redis.scan_iter(match=keys.snippet_form("*")):
            assert 0 < redis.ttl(one) <= 8 * 3600
            redis.delete(one)
    await on.slack.press_modal(on.acme.ana, "snippet", value=offer)
    assert "Hi Sarah" in await hears(on, on.acme.ana, "I couldn't write into it")


async def test_a_form_that_was_open_for_too_long_says_what_to_fill_in_before_it_is_copied(
    on: Stage, redis_url: str
) -> None:
    keep(redis_url, ("Code", "`SAVE-{name}`"))
    await dm_form(on, on.acme.ana)
    (offer,) = await found(on, on.acme.ana, "code")
    with Redis.from_url(redis_url) as redis:
        redis.delete(*redis.scan_iter(match=keys.snippet_form("*")))
    await on.slack.press_modal(on.acme.ana, "snippet", value=offer)
    assert "SAVE-{name}" in await hears(on, on.acme.ana, "fill in `{name}` and copy it:")


async def test_who_closes_the_form_hears_nothing(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi"))
    await replying(on, on.acme.ana)
    view = on.slack.modal(on.acme.ana)
    late = pressed(on, on.acme.ana, option(on, "team:s0"), "", view)
    await on.slack.close(on.acme.ana)
    assert (await on.slack.interaction(on.acme.ana, late)).ok
    await idle(on)
    assert told(on, on.acme.ana) == []


async def test_nobody_puts_another_persons_own_into_a_form(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Mine", "Private"), owner=on.acme.ana)
    keep(redis_url, ("Greeting", "Hi"))
    await replying(on, on.acme.bo)
    stolen = pressed(on, on.acme.bo, option(on, f"{on.acme.ana}:s0"), "")
    assert (await on.slack.interaction(on.acme.bo, stolen)).ok
    await showing(on, on.acme.bo, "Somebody removed that saved reply meanwhile.")
    assert "Private" not in on.slack.show(on.slack.modal(on.acme.bo) or {})


# --- in the form behind /dm -------------------------------------------------------------------------------------------


async def dm_form(on: Stage, user: str, text: str = "") -> None:
    assert (await on.slack.command(user, on.acme.channel, text=text)).ok
    await form(on, user)


async def test_a_direct_message_is_written_with_one_for_whoever_was_chosen(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi {first_name|there}, {me} from {account}"))
    await card_of(on)
    await dm_form(on, on.acme.ana)
    await on.slack.suggest(on.acme.ana, "known", "sarah")
    chosen = await choose(on, on.acme.ana, "gre", "", known="Sarah Chen (@sarah) on X")
    assert chosen == "Hi Sarah, Ana from @acme"
    await on.slack.submit(on.acme.ana, values={"known": "Sarah Chen (@sarah) on X"})
    (sent,) = await on.slack.until(lambda: on.inbox.sent())
    assert sent.text == "Hi Sarah, Ana from @acme"


@pytest.mark.parametrize(
    ("typed", "greeting"),
    [
        ("@sarah", "Hi Sarah, @sarah"),
        ("https://x.com/sarah", "Hi Sarah, @sarah"),
        ("@nobody_yet", "Hi there, @nobody_yet"),
        ("", "Hi there, {handle}"),
    ],
)
async def test_who_is_typed_is_known_by_what_the_bot_has_seen(
    on: Stage, redis_url: str, typed: str, greeting: str
) -> None:
    keep(redis_url, ("Greeting", "Hi {first_name|there}, {handle}"))
    await card_of(on)
    await dm_form(on, on.acme.ana)
    on.inbox.calls.clear()
    assert await choose(on, on.acme.ana, "gre", "", recipient=typed or None) == greeting
    assert calls(on, "GET", "contacts") == calls(on, "GET", "prospects") == []


async def test_who_has_a_namesake_seen_long_ago_is_not_taken_for_the_only_one(on: Stage, redis_url: str) -> None:
    keep(redis_url, ("Greeting", "Hi {first_name|there}, {handle}"))
    redis: Any = connect(redis_url)
    others = [Person(platform=X, platform_id=f"{n}", username=f"sarah_{n}", name="Sarah") for n in range(100, 130)]
    both = [Person(platform=one, platform_id="999", username="sarah", name="Sarah") for one in (LINKEDIN, X)]
    await Known(redis).met(*others, *both)
    await redis.aclose()
    await dm_form(on, on.acme.ana)
    assert await choose(on, on.acme.ana, "gre", "", recipient="@sarah") == "Hi there, @sarah"


async def test_one_that_is_too_long_for_a_direct_message_is_not_put_there_and_by_how_much_is_said(
    opened: Open, redis_url: str
) -> None:
    on = await opened(versions=["v2"])
    on.inbox.world.characters = 20
    keep(redis_url, ("Long", "Twenty-one characters"))
    await dm_form(on, on.acme.ana)
    (offer,) = await found(on, on.acme.ana, "long")
    await on.slack.press_modal(on.acme.ana, "snippet", value=offer, values={"text": "Mine"})
    await showing(on, on.acme.ana, "*Long* is 6 characters too long here, where 20 fit.")


@pytest.mark.parametrize("text", ["Hi {name}", "`/start {name}`"])
async def test_a_place_that_is_left_stops_a_direct_message_too(on: Stage, redis_url: str, text: str) -> None:
    keep(redis_url, ("Greeting", text))
    await dm_form(on, on.acme.ana)
    await choose(on, on.acme.ana, "gre")
    ack = await on.slack.submit(on.acme.ana, values={"recipient": "@sarah"})
    assert isinstance(ack.body, dict)
    assert (list(ack.body["errors"]), ack.trouble) == ([text_block(on, on.acme.ana)["block_id"]], "")
    assert on.inbox.sent() == []
