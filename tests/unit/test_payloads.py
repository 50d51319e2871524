"""What Slack sends, read as the standard library reads it; what is quick, as what is thorough."""

from __future__ import annotations

import json
import sys
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import text
from bot.slack.payloads import MALFORMED, read

FORM = "application/x-www-form-urlencoded"
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.dictionaries(words.filter(lambda one: one not in ("", "payload")), words, max_size=5))
def test_a_form_is_read_as_it_was_written(form: dict[str, str]) -> None:
    raw = urlencode(form)
    assert read(f"a=b&{raw}", FORM) == {"a": "b"} | form
    assert read(f"a=b&{raw}", FORM) == dict(parse_qsl(f"a=b&{raw}", keep_blank_values=True))


@pytest.mark.parametrize("raw", ["a=b&&c=%", "a=%zz&b=%e2%82", "a&b=1=2", "ä=ö+ü&x=%C3%A4", "a=1&a=2"])
def test_an_odd_form_is_read_as_the_standard_library_reads_it(raw: str) -> None:
    assert read(raw, FORM) == dict(parse_qsl(raw, keep_blank_values=True))


@given(st.dictionaries(words, words, max_size=5))
def test_json_is_read_alone_and_within_a_form(said: dict[str, str]) -> None:
    assert read(urlencode({"payload": json.dumps(said)}), FORM) == said
    assert read(json.dumps(said), "application/json; charset=utf-8") == said
    assert read(json.dumps(said), FORM) == said


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("[]", "application/json"), ("{", FORM), ("payload=1", FORM), ("payload=", FORM), ("", "application/json")],
)
def test_what_slack_does_not_send_is_refused(raw: str, kind: str) -> None:
    with pytest.raises(MALFORMED):
        read(raw, kind)


def test_what_can_be_printed_is_clean() -> None:
    printable = "".join(one for one in map(chr, range(sys.maxunicode + 1)) if one.isprintable())
    assert text.clean(f"{printable}\n") == f"{printable}\n"


@given(st.text(st.sampled_from("aZ9 ,?!-.@_*:<>&`~"), max_size=40), st.integers(0, 50))
def test_plain_words_are_shown_and_sent_as_they_are(said: str, limit: int) -> None:
    """A newline at the end takes the thorough way."""
    assert text.plain(said, 10_000) == text.plain(f"{said}\n", 10_000).removesuffix("\n")
    assert text.decode(said) == text.decode(f"{said}<>").removesuffix("<>")
    assert len(text.plain(said, limit)) <= limit
