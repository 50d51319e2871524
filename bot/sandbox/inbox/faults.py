"""What goes wrong with a request to the local Inbox because a test or a person asked for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.sandbox.inbox.contract import requests
from bot.sandbox.inbox.records import Failure, Json, iso

STATUSES = {code: int(said.split()[0]) for one in requests.CONTRACTS.values() for code, said in one.errors.items()}
CODES = {
    "v1": {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "THREAD_NOT_FOUND", 429: "RATE_LIMITED"},
    "v2": {
        400: "invalidRequest",
        401: "unauthorized",
        403: "workspaceLocked",
        404: "threadNotFound",
        429: "rateLimited",
        502: "platformError",
        503: "platformUnavailable",
    },
}
_INTERNAL = {"v1": "INTERNAL_SERVER_ERROR", "v2": "internal"}


@dataclass
class Fault:
    match: str
    status: int | None
    code: str | None
    times: int | None
    retry_after: float | None
    delay: float
    drop: Literal["before", "after"] | None
    details: Json | None
    acted: bool
    page: bool

    def failure(self, version: str, message_id: str) -> Failure:
        """The error in the words of `version`; `message_id` is the message that it may be about."""
        status = self.status or 500
        code = self.code or CODES[version].get(status, _INTERNAL[version])
        details = _usual(code, message_id, self.retry_after) if self.details is None else self.details
        return Failure(status, code, f"{code} was asked for", details, self.retry_after)


def _usual(code: str, message_id: str, retry_after: float | None) -> Json | None:
    """The details that the vendor gives with a code; None where there are none."""
    again = None if retry_after is None else math.ceil(retry_after)
    later = datetime.now(UTC) + timedelta(seconds=again or 60)
    lacking = {"capability": "message:send"}
    account = {"accountLinkId": message_id}
    known: dict[str, Json] = {
        "invalidRequest": {"issues": []},
        "platformNotAvailable": {"platform": "linkedin"},
        "planRequired": {"feature": "advancedApi"},
        "sendInProgress": {"messageId": message_id},
        "accountLinkDisconnected": account | {"status": "offline"},
        "integrationSetupRequired": account,
        "nameTaken": {"name": "VIP"},
        "threadRestricted": lacking,
        "capabilityNotSupported": lacking,
        "contentRejected": {"detail": "The platform refused this text."},
        "recipientUnavailable": {"reason": "This person takes no messages."},
        "platformNotSupported": {"platform": "linkedin", "supported": ["twitter"]},
        "profileAmbiguous": {"contactId": message_id, "platform": "twitter"},
        "mutationWindowClosed": lacking | {"closedAt": None},
        "messageNotModifiable": {"reason": "notSender"},
        "tagLimitReached": {"max": 100},
        "rateLimited": {"window": "minute", "limit": 300, "resetAt": iso(later)},
        "platformRateLimited": {"retryAfterSeconds": again},
        "sendUnconfirmed": {"messageId": message_id},
        "platformUnavailable": {"retryAfterSeconds": again},
    }
    return known.get(code)
