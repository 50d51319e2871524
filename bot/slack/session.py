"""How the bot reaches Slack, and which addresses are Slack's."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import aiohttp

from bot.network import Network

TIMEOUT: Final = 8  # seconds for one call


def slack_session(network: Network, total: float | None = TIMEOUT) -> aiohttp.ClientSession:
    """A session for calls of at most `total` seconds; each call names its proxy itself."""
    connector = aiohttp.TCPConnector(ssl=network.tls())
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=total), trust_env=False)


def is_slacks(address: str, base_url: str) -> bool:
    """Whether something may be posted there: to Slack itself, or to the host that stands in for it in tests."""
    try:
        url, base = urlsplit(address), urlsplit(base_url)
    except ValueError:
        return False
    host = url.hostname or ""
    if base.hostname == "slack.com" or (base.hostname or "").endswith(".slack.com"):
        return url.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))
    return (url.scheme, host) == (base.scheme, base.hostname)
