"""Who hears that somebody waits: each wait is noticed once, as a person and a channel want it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.channels.store import Preferences
from bot.sandbox.stage import Stage
from tests.e2e.steps import form, hears, idle, initial, told


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as connected:
        yield connected


# --- what a person chooses -------------------------------------------------------------------------------------------

MENU = "When somebody begins to wait in a conversation that I have"


def chosen(on: Stage, user: str) -> str:
    """What the menu in Home shows as chosen."""
    home = on.slack.home(user) or {"blocks": []}
    menus = [one["accessory"] for one in home["blocks"] if one.get("text", {}).get("text") == MENU]
    return str(menus[0]["initial_option"]["text"]["text"]) if menus else ""


async def open_home(on: Stage, user: str) -> str:
    await idle(on)
    await on.slack.open_home(user)
    await idle(on)
    return chosen(on, user)


async def test_in_home_one_chooses_a_mention_a_direct_message_or_nothing(on: Stage) -> None:
    assert await open_home(on, on.acme.ana) == "Mention me in the thread"
    for words in ("Send me a direct message", "Don't tell me", "Mention me in the thread"):
        assert (await on.slack.press_home(on.acme.ana, "my_mentions", value=words)).ok
        assert await open_home(on, on.acme.ana) == words
        assert await open_home(on, on.acme.bo) == "Mention me in the thread"
    assert told(on, on.acme.ana) == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("mentions", "I mention you in its thread, once"),
        ("mentions message", "I send you a direct message, once"),
        ("mentions off", "I don't tell you when somebody begins to wait"),
        ("mentions On", "I mention you in its thread, once"),
        ("mentions perhaps", "Use `/inbox mentions on`"),
    ],
)
async def test_the_same_by_a_word(on: Stage, typed: str, answer: str) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text=typed)
    await hears(on, on.acme.bo, answer)


async def test_by_settings_who_is_no_admin_chooses_for_themselves_alone(on: Stage, redis: Redis) -> None:
    for channel in (on.acme.channel, on.slack.dm(on.acme.bo).id):
        for words, how, says in (
            ("Don't tell me", "nothing", "I don't tell you"),
            ("Send me a direct message", "message", "I send you"),
        ):
            await on.slack.command(on.acme.bo, channel, command="/inbox", text="settings")
            view = await form(on, on.acme.bo, MENU)
            assert [one.get("block_id") for one in view["blocks"] if one["type"] == "input"] == ["heard", "hold"]
            assert (await on.slack.submit(on.acme.bo, values={"heard": words})).ok
            await idle(on)
            await hears(on, on.acme.bo, says)
            assert (await Preferences(redis).person(on.acme.bo)).heard == how
    await on.slack.command(on.acme.guest, on.acme.channel, command="/inbox", text="settings")
    await on.slack.until(lambda: "Only members of" in on.slack.show(on.slack.modal(on.acme.guest) or {"blocks": []}))


async def test_an_admin_chooses_for_themselves_in_the_channels_form(on: Stage, redis: Redis) -> None:
    for words, how in (("Don't tell me", "nothing"), ("Mention me in the thread", "mention")):
        await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
        await form(on, on.acme.ana, "Messages show")
        assert (await on.slack.submit(on.acme.ana, values={"heard": words})).ok
        await idle(on)
        assert (await Preferences(redis).person(on.acme.ana)).heard == how
    said = [one for one in told(on, on.acme.ana) if "begins to wait in a conversation that you have" in one]
    assert len(said) == 2
    assert (await Preferences(redis).person(on.acme.bo)).heard == "mention"


# --- what a channel chooses ------------------------------------------------------------------------------------------


async def test_an_admin_chooses_in_the_form_what_the_channel_sees_of_later_messages(on: Stage) -> None:
    for words, said in (
        ("None, they stay in the thread", "shows later messages in the thread alone"),
        ("Every one", "shows every later message in the channel too"),
        ("The first of each wait that nobody has", "shows the first message of each wait in the channel too"),
    ):
        await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
        await form(on, on.acme.ana, "Messages show")
        assert (await on.slack.submit(on.acme.ana, values={"broadcast": words})).ok
        await hears(on, on.acme.ana, said)
        await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
        view = await form(on, on.acme.ana, "Messages show")
        (field,) = [one for one in view["blocks"] if one.get("block_id") == "broadcast"]
        assert field["element"]["initial_option"]["text"]["text"] == words
        await on.slack.close(on.acme.ana)


async def test_the_same_by_a_word_which_changes_nothing_else(on: Stage, redis: Redis) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
    await form(on, on.acme.ana, "Messages show")
    await on.slack.submit(on.acme.ana, values={"privacy": "preview", "digest": "9:00"})
    await hears(on, on.acme.ana, "Digest at 09:00")
    for word, said in (("every", "shows every later message"), ("thread", "in the thread alone"), ("", "thread alone")):
        await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=f"follow-ups {word}")
        await hears(on, on.acme.ana, said)
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="follow-ups sometimes")
    await hears(on, on.acme.ana, "Use `/inbox follow-ups once`")
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
    assert initial(await form(on, on.acme.ana, "Messages show"), "digest") == "09:00"
    kept = await Preferences(redis).channel(on.acme.channel)
    assert (kept.broadcast, kept.privacy) == ("thread", "preview")


async def test_a_channels_choice_is_for_admins(on: Stage, redis: Redis) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text="follow-ups every")
    await hears(on, on.acme.bo, "Only workspace admins")
    assert (await Preferences(redis).channel(on.acme.channel)).broadcast == "once"
