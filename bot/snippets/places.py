"""The places in a saved reply that are filled in when somebody chooses it: `{first_name|there}`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, Literal, NamedTuple

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
_CODED: Final = r"=:()\[\]<>&+*%$#@\"`\\^"  # signs of which words for people have none: `{name/there}`, `{name or you}`
_LIST: Final = rf"(?:{_UNSEEN},{_UNSEEN}(?:\.{{3}})?\w+)+{_UNSEEN}(?:,{_UNSEEN})?\Z"  # as in `const {name, age} = a`
_FIELDS: Final = rf"[^\S\n]+(?:{_ONE_WORD})(?:[^\S\n]+\w+)+{_BLANK}"  # GraphQL: `{ name handle }`
_ALMOST: Final = re.compile(
    rf"(?!{_FIELDS}\Z){_UNSEEN}(?:(?:{_APART})(?:\W.*)?|(?:{_ONE_WORD}){_UNSEEN}(?:[!?.,;]+{_UNSEEN})?(?:\|.*)?"
    rf"|(?:{_ONE_WORD})(?![.!-]\w|{_LIST})[^\w{_CODED}]+[^\W\d][^{_CODED}]*)",
    re.IGNORECASE,
)
# What may be code as well: `{name, there}`, `{name: there}`, `{name (there)}`.
_PERHAPS: Final = re.compile(
    rf"(?:{_ONE_WORD}){_UNSEEN}[:=(,]{_UNSEEN}[^\W\d]\w[^{_CODED}]*(?:\){_UNSEEN})?|{_FIELDS}", re.IGNORECASE
)
_WORDS: Final = re.compile(rf"{_BLANK}[^\W\d]\w*(?:[ -]\w+){{0,3}}{_BLANK}(?:\|.*)?")
_OURS: Final = re.compile(rf"{_UNSEEN}({_ONE_WORD})(?!\w)", re.IGNORECASE)
_OPEN: Final = re.compile(rf"\{{(?:first_name(?!\w)|(?:{'|'.join(PLACES)})(?!\.?\w|[:=(]))")
_BEGUN: Final = re.compile(r"(?:\(\)\s*|=>\s*|(?<!\d)\$|\b(?:const|import)\s*)\Z")  # code: `f() {`, `${`, not `:) {`
# In "it`s" and "the `90s" it is an apostrophe.
_CODE: Final = re.compile(rf"(?P<block>{BLOCK})|(?<![A-Za-z0-9]){SPAN}(?![A-Za-z0-9])", re.DOTALL)
_INERT: Final = re.compile(rf"(`|(?<!\{{)\{{{_BLANK}first_name{_REST})|.", re.DOTALL)

Kind = Literal["place", "almost", "other"]


class _Found(NamedTuple):
    """What stands in braces; `ours` is the word of ours with which it begins, where it may be code as well."""

    begin: int
    end: int
    kind: Kind
    ours: str = ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with what `values` has for each place, else with what stands behind its bar; a place without either stays.

    So does one alone between backticks. What is filled in is not looked at again: a name may have braces.
    """

    def value(found: re.Match[str]) -> str:
        return found[0] if _is_code(found) else _value(found, values)

    return _PLACE.sub(value, text)


def _value(place: re.Match[str], values: Mapping[str, str]) -> str:
    name, otherwise = place[1], place[2]
    return values.get(name) or (place[0] if otherwise is None else otherwise.strip())


def missing(text: str, values: Mapping[str, str]) -> set[str]:
    """The names of the places that `filled` leaves, also of what may be meant as one: `{name, there}`.

    Whoever types the same into a message may have meant code, which a text does not tell; a saved reply has places.
    """
    left = {one[1] for one in _places(text) if _value(one, values) == one[0]}
    return left | {one.ours for one in _in(text) if one.kind == "other" and one.ours}


def unfilled(text: str, missing: Collection[str] = ()) -> str | None:
    """The first place that is still there, or is almost one, with the words around it; None where there is none.

    What is `missing` since a saved reply was put there is still there within code too.
    """
    left = [(one.begin, one.end) for one in _in(text) if one.kind != "other" or one.ours in missing]
    left += [one.span() for one in _places(text) if one[1] in missing]
    if not left:
        return None
    first, last = min(left)
    begin, end = max(first - AROUND, 0), min(last + AROUND, len(text))
    return ("…" if begin else "") + " ".join(text[begin:end].split()) + ("…" if end < len(text) else "")


def unknown(text: str) -> str | None:
    """The first thing in `text` that looks like a place and is none, such as `{frist_name}` or `{first name}`."""
    return next((text[one.begin : one.end] for one in _in(text) if one.kind != "place"), None)


def _places(text: str) -> Iterator[re.Match[str]]:
    """Those that `filled` fills, wherever they stand."""
    return (one for one in _PLACE.finditer(text) if not _is_code(one))


def _in(text: str) -> Iterator[_Found]:
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
            yield _Found(*place.span(), "place")
        elif not found[2]:
            begun = _OPEN.match(text, found.start())
            before = text[max(found.start() - AROUND, 0) : found.start()]
            if begun and (begun[0] == "{first_name" or not _BEGUN.search(before)):
                yield _Found(*begun.span(), "almost")
        elif _ALMOST.fullmatch(found[1]):
            yield _Found(*found.span(), "almost")
        elif _PERHAPS.fullmatch(found[1]) or _WORDS.fullmatch(found[1]):
            ours = _OURS.match(found[1])
            yield _Found(*found.span(), "other", ours[1].lower() if ours else "")


def _without_code(code: re.Match[str]) -> str:
    """What of it may be a place, in the same length."""
    return "`" * len(code[0]) if code["block"] else _INERT.sub(lambda one: one[1] or "\0", code[0])


def _is_code(found: re.Match[str]) -> bool:
    """Whether it stands alone between backticks."""
    return found.string[max(found.start() - 1, 0) : found.start()] == "`" == found.string[found.end() : found.end() + 1]
