"""The one place where a listener's errors become words for the person who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncAck
from slack_bolt.response import BoltResponse

from bot import text, words
from bot.errors import SlackError, StoreUnavailable
from bot.queue.job import reference
from bot.slack import payloads
from bot.slack.blocks import handed_back, notice_modal
from bot.slack.client import Slack
from bot.slack.dispatch import Listener
from bot.telemetry import report, span

log = structlog.get_logger(__name__)

Act = Callable[[AsyncAck, payloads.Body], Awaitable[None]]
ACK_WITHIN: Final = 2.0  # seconds; Slack waits three


def bounded(slack: Slack, act: Act, within: float = ACK_WITHIN) -> Listener:
    """`act` as a listener that always answers, `within` so many seconds and without showing an exception."""

    async def listener(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse | None:
        try:
            async with asyncio.timeout(within):
                with span("accept", type=_kind(body)):
                    await act(ack, body)
        except (StoreUnavailable, TimeoutError) as error:
            log.error("not_accepted", error=str(error) or type(error).__name__)
            if body.get("type") == "event_callback":
                return BoltResponse(status=503)  # Slack sends an event again, and nothing else
            await _sorry(slack, ack, body, words.STORE_DOWN)
        except SlackError as error:
            log.warning("not_opened", error=str(error))
            await _sorry(slack, ack, body, words.TOO_SLOW)
        except payloads.MALFORMED as error:  # only its class: the text may quote what somebody wrote
            log.warning("not_what_slack_sends", type=_kind(body), error=type(error).__name__)
            await ack()
        except Exception as error:
            ref = reference()
            log.exception("listener_failed", ref=ref)
            report(error, ref=ref, kind="listener")
            await _sorry(slack, ack, body, words.unexpected(ref))
        return None

    return listener


async def hand_back(slack: Slack, ack: AsyncAck, body: payloads.Body, why: str) -> None:
    """Answer a command with the reason why nothing became of it, and all that was typed.

    Slack shows the answer when the listener has ended, so the end of a very long text is in it.
    """
    typed = str(body.get("text") or "").strip()
    if not typed:
        await ack(text=why)
        return
    *parts, last = handed_back(why, f"{body['command']} {text.decode(typed)}")
    for one in parts:
        try:
            await slack.tell(payloads.asker(body), one)
        except SlackError as error:
            log.warning("not_told", error=str(error))
    await ack(**last)


def _beside_the_fields(body: payloads.Body, sentence: str) -> dict[str, Any]:
    """What keeps a form open with all that was typed into it; a form without fields gives way to the sentence."""
    fields = list((body["view"].get("state") or {}).get("values") or {})
    if fields:
        return {"response_action": "errors", "errors": {fields[-1]: sentence}}
    return {"response_action": "update", "view": notice_modal("That didn't work", sentence)}


def _kind(body: payloads.Body) -> str:
    return str(body.get("type") or body.get("command"))[:40]


async def _sorry(slack: Slack, ack: AsyncAck, body: payloads.Body, sentence: str) -> None:
    """Tell the person within the answer where Slack allows it, else beside it."""
    if "command" in body:
        await hand_back(slack, ack, body, sentence)
    elif body.get("type") == "view_submission":
        await ack(**_beside_the_fields(body, sentence))
    elif body.get("type") == "block_suggestion":
        await ack(options=[])  # a menu with nothing in it, rather than a message for each letter
    else:
        await ack()
        if body.get("user") and body.get("type") != "event_callback":
            try:
                await slack.tell(payloads.asker(body), {"text": sentence, "blocks": []})
            except SlackError as error:
                log.warning("not_told", error=str(error))
