"""Socket Mode: the same bot over WebSockets, and connections that are renewed, break, or fall silent.

`BRIDGE_TRANSPORT=socket python -m pytest tests/e2e` plays every other end-to-end test this way too.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.sandbox.slack.records import PATIENCE
from bot.sandbox.stage import Stage
from bot.slack.socket_mode import CONNECTIONS
from tests.clients import plain_http
from tests.conftest import Open
from tests.e2e.steps import AT_ONCE, calls, card_of, form, hears, idle, labels, press_when_shown, recorder, shows, until

MEANT = 2.0  # seconds without a way to the bot, at most
GAP = float(os.environ.get("SOCKET_GAP", "20"))  # what is let pass: `MEANT` where nothing else runs


@pytest.fixture
async def on(opened: Open, api: str) -> AsyncIterator[Stage]:
    """Over WebSockets alone: no signing secret, and a request URL that nobody answers."""
    running = await opened(versions=[api], socket_mode=True, slack_signing_secret=None)
    running.slack.events_url = "http://127.0.0.1:9/nobody"
    yield running
    assert running.inbox.violations == []


@pytest.fixture
async def one(opened: Open) -> Stage:
    """The same, on one API version: what happens to connections has nothing to do with Inbox. Slack waits 3 s."""
    stage = await opened(versions=["v2"], socket_mode=True, slack_signing_secret=None)
    stage.slack.patience = PATIENCE
    return stage


# --- everything works -------------------------------------------------------------------------------------------------


async def test_a_conversation_from_card_to_reply_to_archive(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    assert (await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Tom & Jerry <3 :tada:")).ok
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert [message.text for message in on.inbox.sent()] == ["Tom & Jerry <3 🎉"]
    await on.slack.shortcut(on.acme.bo, card.channel, card.ts, "archive_thread")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    await press_when_shown(on, on.acme.bo, card, "Reopen")
    await on.slack.until(lambda: "Archive" in labels(card))


async def test_the_figures_say_that_sockets_are_used_before_anything_comes_by_one(one: Stage) -> None:
    async with plain_http() as http:
        text = (await http.get(f"{one.url}/metrics")).text
    assert 'bot_requests_total{route="socket",status="503"}' in text
    assert 'bot_ack_seconds_count{route="socket"}' in text


async def test_a_command_is_answered_in_its_ack(on: Stage) -> None:
    ack = await on.slack.command(on.acme.ana, on.acme.channel, text="help")
    assert isinstance(ack.body, dict)
    assert [words.via for words in on.slack.ephemerals(on.acme.ana)] == ["ack"]


async def test_errors_of_a_form_come_in_its_ack(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await on.slack.command(on.acme.ana, on.acme.channel)
    await form(on, on.acme.ana)
    ack = await on.slack.submit(on.acme.ana, values={"recipient": "no body", "text": "Hello"})
    assert isinstance(ack.body, dict)
    assert ack.body["response_action"] == "errors"
    assert (await on.slack.submit(on.acme.ana, values={"recipient": "@sarah", "text": "Hello"})).ok
    await hears(on, on.acme.ana, "Sent to Sarah Chen")


async def test_home_opens(on: Stage) -> None:
    assert (await on.slack.open_home(on.acme.ana)).ok
    assert await on.slack.until(lambda: on.slack.home(on.acme.ana))


async def test_a_double_click_acts_once(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive", double=True)
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    assert len(calls(on, "PATCH")) == 1


async def test_an_ack_does_not_wait_for_an_inbox_that_takes_ten_seconds(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("*", delay=10.0)
    acks = [
        await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive"),
        await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Hello"),
    ]
    on.inbox.heal()
    assert all(ack.ok and ack.seconds < AT_ONCE for ack in acks), acks


async def test_without_a_signing_secret_nobody_gets_in_over_http(one: Stage) -> None:
    kept = recorder(one)
    assert (await one.slack.command(one.acme.ana, one.acme.channel, text="@sarah Hello")).status == 401
    assert len(kept.requests) == 1
    assert calls(one, "POST") == []


async def test_frames_that_slack_does_not_send_break_nothing(one: Stage) -> None:
    for connection in one.slack.sockets.connections:
        for text in (
            "",
            "{",
            "[]",
            "null",
            '{"type": 1}',
            '{"envelope_id": "x"}',
            '{"type": "slack_commands", "envelope_id": "x"}',
        ):
            await connection.ws.send_text(text)
        await connection.send({"type": "interactive", "envelope_id": "y", "payload": [1]})
        await connection.send({"type": "interactive", "envelope_id": "z", "payload": {"type": "block_actions"}})
    assert (await one.slack.command(one.acme.ana, one.acme.channel, text="help")).ok
    assert one.slack.sockets.opened == CONNECTIONS


# --- renewed, broken, silent ------------------------------------------------------------------------------------------


async def gap(on: Stage, trouble: Callable[[], Awaitable[None]]) -> float:
    """The longest time, in seconds, without an answer to somebody who asks 50 times a second during `trouble`."""
    answered, stopped = [time.monotonic()], asyncio.Event()
    asking: set[asyncio.Task[None]] = set()

    async def ask() -> None:
        ack = await on.slack.command(on.acme.ana, on.acme.channel, text="help")
        if ack.ok:
            answered.append(time.monotonic())

    async def keep_asking() -> None:
        while not stopped.is_set():
            asking.add(asyncio.create_task(ask()))
            await asyncio.sleep(0.02)

    people = asyncio.create_task(keep_asking())
    await asyncio.sleep(0.2)
    await trouble()
    await asyncio.sleep(MEANT + 0.5)
    stopped.set()
    await people
    await asyncio.gather(*asking)
    longest = max(later - earlier for earlier, later in itertools.pairwise(answered))
    assert answered[-1] - answered[0] > MEANT
    print(f"gap {longest:.2f} s")  # noqa: T201  # shown by pytest -s
    return longest


def connected(on: Stage) -> bool:
    """Whether both connections stand, for Slack and for the bot: it may give up one to which Slack said hello late."""
    assert on.bridge.socket_mode is not None
    taking, own = on.slack.sockets.taking, [one for one in on.bridge.socket_mode._open if one.usable]
    return len(taking) == len(own) == CONNECTIONS


async def full_again(on: Stage) -> None:
    """Until the bot has both connections, and uses them."""
    await until(lambda: connected(on))
    for _ in range(CONNECTIONS):
        assert (await on.slack.command(on.acme.ana, on.acme.channel, text="help")).ok


async def test_a_refresh_of_all_connections_leaves_no_gap(one: Stage) -> None:
    assert await gap(one, lambda: one.slack.sockets.refresh(grace=0.3)) < GAP
    await full_again(one)


async def test_an_announced_refresh_leaves_no_gap_at_all(one: Stage) -> None:
    before = one.slack.sockets.opened
    assert await gap(one, lambda: one.slack.sockets.refresh(warn=1.0)) < GAP
    assert one.slack.sockets.opened > before
    await full_again(one)


async def test_a_refresh_without_any_grace_leaves_a_short_gap(one: Stage) -> None:
    assert await gap(one, one.slack.sockets.refresh) < GAP
    await full_again(one)


async def test_a_reset_of_all_connections_leaves_a_gap_below_two_seconds(one: Stage) -> None:
    async def reset() -> None:
        one.slack.sockets.reset()

    assert await gap(one, reset) < GAP
    await full_again(one)


async def test_resets_in_a_row_do_not_add_up_to_a_longer_gap(one: Stage) -> None:
    async def resets() -> None:
        for _ in range(4):
            await until(lambda: len(one.slack.sockets.taking) == CONNECTIONS)
            one.slack.sockets.reset()

    assert await gap(one, resets) < GAP
    await full_again(one)


async def test_silence_on_all_connections_leaves_a_gap_below_two_seconds(one: Stage) -> None:
    async def silence() -> None:
        one.slack.sockets.silence()

    assert await gap(one, silence) < GAP
    await full_again(one)


async def test_a_connection_on_which_nothing_comes_is_renewed_in_case_slack_forgot_it(
    one: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = list(one.slack.sockets.connections)
    monkeypatch.setattr("bot.slack.socket_mode.QUIET", 0.3)
    await until(lambda: one.slack.sockets.opened >= 2 * CONNECTIONS)
    monkeypatch.setattr("bot.slack.socket_mode.QUIET", 600.0)
    assert set(first) <= set(one.slack.sockets.connections)  # the old ones are listened to for a while
    assert (await one.slack.command(one.acme.ana, one.acme.channel, text="help")).ok


async def test_connections_that_break_again_and_again_are_not_opened_in_a_rush(one: Stage) -> None:
    before, end = one.slack.sockets.opened, time.monotonic() + 2.0
    while time.monotonic() < end:
        one.slack.sockets.reset()
        await asyncio.sleep(0.01)
    assert one.slack.sockets.opened - before < CONNECTIONS * 6
    await until(lambda: connected(one))


async def test_slack_that_refuses_connections_for_a_while_gets_them_when_it_is_back(one: Stage) -> None:
    one.slack.fail("apps.connections.open", status=503, times=None)
    one.slack.sockets.reset()
    await asyncio.sleep(0.7)
    assert one.slack.sockets.connections == []
    one.slack.heal()
    await until(lambda: connected(one))
    assert (await one.slack.command(one.acme.ana, one.acme.channel, text="help")).ok


async def test_a_connection_to_which_slack_never_says_hello_is_given_up(
    one: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.socket_mode.HELLO_WITHIN", 0.3)
    hello = one.slack.sockets.hello
    one.slack.sockets.hello = lambda: {"type": "mumble"}  # type: ignore[method-assign]  # a Slack that forgets its manners
    one.slack.sockets.reset()
    await asyncio.sleep(1.0)
    one.slack.sockets.hello = hello  # type: ignore[method-assign]
    await asyncio.sleep(0.5)  # those that heard no hello have been closed
    await until(lambda: len(one.slack.sockets.taking) == CONNECTIONS)
    await full_again(one)


async def test_slack_that_takes_long_to_connect_gets_more_time(one: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.socket_mode.HELLO_WITHIN", 0.2)
    one.slack.fail("apps.connections.open", delay=0.3, times=None)
    one.slack.sockets.reset()
    await until(lambda: connected(one))
    assert (await one.slack.command(one.acme.ana, one.acme.channel, text="help")).ok


async def test_socket_mode_switched_off_is_said_with_its_remedy_and_not_asked_for_in_a_rush(
    one: Stage, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setattr("bot.slack.socket_mode.REFUSED", 0.5)
    one.slack.fail("apps.connections.open", "socket_mode_not_enabled", times=None)
    before = len(one.slack.calls)
    for connection in list(one.slack.sockets.connections):
        await connection.send({"type": "disconnect", "reason": "link_disabled"})
        await connection.ws.close()
    await until(lambda: "socket_refused" in logged())
    await asyncio.sleep(0.3)
    asked = [call for call in one.slack.calls[before:] if call.method == "apps.connections.open"]
    assert len(asked) == CONNECTIONS
    assert "with Socket Mode on" in logged()
    one.slack.heal()
    await until(lambda: connected(one))
    assert (await one.slack.command(one.acme.ana, one.acme.channel, text="help")).ok


# --- acks under way ---------------------------------------------------------------------------------------------------


async def slow_form(on: Stage) -> asyncio.Task[object]:
    """A shortcut whose ack waits for Slack to open its form, until its delays are ended."""
    on.slack.patience = 60.0
    message = on.slack.say(on.acme.ana, on.acme.channel, "Hello")
    on.slack.fail("views.open", delay=30.0)
    asked = asyncio.create_task(on.slack.shortcut(on.acme.ana, message.channel, message.ts, "send_as_dm"))
    await on.slack.until(lambda: not on.slack._faults)
    return asked


async def test_an_ack_under_way_survives_a_refresh(one: Stage) -> None:
    asked = await slow_form(one)
    before = one.slack.sockets.opened
    await one.slack.sockets.refresh(grace=0.0)
    await until(lambda: one.slack.sockets.opened >= before + CONNECTIONS and connected(one))
    one.slack.delays.end()
    ack = await asked
    assert ack.ok  # type: ignore[attr-defined]  # an Ack
    await full_again(one)


async def test_an_ack_under_way_survives_a_shutdown(one: Stage) -> None:
    asked = await slow_form(one)
    assert one.bridge.socket_mode is not None
    one.bridge.socket_mode.stop()
    one.tasks[-1].cancel()
    closing = asyncio.create_task(one.bridge.socket_mode.close())
    await asyncio.sleep(0)
    one.slack.delays.end()
    await closing
    ack = await asked
    assert ack.ok  # type: ignore[attr-defined]  # an Ack
    await until(lambda: one.slack.sockets.connections == [])


async def test_a_shutdown_leaves_no_connection_that_was_just_being_opened(one: Stage) -> None:
    one.slack.sockets.hello = lambda: {"type": "mumble"}  # type: ignore[method-assign]  # it waits for a hello
    before = one.slack.sockets.opened
    one.slack.sockets.reset()
    await until(lambda: one.slack.sockets.opened == before + CONNECTIONS)
    assert one.bridge.socket_mode is not None
    one.bridge.socket_mode.stop()
    one.tasks[-1].cancel()
    await one.bridge.socket_mode.close()
    await until(lambda: one.slack.sockets.connections == [])


async def test_an_event_that_was_not_acked_comes_again_and_a_click_does_not(one: Stage) -> None:
    one.slack.sockets.silence()
    home = asyncio.create_task(one.slack.open_home(one.acme.ana))
    click = await one.slack.command(one.acme.bo, one.acme.channel, text="help")
    assert not click.ok
    assert (await home).ok or (await home).status == 200
    assert await one.slack.until(lambda: one.slack.home(one.acme.ana))
