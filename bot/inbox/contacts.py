"""Contacts of both API versions: what is read of them, and which requests change them.

v1 takes a change in one request; v2 the facts in one, and each tag in one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from bot.errors import NoContact
from bot.facts import Acquaintance, Contact, ContactChange, Fact, Value
from bot.inbox import wire_v1, wire_v2
from bot.models import Thread

_V1: Final[dict[Fact, str]] = {
    "status": "statusId", "valuation": "valuation", "notes": "notes", "assignee": "assigneeId",
}  # fmt: skip
_V2: Final[dict[Fact, str]] = {**_V1, "status": "status"}


class Request(NamedTuple):
    """One call; `json` is None where it has no body."""

    method: str
    path: str
    json: dict[str, Any] | None = None


def contact_v1(found: wire_v1.Prospect | None, thread: Thread) -> Contact:
    """Raises `NoContact`: v1 changes a prospect by its `externalId`, which may be null."""
    if found is None or found.external_id is None:
        raise NoContact("v1 names no externalId", code="noExternalId")
    context = found.context or wire_v1.Context()
    facts: dict[Fact, Value] = {
        "status": context.status_id,
        "valuation": context.amount,
        "notes": context.notes or None,
    }
    if "assignee_id" in context.model_fields_set:  # which the specification does not have
        facts["assignee"] = context.assignee_id
    return Contact(id=found.external_id, thread=thread, facts=facts, tag_ids=context.tags or ())


def contact_v2(found: wire_v2.Contact, thread: Thread) -> Contact:
    facts: dict[Fact, Value] = {
        "status": found.status_id,
        "valuation": found.amount,
        "notes": found.notes or None,
        "assignee": found.assignee_id,
    }
    return Contact(id=found.id, thread=thread, facts=facts, tag_ids=found.tag_ids or ())


def acquaintance_v1(found: wire_v1.Prospect, threads: Sequence[Thread]) -> Acquaintance:
    person, context = found.person(), found.context or wire_v1.Context()
    profiles = (person,) if person else ()
    return Acquaintance(profiles=profiles, threads=tuple(threads), since=found.first_seen_at, notes=context.notes or "")


def acquaintance_v2(found: wire_v2.Contact, threads: Sequence[Thread]) -> Acquaintance:
    profiles = tuple(one.person(found.id, found) for one in found.profiles)
    return Acquaintance(profiles=profiles, threads=tuple(threads), since=found.created_at, notes=found.notes or "")


def request_v1(contact_id: str, change: ContactChange) -> Request:
    """`PATCH /prospects/{externalId}/context`: https://docs.inboxapp.com/api-reference/leads/update-lead."""
    tags = {"addTags": list(change.add), "removeTags": list(change.remove)}
    body = _facts(change, _V1) | {name: ids for name, ids in tags.items() if ids}
    return Request("PATCH", f"/prospects/{quote(contact_id, safe='')}/context", body)


def steps_v2(change: ContactChange) -> list[ContactChange]:
    """The same, one request each."""
    return [
        *([ContactChange(facts=change.facts)] if change.facts else []),
        *(ContactChange(add=(one,)) for one in change.add),
        *(ContactChange(remove=(one,)) for one in change.remove),
    ]


def requests_v2(contact_id: str, change: ContactChange) -> list[Request]:
    """`PATCH /contacts/{id}`, then `PUT` and `DELETE /contacts/{id}/tags/{tagRef}`."""
    path = f"/contacts/{quote(contact_id, safe='')}"
    return [
        *([Request("PATCH", path, _facts(change, _V2))] if change.facts else []),
        *(Request("PUT", f"{path}/tags/{quote(one, safe='')}") for one in change.add),
        *(Request("DELETE", f"{path}/tags/{quote(one, safe='')}") for one in change.remove),
    ]


def _facts(change: ContactChange, named: dict[Fact, str]) -> dict[str, Any]:
    return {named[name]: _written(value) for name, value in change.facts.items()}


def _written(value: Value) -> Value | int:
    return int(value) if isinstance(value, float) and value.is_integer() else value
