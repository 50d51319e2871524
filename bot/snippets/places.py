"""The places in a saved reply that are filled in when somebody chooses it: `{first_name|there}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from bot.text import BLOCK, SPAN

PLACES: Final = ("first_name", "name", "handle", "me", "account")
AROUND: Final = 20  # characters beside a place that are named with it
_BLANK: Final = r"[^\S\n]*"
_REST: Final = rf"{_BLANK}(?:\|([^{{}}|\n]*))?\}}"
_PLACE: Final = re.compile(rf"(?<!\{{)\{{{_BLANK}({'|'.join(PLACES)}){_REST}")
_BRACES: Final = re.compile(r"\{{1,2}([^{}\n]+)(\}{0,2})")
_UNSEEN: Final = r"(?:[^\S\n]|[\u200b-\u200f\u2060\ufeff])*"
# `name: 1` and `account.id` are code, also `firstName: 1`; no code has first_name, whatever stands behind it.
_APART: Final = "|".join(place.replace("_", "[ _.-]") for place in PLACES if "_" in place)
_ONE_WORD: Final = "|".join(place.replace("_", "") for place in PLACES)
_ALMOST: Final = re.compile(
    rf"{_UNSEEN}(?:(?:{_APART})(?:\W.*)?|(?:{_ONE_WORD}){_UNSEEN}(?:[!?.,;]+{_UNSEEN})?(?:\|.*)?)", re.IGNORECASE
)
_WORDS: Final = re.compile(rf"{_BLANK}[^\W\d]\w*(?:[ -]\w+){{0,3}}{_BLANK}(?:\|.*)?")
_OPEN: Final = re.compile(rf"\{{(?:first_name(?!\w)|(?:{'|'.join(PLACES)})(?!\.?\w|[:=(]))")
_BEGUN: Final = re.compile(r"(?:\(\)\s*|=>\s*|(?<!\d)\$|\b(?:const|import)\s*)\Z")  # code: `f() {`, `${`, not `:) {`
# In "it`s" and "the `90s" it is an apostrophe.
_CODE: Final = re.compile(rf"(?P<block>{BLOCK})|(?<![A-Za-z0-9]){SPAN}(?![A-Za-z0-9])", re.DOTALL)
_PLACE_OR_BLOCK: Final = re.compile(rf"{_PLACE.pattern}|{BLOCK}", re.DOTALL)
_INERT: Final = re.compile(rf"(`|(?<!\{{)\{{{_BLANK}first_name{_REST})|.", re.DOTALL)

Kind = Literal["place", "almost", "other"]


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with what `values` has for each place, else with what stands behind its bar; a place without either stays.

    So does one in a block of code or alone between backticks. What is filled in is not looked at again: a name may
    have braces.
    """

    def value(found: re.Match[str]) -> str:
        if not found[1] or _is_code(found):
            return found[0]
        name, otherwise = found[1], found[2]
        return values.get(name) or (found[0] if otherwise is None else otherwise.strip())

    return _PLACE_OR_BLOCK.sub(value, text)


def unfilled(text: str) -> str | None:
    """The first place that is still there, or is almost one, with the words around it; None where there is none."""
    found = next((span for span, kind in _in(text) if kind != "other"), None)
    if found is None:
        return None
    begin, end = max(found[0] - AROUND, 0), min(found[1] + AROUND, len(text))
    return ("…" if begin else "") + " ".join(text[begin:end].split()) + ("…" if end < len(text) else "")


def unknown(text: str) -> str | None:
    """The first thing in `text` that looks like a place and is none, such as `{frist_name}` or `{first name}`."""
    return next((text[slice(*span)] for span, kind in _in(text) if kind != "place"), None)


def _in(text: str) -> Iterator[tuple[tuple[int, int], Kind]]:
    """Where something stands in braces that is a place, almost one of ours, or a few words that may be meant as one.

    Almost one of ours has other letters, signs or braces, or nothing closes it. Between backticks there is only code,
    except a `{first_name}` on a line with other words, which no code has.
    """
    text = _CODE.sub(_without_code, text)
    for found in _BRACES.finditer(text):
        place = _PLACE.match(text, found.start())
        if _is_code(place or found):
            continue
        if place:
            yield place.span(), "place"
        elif not found[2]:
            begun = _OPEN.match(text, found.start())
            before = text[max(found.start() - AROUND, 0) : found.start()]
            if begun and (begun[0] == "{first_name" or not _BEGUN.search(before)):
                yield begun.span(), "almost"
        elif _ALMOST.fullmatch(found[1]):
            yield found.span(), "almost"
        elif _WORDS.fullmatch(found[1]):
            yield found.span(), "other"


def _without_code(code: re.Match[str]) -> str:
    """What of it may be a place, in the same length."""
    return "`" * len(code[0]) if code["block"] else _INERT.sub(lambda one: one[1] or "\0", code[0])


def _is_code(found: re.Match[str]) -> bool:
    """Whether it stands alone between backticks."""
    return found.string[max(found.start() - 1, 0) : found.start()] == "`" == found.string[found.end() : found.end() + 1]
