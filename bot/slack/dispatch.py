"""Finds the listener of a payload in one step, however many there are.

Bolt asks its listeners in turn whether they match, and gathers all that one may ask for each time: 90 µs for the fifth
of them, of which 40 µs are left here (in process, without Redis). What is not listed goes on to Bolt's own listeners.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.payloads import MALFORMED, MORE, Body, chosen_in_menu

Listener = Callable[[AsyncAck, Any], Awaitable[BoltResponse | None]]


class Dispatch(AsyncMiddleware):
    """`listeners` by what a payload is and what it is about."""

    def __init__(self, listeners: Mapping[tuple[str, str], Listener]) -> None:
        self._listeners = listeners

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """Bolt's way to call a middleware."""
        listener = self._listeners.get(_key(req.body))
        if listener is None:
            await next()
            return resp
        ack = req.context.ack
        return await listener(ack, req.body) or ack.response or await ack()


def _key(body: Body) -> tuple[str, str]:
    """What a payload is, and what it is about."""
    kind = body.get("type")
    try:
        if kind is None:
            return "command", body["command"]
        if kind == "block_actions":
            chosen = chosen_in_menu(body)
            return (MORE, chosen) if chosen else (kind, body["actions"][0]["action_id"])
        if kind == "block_suggestion":
            return kind, body["action_id"]
        if kind in ("view_submission", "view_closed"):
            return kind, body["view"]["callback_id"]
        if kind == "event_callback":
            return kind, body["event"]["type"]
        return kind, body["callback_id"]
    except MALFORMED:
        return "", ""
