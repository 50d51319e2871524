"""What the operations of API v2 share: pages, and the errors that any of them may give."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from bot.sandbox.inbox.records import Failure, Incoming, Json
from bot.sandbox.inbox.world import World

Handler = Callable[[World, Incoming], Awaitable[tuple[int, Any]]]
T = TypeVar("T")


def page(ask: Incoming, items: Sequence[T], show: Callable[[T], Json]) -> tuple[int, Json]:
    """One page of `items`. The cursor is the offset, tied to the filters it was issued for."""
    filters = {name: values for name, values in ask.query.items() if name not in ("cursor", "limit")}
    print_of = hashlib.sha256(json.dumps(filters, sort_keys=True).encode()).hexdigest()[:8]
    start, stop = 0, int(ask.one("limit", "50"))
    if cursor := ask.one("cursor"):
        try:
            offset, issued_for = base64.urlsafe_b64decode(cursor).decode().split(".")
            start = int(offset)
        except ValueError as problem:
            raise Failure(400, "invalidCursor", "This cursor is not valid.") from problem
        if issued_for != print_of:
            raise Failure(400, "invalidCursor", "This cursor was issued for other filters.")
        stop += start
    following = base64.urlsafe_b64encode(f"{stop}.{print_of}".encode()).decode() if stop < len(items) else None
    return 200, {"data": [show(item) for item in items[start:stop]], "nextCursor": following}


def found_or_404(record: T | None, what: str) -> T:
    if record is None:
        raise Failure(404, f"{what}NotFound", f"This {what} does not exist.")
    return record


def invalid(where: str, problem: str) -> Failure:
    return Failure(400, "invalidRequest", problem, {"issues": [{"path": [where], "message": problem}]})


def assignee(world: World, member_id: str | None) -> str | None:
    if member_id is None or member_id in world.members:
        return member_id
    raise invalid("assigneeId", "No such member.")


def usable(world: World, *platforms: str) -> None:
    """Refuses a platform that the team may not use, or that nobody has heard of."""
    for platform in platforms:
        if platform not in world.platforms:
            raise Failure(403, "platformNotAvailable", "Your team can't use this platform.", {"platform": platform})
