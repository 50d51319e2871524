"""The places in a saved reply that are filled in when somebody chooses it: `{first_name|there}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PLACES: Final = ("first_name", "name", "handle", "me", "account")
AROUND: Final = 20  # characters beside a place that are named with it
_PLACE: Final = re.compile(rf"\{{({'|'.join(PLACES)})(?:\|([^{{}}\n]*))?\}}")
_LIKE_ONE: Final = re.compile(r"\{([A-Za-z_]{1,40})(?:\|[^{}\n]*)?\}")


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with what `values` has for each place, else with what stands behind its bar; a place without either stays.

    What is filled in is not looked at again: a name may have braces of its own.
    """

    def value(found: re.Match[str]) -> str:
        name, otherwise = found[1], found[2]
        return values.get(name) or (found[0] if otherwise is None else otherwise)

    return _PLACE.sub(value, text)


def unfilled(text: str) -> str | None:
    """The first place that is still there, with the words around it; None where there is none."""
    found = _PLACE.search(text)
    if found is None:
        return None
    begin, end = max(found.start() - AROUND, 0), min(found.end() + AROUND, len(text))
    return ("…" if begin else "") + " ".join(text[begin:end].split()) + ("…" if end < len(text) else "")


def unknown(text: str) -> str | None:
    """The first thing in `text` that looks like a place and is none, such as `{frist_name}`."""
    return next((one[0] for one in _LIKE_ONE.finditer(text) if one[1] not in PLACES), None)
