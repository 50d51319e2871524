"""What the vendor's two API versions accept, as one table, to catch every request that Inbox would not take.

The tables are a small notation: `name:kind`, where `*` after the name means required, `[]` after the kind repeatable
and `?` nullable. Operations that the sandbox does not serve are not listed, so using one is a finding too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ID = re.compile(r"[0-9a-z]+")
KEY = re.compile(r"[\x20-\x7E]{1,255}")

_MESSAGES_EXPAND = "expand:sentBy|reactions.author|thread|accountLink|replyTo.message[]"
_THREADS_EXPAND = "expand:profile|contact|accountLink|assignee[]"
_CONTACT_EXPAND = "expand:status|tags|assignee[]"
_PAGE = "limit:int1-100 cursor:text"
_V1_CURSOR = "cursorId:id cursorTimestamp:date limit:int1-100"

# version -> "METHOD /template" -> (query parameters, body fields; None where there is no body, extra rules)
_TABLE: dict[str, dict[str, tuple[str, str | None]]] = {
    "v1": {
        "GET /team": ("", None),
        "GET /members": ("", None),
        "GET /account-links": ("", None),
        "GET /threads": (f"inbox:default|no-reply|requests|archived accountLinkIds:id[] {_V1_CURSOR}", None),
        "GET /threads/lookup": ("accountLinkId*:id externalPlatformId:text externalId:id", None),
        "GET /threads/lookup-by-username": ("username*:text accountLinkIds:id[]", None),
        "GET /threads/{id}": ("", None),
        "PATCH /threads/{id}": ("", "done:bool assigneeId:id?"),
        "POST /threads/messages": ("", "accountLinkId*:id content*:text externalPlatformId:text externalId:id"),
        "GET /threads/{id}/messages": (_V1_CURSOR, None),
        "POST /threads/{id}/messages": ("", "content*:text replyToMessageId:id"),
        "PATCH /threads/{id}/messages/{id}": ("", "content*:text"),
        "DELETE /threads/{id}/messages/{id}": ("", "deleteForAll:bool"),
        "GET /prospects/lookup": ("platformId*:text", None),
        "GET /prospects/{id}": ("", None),
        "PATCH /prospects/{id}/context": (
            "",
            "notes:string? valuation:number? statusId:id? addTags:ids removeTags:ids assigneeId:id? done:bool",
        ),
        "GET /tags": ("", None),
        "GET /statuses": ("", None),
        "GET /events": ("afterSeq:int0- limit:int1-1000", None),
    },
    "v2": {
        "GET /platforms": ("", None),
        "GET /team": ("", None),
        "GET /members": (_PAGE, None),
        "GET /members/{id}": ("", None),
        "GET /account-links": (f"platform:text[] status:active|offline|paused[] {_PAGE}", None),
        "GET /account-links/{id}": ("", None),
        "GET /contacts": (f"platform*:text platformId:text[] username:text[] {_CONTACT_EXPAND} {_PAGE}", None),
        "GET /contacts/{id}": (_CONTACT_EXPAND, None),
        "PATCH /contacts/{id}": ("", "status:string? notes:string? valuation:number? assigneeId:id?"),
        "GET /threads": (
            "accountLinkId:id[] platform:text[] contactId:id[] folder:inbox|noReply|requests|archived|all "
            f"assigneeId:id[] unassigned:bool q:text order:desc|asc {_THREADS_EXPAND} {_PAGE}",
            None,
        ),
        "GET /threads/{id}": (_THREADS_EXPAND, None),
        "PATCH /threads/{id}": (
            "",
            "archived:bool unread:bool assigneeId:id? typingIndicators:enabled|disabled|teamDefault",
        ),
        "GET /threads/{id}/messages": (f"order:desc|asc {_MESSAGES_EXPAND} {_PAGE}", None),
        "GET /messages/{id}": (_MESSAGES_EXPAND, None),
        "POST /messages": ("", "target*:target content*:text replyToMessageId:id"),
        "PATCH /messages/{id}": ("", "content*:text"),
        "DELETE /messages/{id}": ("scope*:self|all", None),
        "POST /messages/{id}/reactions": ("", "emoji*:text"),
        "DELETE /messages/{id}/reactions": ("emoji*:text", None),
        "GET /tags": (_PAGE, None),
        "GET /statuses": (_PAGE, None),
        "GET /events": ("afterSeq:int0- type:text[] limit:int1-1000", None),
    },
}
_TARGETS = {
    "thread": "type*:thread threadId*:id",
    "contact": "type*:contact accountLinkId*:id contactId*:id",
    "profile": "type*:profile accountLinkId*:id platform*:text platformId*:text",
}
# exactly one of the names must be given
_ONE_OF = {
    ("v1", "GET /threads/lookup"): ("externalPlatformId", "externalId"),
    ("v1", "POST /threads/messages"): ("externalPlatformId", "externalId"),
    ("v2", "GET /contacts"): ("platformId", "username"),
}


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    required: bool
    repeatable: bool
    nullable: bool


def _fields(notation: str) -> dict[str, Field]:
    fields = {}
    for word in notation.split():
        name, kind = word.split(":", 1)
        bare = kind.removesuffix("[]").removesuffix("?")
        name, required = name.removesuffix("*"), name.endswith("*")
        fields[name] = Field(name, bare, required, kind.endswith("[]"), kind.endswith("?"))
    return fields


@dataclass(frozen=True)
class Operation:
    """One row of the contract, matched to a request: `name` is `METHOD /template`, `params` the path ids in order."""

    version: str
    name: str
    params: tuple[str, ...] = ()
    query: Mapping[str, Field] = field(default_factory=dict)
    body: Mapping[str, Field] | None = None


def match(version: str, method: str, path: str) -> Operation | None:
    """The operation of `path` (without `/api/vN`). A literal segment wins over an id, as in `/threads/lookup`."""
    found: list[Operation] = []
    for name, (query, body) in _TABLE.get(version, {}).items():
        verb, template = name.split(" ", 1)
        hit = re.fullmatch(template.replace("{id}", "([^/]+)"), path) if verb == method else None
        if hit:
            found.append(
                Operation(version, name, hit.groups(), _fields(query), None if body is None else _fields(body))
            )
    return min(found, key=lambda operation: len(operation.params), default=None)


def check(
    version: str,
    method: str,
    path: str,
    query_items: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
) -> list[str]:
    """Each breach of the contract, in one line; `path` is without `/api/vN`, header names are lower case."""
    operation = match(version, method, path)
    if operation is None:
        return ["no such operation"]
    findings = [f"path id {value!r} is not an Inbox id" for value in operation.params if not ID.fullmatch(value)]
    if not headers.get("authorization", "").startswith("Bearer "):
        findings.append("no bearer token")
    findings += _check_query(operation, query_items)
    findings += _check_body(operation, headers, body)
    key = headers.get("idempotency-key")
    if operation.name == "POST /messages" and key is not None and not KEY.fullmatch(key):
        findings.append("Idempotency-Key is not 1-255 printable ASCII characters")
    return findings


def base_name(version: str, name: str) -> str:
    """v1 also takes `ids[]` and `ids[0]` for a repeated `ids`."""
    return re.sub(r"\[\d*\]$", "", name) if version == "v1" else name


def _check_query(operation: Operation, items: Iterable[tuple[str, str]]) -> list[str]:
    findings, seen = [], set()
    for raw, value in items:
        name = base_name(operation.version, raw)
        spec = operation.query.get(name)
        if spec is None:
            findings.append(f"unknown query parameter {raw!r}")
            continue
        if name in seen and not spec.repeatable:
            findings.append(f"query parameter {name!r} is repeated")
        seen.add(name)
        if not _text_fits(spec.kind, value):
            findings.append(f"query parameter {name!r} is not {spec.kind}: {value!r}")
    findings += [
        f"query parameter {f.name!r} is missing" for f in operation.query.values() if f.required and f.name not in seen
    ]
    findings += _check_one_of(operation, "query", seen)
    if operation.version == "v1" and ("cursorId" in seen) != ("cursorTimestamp" in seen):
        findings.append("cursorId and cursorTimestamp go together")
    if {"assigneeId", "unassigned"} <= seen:
        findings.append("unassigned does not go with assigneeId")
    return findings


def _check_one_of(operation: Operation, where: str, given: Iterable[str]) -> list[str]:
    names = _ONE_OF.get((operation.version, operation.name), ())
    fields = operation.query if where == "query" else operation.body or {}
    if not names or names[0] not in fields or len(set(names) & set(given)) == 1:
        return []
    return [f"exactly one of {' and '.join(names)} is needed"]


def _check_body(operation: Operation, headers: Mapping[str, str], body: bytes) -> list[str]:
    if operation.body is None:
        return [f"{operation.name} takes no body"] if body else []
    if headers.get("content-type", "").split(";")[0].strip() != "application/json":
        return ["content type is not application/json"]
    try:
        value = json.loads(body)
    except ValueError:
        return ["the body is not JSON"]
    if not isinstance(value, dict):
        return ["the body is not an object"]
    return _check_object("body", operation.body, value) + _check_one_of(operation, "body", value)


def _check_object(where: str, fields: Mapping[str, Field], value: Mapping[str, Any]) -> list[str]:
    findings = [f"unknown {where} key {name!r}" for name in value if name not in fields]
    for name, spec in fields.items():
        if name not in value:
            if spec.required:
                findings.append(f"{where} key {name!r} is missing")
        elif spec.kind == "target":
            findings += _check_target(value[name])
        elif not (value[name] is None and spec.nullable) and not _value_fits(spec.kind, value[name]):
            findings.append(f"{where} key {name!r} is not {spec.kind}: {value[name]!r}")
    return findings


def _check_target(target: object) -> list[str]:
    kind = target.get("type") if isinstance(target, dict) else None
    if not isinstance(target, dict) or kind not in _TARGETS:
        return [f"target is not one of {', '.join(_TARGETS)}: {target!r}"]
    return _check_object("target", _fields(_TARGETS[kind]), target)


def _text_fits(kind: str, value: str) -> bool:
    """Whether a query value is of `kind`; `intA-B` is a range, `a|b` an enumeration."""
    if kind == "bool":
        return value in ("true", "false")
    if limits := re.fullmatch(r"int(\d+)-(\d*)", kind):
        low, high = int(limits[1]), int(limits[2] or 2**53)
        return value.isdecimal() and low <= int(value) <= high
    return _value_fits(kind, value)


def _value_fits(kind: str, value: object) -> bool:
    match kind:
        case "bool":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "text":
            return isinstance(value, str) and value != ""
        case "id":
            return isinstance(value, str) and ID.fullmatch(value) is not None
        case "ids":
            return isinstance(value, list) and all(_value_fits("id", item) for item in value)
        case "date":
            return isinstance(value, str) and _is_date(value)
    return value in kind.split("|")


def _is_date(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
