"""Every answer of Inbox outside 2xx as a class of `bot.errors`, whichever of the documented envelopes it has."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from bot import errors
from bot.inbox.wire import decode, moment

BY_CODE: Final[dict[str, type[errors.InboxError]]] = {
    "accountlinkdisconnected": errors.AccountOffline,
    "integrationsetuprequired": errors.AccountOffline,
    "sendinprogress": errors.SendInProgress,
    "planrequired": errors.PlanRequired,
    "idempotencykeyreused": errors.KeyReused,
}
# The codes above stand for more than their status says, which is the kind of all others; a status that is not here
# is none that Inbox documents, so a proxy may have made it, and it may pass.
BY_STATUS: Final[dict[int, type[errors.InboxError]]] = {
    400: errors.Rejected,
    401: errors.Unauthorized,
    402: errors.PlanRequired,
    403: errors.Forbidden,
    404: errors.Gone,
    405: errors.Rejected,
    406: errors.Rejected,
    409: errors.Conflict,
    413: errors.Rejected,
    414: errors.Rejected,
    415: errors.Rejected,
    422: errors.Rejected,
}
_INBOXS: Final = ("X-Request-Id", "X-RateLimit-Limit")  # it says each with every answer
_WHOEVER_SAYS_SO: Final = (401, 404, 413, 414, 429)  # their status alone tells what to do


def failure(response: httpx.Response, once: bool = False) -> errors.InboxError:
    """The error that an answer outside 2xx stands for, whichever of the documented envelopes it has."""
    status = response.status_code
    code, message, details, request_id = envelope(response)
    away = status >= 500 or status == 408 or is_in_between(response)
    facts: dict[str, Any] = {
        "status": status,
        "code": code,
        "request_id": response.headers.get("X-Request-Id") or request_id,
        "detail": message,
    }
    plain = code.replace("_", "").lower()
    if plain == "sendunconfirmed":
        message_id = details.get("messageId")
        return errors.Unconfirmed(message_id=message_id if isinstance(message_id, str) else None, **facts)
    if plain == "mutationwindowclosed":
        return errors.WindowClosed(closed_at=moment(details.get("closedAt")), **facts)
    if kind := BY_CODE.get(plain):
        return kind(**facts)
    if status == 429:
        return errors.RateLimited(retry_after=_retry_after(response, details, plain), **facts)
    if away:
        return errors.Unconfirmed(**facts) if once else errors.Unavailable(**facts)
    return BY_STATUS.get(status, errors.Unavailable)(**facts)


def is_in_between(response: httpx.Response) -> bool:
    """Whether a proxy or firewall refuses in Inbox's place, with a page or nothing: this alone, or all for a while."""
    if not 400 <= response.status_code < 500 or response.status_code in _WHOEVER_SAYS_SO:
        return False
    begins = response.content.lstrip()[:1]
    return begins == b"<" or (begins != b"{" and not any(name in response.headers for name in _INBOXS))


def envelope(response: httpx.Response) -> tuple[str, str, Mapping[str, Any], str]:
    """`code`, `message`, `details` and `requestId`, as far as they are there."""
    try:
        body = decode(response.content)
    except ValueError:
        body = None
    outer: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    error = outer.get("error")
    inner: Mapping[str, Any] = error if isinstance(error, Mapping) else outer
    code = inner.get("code") or error
    details = inner.get("details")
    return (
        _str(code),
        _str(inner.get("message"))[:500],
        details if isinstance(details, Mapping) else {},
        _str(inner.get("requestId") or outer.get("requestId")),
    )


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""


def _retry_after(response: httpx.Response, details: Mapping[str, Any], code: str) -> float:
    """Seconds to wait, from 0 to a day: said in seconds, else as a time, else the vendor's usual minute."""
    header, reset = response.headers.get("Retry-After", ""), response.headers.get("X-RateLimit-Reset", "")
    waits = (
        seconds(header),
        until_date(header),
        seconds(details.get("retryAfterSeconds")),
        _until(details.get("resetAt")),
        _until(reset),
    )
    fallback = 60.0 if code == "ratelimited" else 30.0
    return min(next((wait for wait in waits if wait is not None), fallback), 86_400.0)


def seconds(value: object) -> float | None:
    text = str(value).strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else None


def _until(value: object) -> float | None:
    """Seconds until an ISO time or a Unix time, at least 1: our clocks may differ."""
    at = moment(value) if value else None
    return max(at.timestamp() - time.time(), 1.0) if at else None


def until_date(header: str) -> float | None:
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 1.0)
    except (ValueError, OverflowError):
        return None


def come_back_later(response: httpx.Response) -> httpx.HTTPStatusError | None:
    """The cause of a failure that named a time to come back: no quick second try."""
    if (seconds(hint := response.headers.get("Retry-After", "0")) or 0) <= 1 and until_date(hint) is None:
        return None
    return httpx.HTTPStatusError("Retry-After", request=response.request, response=response)
