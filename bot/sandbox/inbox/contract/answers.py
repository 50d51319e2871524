"""Whether the vendor could have given an answer: a field too many, too few, or null where it never is, is a finding."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from bot.sandbox.inbox.contract.notation import Contract, Field, field, fields, fits
from bot.sandbox.inbox.contract.requests import CONTRACTS, Operation

NOTHING: Final = object()
"""The body of an answer that has none."""


def check(operation: Operation, status: int, body: Any, expand: Collection[str] = ()) -> list[str]:
    """What is wrong with a success; `expand` is what the request asked to have beside its ids."""
    declared = dict(one.split(":", 1) for one in operation.row.answers.split())
    kind = declared.get(str(status))
    if kind is None:
        return [f"{operation.name}: status {status} is not declared"]
    if kind == "nothing":
        return [] if body is NOTHING else [f"{operation.name}: there should be no body"]
    findings = _check_field(CONTRACTS[operation.version], "", field(f"answer:{kind}"), body, set(expand))
    return [f"{operation.name} {status}: {finding}" for finding in findings]


def check_failure(operation: Operation | None, version: str, status: int, code: str, details: Any) -> list[str]:
    """What is wrong with an error: its code, its status, its details, and whether this operation may answer so."""
    contract, where = CONTRACTS[version], operation.name if operation else version
    declared = contract.errors.get(code)
    if declared is None:
        return [f"{where}: there is no code {code}"]
    number, _, shape = declared.partition(" ")
    findings = [] if int(number) == status else [f"status {status} is not that of {code}"]
    if operation and code not in f"{contract.everywhere} {operation.row.errors}".split():
        findings.append(f"{code} is not declared")
    if shape == "-":
        findings += [f"{code} has no details"] if details and version == "v2" else []
    elif not isinstance(details, Mapping):
        findings.append(f"{code} has details")
    else:
        findings += _check_fields(contract, f"{code}.", shape, details, set())
    return [f"{where} {status}: {finding}" for finding in findings]


def check_event(version: str, body: Any) -> list[str]:
    """What is wrong with an event, as the feed and a webhook show it."""
    return [
        f"event {body.get('type')}: {finding}"
        for finding in _check_field(CONTRACTS[version], "", field("event:Event"), body, set())
    ]


def _check_field(contract: Contract, where: str, spec: Field, value: Any, expand: set[str]) -> list[str]:
    name = f"{where}{spec.name}"
    if value is None:
        return [] if spec.nullable else [f"{name} is null"]
    if not spec.many:
        return _check_value(contract, name, spec.kind, value, expand)
    if not isinstance(value, list):
        return [f"{name} is no list"]
    return [
        finding
        for index, one in enumerate(value)
        for finding in _check_value(contract, f"{name}[{index}]", spec.kind, one, expand)
    ]


def _check_value(contract: Contract, name: str, kind: str, value: Any, expand: set[str]) -> list[str]:
    shape = contract.objects.get(kind)
    if shape is None:
        return [] if fits(kind, value) else [f"{name} is not {kind}: {value!r}"]
    if not isinstance(value, Mapping):
        return [f"{name} is no {kind}"]
    if isinstance(shape, str):
        return _check_fields(contract, f"{name}.", shape, value, expand)
    ((told_by, shapes),) = shape.items()
    which = value.get(told_by)
    found = shapes.get(str(which), shapes.get("*"))
    if found is None:
        return [f"{name}.{told_by} is none of {', '.join(shapes)}: {which!r}"]
    return _check_fields(contract, f"{name}.", f"{told_by}:text {found}", value, expand)


def _check_fields(contract: Contract, where: str, shape: str, value: Mapping[str, Any], expand: set[str]) -> list[str]:
    known = fields(shape)
    # `expand` speaks of the first objects that can be expanded, not of what stands in them.
    inner = set() if any(spec.mark == "+" for spec in known.values()) else expand
    findings = [f"{where}{name} is not in the contract" for name in value if name not in known]
    for name, spec in known.items():
        if name in value:
            if spec.mark == "+" and name not in expand:
                findings.append(f"{where}{name} was not asked for")
            findings += _check_field(contract, where, spec, value[name], inner)
        elif spec.mark == "" or (spec.mark == "+" and name in expand and _stands_for(name, value)):
            findings.append(f"{where}{name} is missing")
    return findings


def _stands_for(name: str, value: Mapping[str, Any]) -> bool:
    """Whether the field with the id says that there is something to expand."""
    return bool(value.get(f"{name}Id") or value.get(f"{name.removesuffix('s')}Ids"))
