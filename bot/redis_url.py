"""What REDIS_URL may say: where Redis is, and which options of a connection the bot can work with.

redis-py takes whatever one of its classes has a parameter for, and of some it makes sense only at the first command:
https://redis.readthedocs.io/en/stable/connections.html#redis.asyncio.client.Redis.from_url
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from bot.errors import SettingsError

LEAST: Final = 5  # connections of a process: two of them wait for work
_PATHS: Final = {"": r"/?\d{0,9}/?", "unix": r".+", "sentinel": r"/[^/]+(/\d{0,9})?/?"}  # a database, a file, a name


def _number(least: float, most: float = 1e9, kind: Callable[[str], float] = int) -> Callable[[str], Any]:
    return lambda value: value.isascii() and least <= kind(value) <= most


def _any(value: str) -> bool:
    return value.isprintable()


_OPTIONS: Final[dict[str, Callable[[str], Any]]] = {
    "db": _number(0),
    "username": _any,
    "password": _any,
    "max_connections": _number(0),
    "protocol": _number(2, 3),
    "socket_timeout": _number(0.001, kind=float),
    "socket_connect_timeout": _number(0.001, kind=float),
    "socket_keepalive": _any,
    "socket_read_size": _number(1),
    "health_check_interval": _number(0),
}
_FLAGS: Final = re.compile(r"\[?VERIFY_\w+(?:, *VERIFY_\w+)*\]?").fullmatch  # of `ssl.VerifyFlags`
_OF_TLS: Final[dict[str, Callable[[str], Any]]] = {
    "ssl_ca_certs": _any,
    "ssl_ca_data": re.compile(r"\s*-----BEGIN [\s\S]+").match,
    "ssl_ca_path": _any,
    "ssl_cert_reqs": re.compile("none|optional|required").fullmatch,
    "ssl_certfile": _any,
    "ssl_check_hostname": _any,
    "ssl_ciphers": _any,
    "ssl_exclude_verify_flags": _FLAGS,
    "ssl_include_verify_flags": _FLAGS,
    "ssl_keyfile": _any,
    "ssl_min_version": _number(0),
    "ssl_password": _any,
}
_OF_SENTINEL: Final = {"sentinel_username": _any, "sentinel_password": _any}
# What a URL says of these makes no difference. By its name a process is known to the others (`bot.store.running`).
SET_BY_US: Final = (
    *("client_name", "lib_name", "lib_version"),
    *("decode_responses", "encoding", "encoding_errors", "legacy_responses", "retry_on_timeout"),
)


def check_url(url: str) -> None:
    """Raises `SettingsError`, in which none of the URL's own words stand: a password may have come apart."""
    try:
        wrong = _wrong(url)
    except ValueError:
        wrong = "it must look like redis://host:6379/0; special characters in a password are percent-encoded"
    if wrong:
        raise SettingsError(f"REDIS_URL is wrong: {wrong}; see .env.example.")


def _wrong(url: str) -> str:
    """What is wrong, or "". Raises `ValueError` for what names no Redis."""
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    if scheme not in ("redis", "rediss", "unix") or kind not in ("", "sentinel") or parts.fragment:
        raise ValueError
    if not re.fullmatch(_PATHS["unix" if scheme == "unix" else kind], parts.path):
        raise ValueError
    for host in parts.netloc.rpartition("@")[2].split("," if kind else None):
        urlsplit(f"//{host}").port  # noqa: B018  # raises where it is none
    known = _OPTIONS | (_OF_TLS if scheme == "rediss" else {}) | (_OF_SENTINEL if kind else {})
    for name, value in parse_qsl(parts.query):
        if name not in known and name not in SET_BY_US:
            return f"the bot takes no other options there than {', '.join(known)}"
        if name in known and not _fits(known[name], value):
            return f"its {name} makes no sense"
    return ""


def _fits(rule: Callable[[str], Any], value: str) -> bool:
    try:
        return bool(rule(value))
    except ValueError:
        return False
