"""Whether the vendor would take a request: everything that its specification does not name is a finding."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from bot.sandbox.inbox.contract import v1, v2
from bot.sandbox.inbox.contract.notation import ID, Contract, Field, Row, fields, fits

CONTRACTS: Mapping[str, Contract] = {"v1": v1.CONTRACT, "v2": v2.CONTRACT}
_KEY = re.compile(r"[\x20-\x7E]{1,255}")
_PARTS = {"{id}": ID.pattern, "{ref}": ".+", "{index}": r"\d+"}


@dataclass(frozen=True)
class Operation:
    """One row of the contract, matched to a request: `name` is `METHOD /template`, `params` what the path names."""

    version: str
    name: str
    row: Row
    params: tuple[str, ...] = ()

    @property
    def query(self) -> Mapping[str, Field]:
        return fields(self.row.query)

    @property
    def body(self) -> Mapping[str, Field] | None:
        return None if self.row.body is None else fields(self.row.body)

    @property
    def template(self) -> list[str]:
        """`{id}`, `{ref}` or `{index}` of each of `params`."""
        return re.findall(r"\{\w+\}", self.name)


@cache
def _patterns(version: str) -> list[tuple[str, re.Pattern[str]]]:
    """Each row's name with what its request line looks like, those with the fewest parameters first."""
    rows = sorted(CONTRACTS[version].rows if version in CONTRACTS else (), key=lambda name: name.count("{"))
    return [(name, re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(name)))) for name in rows]


def match(version: str, method: str, path: str) -> Operation | None:
    """The operation of `path` (without `/api/vN`, as it stood in the request line). `/threads/lookup` is no thread."""
    for name, pattern in _patterns(version):
        if hit := pattern.fullmatch(f"{method} {path}"):
            return Operation(version, name, CONTRACTS[version].rows[name], tuple(unquote(one) for one in hit.groups()))
    return None


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
    findings = [
        f"path {part[1:-1]} {value!r} is not an Inbox {part[1:-1]}"
        for part, value in zip(operation.template, operation.params, strict=True)
        if not re.fullmatch(_PARTS[part], value)
    ]
    if not headers.get("authorization", "").startswith("Bearer "):
        findings.append("no bearer token")
    findings += _check_query(operation, query_items)
    findings += _check_body(operation, headers, body)
    key = headers.get("idempotency-key")
    if operation.name == "POST /messages" and key is not None and not _KEY.fullmatch(key):
        findings.append("Idempotency-Key is not 1-255 printable ASCII characters")
    return findings


def base_name(version: str, name: str) -> str:
    """v1 also takes `ids[]` and `ids[0]` for a repeated `ids`."""
    return re.sub(r"\[\d*\]$", "", name) if version == "v1" else name


def _check_query(operation: Operation, items: Iterable[tuple[str, str]]) -> list[str]:
    findings, seen = [], dict[str, int]()
    for raw, value in items:
        name = base_name(operation.version, raw)
        spec = operation.query.get(name)
        if spec is None:
            findings.append(f"unknown query parameter {raw!r}")
            continue
        seen[name] = seen.get(name, 0) + 1
        if seen[name] == spec.most + 1:
            findings.append(f"query parameter {name!r} is repeated" + (f" over {spec.most} times" if spec.many else ""))
        if not _text_fits(spec.kind, value):
            findings.append(f"query parameter {name!r} is not {spec.kind}: {value!r}")
    findings += [
        f"query parameter {f.name!r} is missing" for f in operation.query.values() if f.required and f.name not in seen
    ]
    return findings + _check_one_of(operation, "query", seen) + _check_together(seen)


def _check_together(seen: Iterable[str]) -> list[str]:
    """Parameters that go only together, or not together."""
    names = set(seen)
    findings = []
    if ("cursorId" in names) != ("cursorTimestamp" in names):
        findings.append("cursorId and cursorTimestamp go together")
    if "cursorId" in names and names & {"cursor[id]", "cursor[timestamp]"}:
        findings.append("cursorId does not go with cursor[id]")
    if {"assigneeId", "unassigned"} <= names:
        findings.append("unassigned does not go with assigneeId")
    return findings


def _check_one_of(operation: Operation, where: str, given: Iterable[str]) -> list[str]:
    """Where the contract wants exactly one of two."""
    names = CONTRACTS[operation.version].one_of.get(operation.name, ())
    named = operation.query if where == "query" else operation.body or {}
    if not names or names[0] not in named or len(set(names) & set(given)) == 1:
        return []
    return [f"exactly one of {' and '.join(names)} is needed"]


def _check_body(operation: Operation, headers: Mapping[str, str], body: bytes) -> list[str]:
    if operation.body is None:
        return [f"{operation.name} takes no body"] if body else []
    if not body and operation.row.bare:
        return []
    if headers.get("content-type", "").split(";")[0].strip() != "application/json":
        return ["content type is not application/json"]
    try:
        value = json.loads(body)
    except ValueError:
        return ["the body is not JSON"]
    if not isinstance(value, dict):
        return ["the body is not an object"]
    return _check_object(operation, "body", operation.body, value) + _check_one_of(operation, "body", value)


def _check_object(operation: Operation, where: str, known: Mapping[str, Field], value: Mapping[str, Any]) -> list[str]:
    findings = [f"unknown {where} key {name!r}" for name in value if name not in known]
    for name, spec in known.items():
        if name not in value:
            if spec.required:
                findings.append(f"{where} key {name!r} is missing")
        elif spec.kind == "Target":
            findings += _check_target(operation, value[name])
        elif not (value[name] is None and spec.nullable) and not fits(spec.kind, value[name]):
            findings.append(f"{where} key {name!r} is not {spec.kind}: {value[name]!r}")
    return findings


def _check_target(operation: Operation, target: object) -> list[str]:
    shapes = CONTRACTS[operation.version].objects["Target"]
    assert not isinstance(shapes, str)
    kinds = shapes["type"]
    kind = str(target.get("type")) if isinstance(target, dict) else ""
    if not isinstance(target, dict) or kind not in kinds:
        return [f"target is not one of {', '.join(kinds)}: {target!r}"]
    return _check_object(operation, "target", fields(f"type*:{kind} {kinds[kind]}"), target)


def _text_fits(kind: str, value: str) -> bool:
    """Whether a query value is of `kind`; `intA-B` is a range, `a|b` an enumeration."""
    if kind == "bool":
        return value in ("true", "false")
    if limits := re.fullmatch(r"int(\d+)-(\d*)", kind):
        low, high = int(limits[1]), int(limits[2] or 2**53)
        return value.isdecimal() and low <= int(value) <= high
    return fits(kind, value)
