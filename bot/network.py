"""How Slack and Inbox are reached: through which proxy, and whose certificates count. Redis is reached directly.

One rule for every client, as each library has another one: https://github.com/slackapi/python-slack-sdk/issues/738.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import certifi

from bot.errors import SettingsError

if TYPE_CHECKING:
    from bot.settings import Settings

_SCHEMES: Final = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


@dataclass(frozen=True)
class Network:
    """A proxy for each scheme, and one for the scheme that has none; who is reached without; a file of authorities."""

    http: str = ""
    https: str = ""
    all: str = ""
    no: str = ""
    certificates: Path | None = None

    def proxy(self, url: str) -> str | None:
        """The proxy on the way to `url`, if any. Raises `SettingsError` for one that the bot cannot use."""
        parts = urlsplit(url)
        scheme = _SCHEMES.get(parts.scheme, "all")
        name = scheme if getattr(self, scheme) else "all"
        found: str = getattr(self, name)
        if not found or any(_names(one, parts.hostname or "", parts.port) for one in self.no.split(",")):
            return None
        found = found if "://" in found else f"http://{found}"
        if not found.startswith(("http://", "https://")) or not urlsplit(found).hostname:
            raise SettingsError(
                f"{name.upper()}_PROXY is wrong: it must name an HTTP proxy, as in http://proxy.example.com:3128."
            )
        return found

    def tls(self) -> ssl.SSLContext:
        """Trusts the authorities of the file, else those of certifi and of the machine. Raises `SettingsError`."""
        return _trusting(self.certificates)


DIRECT: Final = Network()


def network_of(settings: Settings) -> Network:
    """As the settings say."""
    proxies = (settings.http_proxy, settings.https_proxy, settings.all_proxy)
    http, https, rest = (one.get_secret_value() if one else "" for one in proxies)
    return Network(http, https, rest, settings.no_proxy or "", settings.ssl_cert_file)


def _names(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY is `*`, the host (and its port), a domain above it, or a network around it."""
    entry = entry.strip().lower().removeprefix("*.").lstrip(".")
    if entry in ("*", host, f"{host}:{port}", f"[{host}]"):
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        return bool(entry) and host.endswith(f".{entry}")


@cache
def _trusting(certificates: Path | None) -> ssl.SSLContext:
    """Reading certificates takes 20 ms, so it is done once in a process."""
    try:
        context = ssl.create_default_context(cafile=certificates or certifi.where())
    except OSError as error:  # as `ssl.SSLError` is
        raise SettingsError(f"SSL_CERT_FILE is wrong: {certificates} holds no certificates ({error}).") from None
    if certificates is None:
        context.load_default_certs()
    return context
