"""Finds the listener of a payload in one step, however many there are.

Bolt would ask its listeners in turn whether they match, and make a context with a client of its own for each payload,
though there is one workspace and none of ours asks for them: a quarter of what a `/dm` took. A listener gets Bolt's
`ack`, and answers with Bolt's response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.payloads import MALFORMED, MORE, Body, chosen_in_menu

Listener = Callable[[AsyncAck, Any], Awaitable[BoltResponse | None]]


class Dispatch:
    """`listeners` by what a payload is and what it is about. What is not listed goes to `bolt`: Slack's asking whether
    the address is ours, and what nobody here listens for.
    """

    def __init__(self, listeners: Mapping[tuple[str, str], Listener], bolt: AsyncApp) -> None:
        self._listeners, self._bolt = listeners, bolt

    async def __call__(self, body: Body) -> BoltResponse:
        """The answer to what Slack signed; 404 where nobody listens. Raises `MALFORMED` for what is none of Slack's."""
        listener = self._listeners.get(_key(body))
        if listener is None:
            return await self._bolt.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=dict(body)))
        ack = AsyncAck()  # type: ignore[no-untyped-call]  # Bolt left it without types
        return await listener(ack, body) or ack.response or await ack()


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
