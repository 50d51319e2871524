"""Inbox webhooks: is it signed, and what happened. The event feed is read with the same parser.

https://docs.inboxapp.com/webhooks/verifying-signatures
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.inbox import wire_v1, wire_v2
from bot.inbox.event import Event
from bot.inbox.wire import Wire, attempt, decode, moment


class Envelope(Wire):
    """v1 has `version` and `timestamp`; v2 has `apiVersion`, `createdAt` and `object`."""

    id: str
    seq: int
    type: str
    api_version: Any = None
    timestamp: Any = None
    created_at: Any = None
    object: Any = None
    data: Any = None


def verify(secret: str, header: str | None, body: bytes, now: float, tolerance: int = 300) -> bool:
    """Whether `header` (`X-Inbox-Signature: t=…,v1=…`) signs the raw `body` within `tolerance` seconds of `now`.

    `secret` may be several, separated by commas, and the header may carry several `v1=`: any pair that matches
    will do, so that a secret can be changed without losing a webhook. Never raises.
    """
    at = signed_at(header)
    if at is None or not abs(now - at) <= tolerance:
        return False
    stamp, given = _parts(header)
    signed = stamp.encode() + b"." + body
    expected = [_digest(key, signed) for key in map(str.strip, secret.split(",")) if key]
    return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in given)


def signed_at(header: str | None) -> int | None:
    """The Unix time that `header` names; None when it has no signature or no time."""
    stamp, given = _parts(header)
    return int(stamp) if given and stamp.isascii() and stamp.isdigit() and len(stamp) < 16 else None


def _parts(header: str | None) -> tuple[str, list[bytes]]:
    """The time and the signatures."""
    parts = [part.strip().partition("=") for part in (header or "").split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    return stamp, [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1"]


def _digest(key: str, signed: bytes) -> bytes:
    return hmac.new(key.encode("utf-8", "surrogatepass"), signed, hashlib.sha256).hexdigest().encode()


def parse_event(body: bytes | Mapping[str, Any], links: Collection[str] = ()) -> Event | None:
    """The event in a webhook's body or in one entry of the feed, whichever API version wrote it.

    None for JSON that is no event (no id, seq or type); `ValueError` when `body` is no JSON object. Unknown types
    are events too. A part of `data` that cannot be understood is left out, and a time that cannot be read counts
    as now. v1's `message.edited` does not name the account link: without `links` (the team's account link ids)
    the message is given only when it was surely written in Inbox; otherwise read it by its ids.
    """
    content = decode(body) if isinstance(body, bytes) else body
    if not isinstance(content, Mapping):
        raise ValueError("not a JSON object")
    envelope = attempt(Envelope, content)
    if envelope is None or not (envelope.id and envelope.type):
        return None
    at = moment(envelope.created_at) or moment(envelope.timestamp) or datetime.now(UTC)
    if envelope.api_version is not None or envelope.object is not None:
        return wire_v2.event(envelope.id, envelope.seq, envelope.type, at, envelope.object, envelope.data)
    return wire_v1.event(envelope.id, envelope.seq, envelope.type, at, envelope.data, links)
