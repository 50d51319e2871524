"""The small notation of the vendor's contract, and whether a value fits it.

`name:kind` is a field. `[]` after the kind: several (`[100]`: at most a hundred); `?`: it may be null. After the name,
in a request, `*`: required; in an answer, `~`: may be missing, `+`: there when `expand` asks for it and the field with
its id is not null, else missing. A kind is one of `KINDS`, the name of an object, or an enumeration `a|b`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from bot.emoji import is_emoji

ID: Final = re.compile(r"[0-9a-z]+")
_WORD = re.compile(r"(?P<name>[^:*~+]+)(?P<mark>[*~+]?):(?P<kind>.+?)(?P<many>\[(?P<most>\d*)\])?(?P<null>\??)")


@dataclass(frozen=True)
class Field:
    """`most` is how many there may be: 1 for a field that is no list."""

    name: str
    kind: str
    mark: str
    many: bool
    most: int
    nullable: bool

    @property
    def required(self) -> bool:
        return self.mark == "*"


@dataclass(frozen=True)
class Row:
    """An operation: `answers` by status, as `201:SendResult 200:SendResult`; `errors` beyond those of any operation.

    `body` is None where there is none, and may be left out where `bare` is set.
    """

    answers: str
    query: str = ""
    body: str | None = None
    errors: str = ""
    bare: bool = False


@dataclass(frozen=True)
class Contract:
    """What one API version takes and gives.

    `rows` by `METHOD /template`; `objects` by name, a mapping being one of several, told apart by a field; `errors` by
    code, each the status and the details, `-` where there are none; `everywhere` are the codes of any operation.
    """

    rows: Mapping[str, Row]
    objects: Mapping[str, str | Mapping[str, Mapping[str, str]]]
    one_of: Mapping[str, tuple[str, str]]
    errors: Mapping[str, str]
    everywhere: str


@cache
def fields(notation: str) -> Mapping[str, Field]:
    return {one.name: one for one in map(field, notation.split())}


@cache
def field(word: str) -> Field:
    found = _WORD.fullmatch(word)
    assert found is not None, word
    many = found["many"] is not None
    most = int(found["most"] or 1000) if many else 1
    return Field(found["name"], found["kind"], found["mark"], many, most, bool(found["null"]))


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


KINDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "any": lambda _: True,
    "map": lambda value: isinstance(value, dict),
    "bool": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str) and value != "",
    "name": lambda value: isinstance(value, str) and 1 <= len(value) <= 255,
    "id": lambda value: isinstance(value, str) and ID.fullmatch(value) is not None,
    "ids": lambda value: isinstance(value, list) and all(KINDS["id"](item) for item in value),
    "emoji": lambda value: isinstance(value, str) and is_emoji(value),
    "date": _is_date,
}


def fits(kind: str, value: object) -> bool:
    """Whether a value is of a kind that is no object."""
    known = KINDS.get(kind)
    return known(value) if known else isinstance(value, str) and value in kind.split("|")
