"""A client of what a test serves on loopback."""

from __future__ import annotations

import ssl
from typing import Any, Final

import httpx

from bot.sandbox.slack.clock import PATIENCE

_PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain http all of it: a context with certificates takes 20 ms


def plain_http(**options: Any) -> httpx.AsyncClient:
    """For plain http, without a proxy. It waits for an answer as long as a test waits for anything.

    `options` are `httpx.AsyncClient`'s.
    """
    return httpx.AsyncClient(trust_env=False, verify=_PLAIN, timeout=PATIENCE, **options)
