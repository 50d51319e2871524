"""Slack over WebSockets, for where nothing from outside can reach the bot."""

from __future__ import annotations

from typing import Final

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings

CONNECTIONS: Final = 2  # Slack closes one to refresh it; the other takes over meanwhile
PING: Final = 2  # seconds; with the default 10, an abrupt reset left 8.5 s without a connection


class SocketMode:
    """Opens and closes the connections; Bolt's listeners are the same as over HTTP."""

    def __init__(self, settings: Settings, bolt: AsyncApp) -> None:
        assert settings.slack_app_token is not None  # the caller asked settings.socket_mode
        token = settings.slack_app_token.get_secret_value()
        self._handlers = [
            AsyncSocketModeHandler(
                bolt, token, web_client=AsyncWebClient(token, settings.slack_api_base_url), ping_interval=PING
            )
            for _ in range(CONNECTIONS)
        ]

    async def open(self) -> None:
        for handler in self._handlers:
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt left it without types

    async def close(self) -> None:
        for handler in self._handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt left it without types
