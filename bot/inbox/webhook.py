"""Inbox webhooks: is it signed, and what happened. The event feed is read with the same parser.

https://docs.inboxapp.com/webhooks/verifying-signatures
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

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


class Signature(NamedTuple):
    """`X-Inbox-Signature: t=…,v1=…`: a Unix time, and what was signed; several `v1=` may stand there."""

    stamp: str
    given: list[bytes]

    @classmethod
    def of(cls, header: str | None) -> Signature | None:
        """The signature in `header`; None when it has none, or no time."""
        parts = [part.strip().partition("=") for part in (header or "").split(",")]
        stamp = next((value for name, _, value in parts if name == "t"), "")
        given = [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1"]
        return cls(stamp, given) if given and stamp.isascii() and stamp.isdigit() and len(stamp) < 16 else None

    @property
    def at(self) -> int:
        return int(self.stamp)

    def signs(self, secret: str, body: bytes) -> bool:
        """Whether this is the signature of the raw `body`.

        `secret` may be several, separated by commas: any pair that matches will do, so that a secret can be changed
        without losing a webhook. Never raises.
        """
        signed = self.stamp.encode() + b"." + body
        expected = [_digest(key, signed) for key in map(str.strip, secret.split(",")) if key]
        return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in self.given)


def _digest(key: str, signed: bytes) -> bytes:
    return hmac.digest(key.encode("utf-8", "surrogatepass"), signed, "sha256").hex().encode()


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
