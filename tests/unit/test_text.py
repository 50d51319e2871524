"""What strangers type is inert in Slack; what colleagues type in Slack arrives as they meant it."""

import hashlib
import itertools
import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.emoji import glyph, is_emoji, table
from bot.sandbox.inbox.contract.notation import fits
from bot.text import (
    after_prefix,
    characters,
    clean,
    clip,
    clip_marked,
    clock,
    decode,
    literal,
    mentioned,
    plain,
    when,
    when_long,
)

JOINER = "\u2060"
anything = st.text(st.characters(codec=None), max_size=200)
slackish = st.lists(
    st.sampled_from(
        ["<", ">", "&", "&amp;", "&lt;", "|", "@U1", "#C1", "!date^1^{time}", "://", ":tada:", "*", "_", "x"]
    ),
    max_size=30,
).map("".join)
AT = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Tom & Jerry <3", "Tom &amp; Jerry &lt;3"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("&lt;", "&amp;lt;"),
        ("@here @channels @sarah", f"@{JOINER}here @channels @sarah"),
        ("> quoted", f"{JOINER}&gt; quoted"),
        (":tada: 10:30", f":{JOINER}tada: 10:30"),
        ("https://evil.example/a", f"https:{JOINER}//evil{JOINER}.example/a"),
        ("*b* _i_ ~s~ `c` a_b", "∗b∗ ˍiˍ ∼s∼ ˋcˋ a_b"),  # noqa: RUF001 - look-alikes are the point
    ],
)
def test_a_strangers_markup_shows_literally(typed: str, shown: str) -> None:
    assert plain(typed) == shown


@given(st.one_of(anything, slackish), st.integers(0, 60))
def test_plain_is_never_too_long_and_never_active(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert not re.search("[<>*~`]", shown)
    assert not re.search(r"&(?!(amp|lt|gt);)", shown)
    shown.encode()  # no lone surrogate is left


@given(anything, st.integers(0, 60))
def test_literal_text_fits_and_is_clean(text: str, limit: int) -> None:
    shown = literal(text, limit)
    assert len(shown) <= limit
    assert clean(shown) == shown


def test_plain_never_cuts_an_entity() -> None:
    assert plain("&&&", 10) == "&amp;…"
    assert plain("&&&", 15) == "&amp;&amp;&amp;"


def test_control_characters_bidi_overrides_and_lone_surrogates_are_gone() -> None:
    assert clean("a\x00b\x1b\u202ec\u2066\r\nd\te\ud800") == "abc\nd\te\ufffd"
    assert clean("\ud83c\udf89") == "🎉"


def test_clip_counts_code_points() -> None:
    assert clip("🎉🎉🎉", 3) == "🎉🎉🎉"
    assert clip("🎉🎉🎉🎉", 3) == "🎉🎉…"
    assert clip("abc", 0) == ""


def test_our_own_words_are_cut_before_a_token_or_an_entity() -> None:
    said = "for <@U1|bo> &amp; me"
    assert clip_marked(said, len(said)) == said
    assert [clip_marked(said, limit) for limit in (8, 13, 17, 18, 19)] == [
        *("for…", "for <@U1|bo>…", "for <@U1|bo>…", "for <@U1|bo>…", "for <@U1|bo> &amp;…"),
    ]
    assert clip_marked(said, 0) == ""


@pytest.mark.parametrize(
    ("received", "meant"),
    [
        ("Tom &amp; Jerry &lt;3 <https://a.example|a.example> :tada:", "Tom & Jerry <3 https://a.example 🎉"),
        ("&amp;lt; &amp;amp;", "&lt; &amp;"),
        ("<https://a.example/?q=1&amp;r=2>", "https://a.example/?q=1&r=2"),
        ("<https://a.example|our prices>", "our prices (https://a.example)"),
        ("<https://a.example/|https://a.example>", "https://a.example/"),
        ("<mailto:ana@a.example|ana@a.example>", "ana@a.example"),
        ("<tel:+4930123|030 123>", "030 123"),
        ("hi <@U1> and <@U2|bo> and <@U3>", "hi @Ana and @bo and @someone"),
        ("<#C1|general> <#C2>", "#general #channel"),
        ("<!channel> <!here> <!everyone|everyone>", "@channel @here everyone"),
        ("<!subteam^S1|@sales> <!subteam^S2>", "@sales @group"),
        ("<!date^1^{time}|14:02>", "14:02"),
        (":+1::skin-tone-3: :+1: :no_such_emoji: 10:30", "👍🏼 👍 :no_such_emoji: 10:30"),
        (":flag-de: :woman-shrugging:", "🇩🇪 🤷‍♀️"),
        ("https://a.example/:tada:/ x", "https://a.example/:tada:/ x"),
        (":large_green_circle: :face_palm: :flag-england: :egg:", "🟢 🤦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🥚"),
        (":male-doctor::skin-tone-4: :tada::skin-tone-3:", "👨🏽‍⚕️ 🎉"),
        (":handshake::skin-tone-2-3: :people_holding_hands::skin-tone-2::skin-tone-6:", "🫱🏻‍🫲🏼 🧑🏻‍🤝‍🧑🏿"),
        ("12:m:30 `root:x:0:0` root:x:0:0 `:x:` :x:", "12:m:30 `root:x:0:0` root:x:0:0 `:x:` ❌"),
        ("```\n:x: <https://a.example> &lt;\n``` :x:", "```\n:x: https://a.example <\n``` ❌"),
        ("12:30:tada: Great:tada: :tada::tada:", "12:30🎉 Great🎉 🎉🎉"),
        ("*bold* _it_ ~no~ `a` b", "*bold* _it_ ~no~ `a` b"),
        ("a\n  b <3", "a\n  b <3"),
        ("<something else>", "<something else>"),
    ],
)
def test_slack_syntax_becomes_what_the_contact_reads(received: str, meant: str) -> None:
    assert decode(received, {"U1": "Ana"}) == meant


@given(st.one_of(anything, slackish))
def test_decode_never_raises_and_keeps_plain_words(text: str) -> None:
    decode(text)
    words = re.sub("[<>&:]", "", text)
    assert decode(words) == words


@pytest.mark.parametrize(
    "word",
    [
        "12:m:30",
        "bin:x:/sbin",
        "data:o:/mnt",
        "PATH=/a:b:/c",
        "2001:db8:a:b::1",
        "key:ok:-1",
        "fe80:a:b::c:d",
        "fe80:a:b:: ::a:b:1",
        "/users/:id:/posts",
        r"C:o:\new",
        "git:x:@host",
        "user:m:=1",
        "a:b:_c",
        "k:ok:+1",
        "-v /srv:o:/a:b:/c:ro",
        "/items:key:/edit",
        r"C:\new:bell:\old",
        "PATH=tools:key:/sbin",
        "daemon:x:100:100:bell:/var",
        "web:100:/mnt",
        "fe80:a:b::a:1",
        "root:x:@host",
        "//ana:bell:@host",
        "a.example/b:key:@host",
        "DB=ana/b:key:@host",
        "/srv/b:key:@host",
    ],
)
def test_the_inside_of_a_word_has_no_emoji(word: str) -> None:
    assert decode(word) == word


@pytest.mark.parametrize(
    ("received", "meant"),
    [
        ("Thanks:pray: ok:+1: :wave::skin-tone-2:Hi", "Thanks🙏 ok👍 👋🏻Hi"),
        (":a::b: Great:tada::tada: :tada::wave:Hi", "🅰️🅱️ Great🎉🎉 🎉👋Hi"),
        ("_Thanks:pray:_ (done:+1:/) Thanks:pray:- Ana", "_Thanks🙏_ (done👍/) Thanks🙏- Ana"),
        (":no_such::tada:Hi :tada::30:x:", ":no_such:🎉Hi 🎉:30❌"),
        ("-:tada:Done Great:tada:, Ana", "-🎉Done Great🎉, Ana"),
        ("ありがとう:pray::sparkles:では Thanks:pray::smile:Bye", "ありがとう🙏✨では Thanks🙏😄Bye"),
        ("Thanks:wave::skin-tone-2:Bye", "Thanks👋🏻Bye"),
        (":one:-:two:-:three: :smile:/:wave:/:tada:", "1️⃣-2️⃣-3️⃣ 😄/👋/🎉"),
        ("Yes:ok:/:wave:/:x:/:tada: Hi:smile:/:wave:Bo", "Yes🆗/👋/❌/🎉 Hi😄/👋Bo"),
        ("Thanks:pray:-Ana Hi:x:-Ana Anna-:heart:-Ben 1+:ok:+Bo", "Thanks🙏-Ana Hi❌-Ana Anna-❤️-Ben 1+🆗+Bo"),
        ("Great:tada:@sarah Thanks:+1:@sarah Hi:tada:<@U9>", "Great🎉@sarah Thanks👍@sarah Hi🎉@someone"),
        ("Price 5:moneybag:/month Yes/:heart:/No 5:fire:-3 left", "Price 5💰/month Yes/❤️/No 5🔥-3 left"),
        (
            "ありがとう:pray:では 谢谢:pray:你 Спасибо:pray:Анна Merci:pray:Élodie",
            "ありがとう🙏では 谢谢🙏你 Спасибо🙏Анна Merci🙏Élodie",
        ),
        ("he/she:heart:@bo and/or:tada:@bo Time 10:30:tada:@sarah", "he/she❤️@bo and/or🎉@bo Time 10:30🎉@sarah"),
        ("We're 24/7:muscle:/always on (él/ella:heart:_yes_)", "We're 24/7💪/always on (él/ella❤️_yes_)"),
        ("10/10:100:@sarah Nice:v:@sarah thanks:ok:@bo Nope:x:@bo", "10/10💯@sarah Nice✌️@sarah thanks🆗@bo Nope❌@bo"),
        ("Great:tada:_really_ Thanks:pray::) Thanks:pray::D", "Great🎉_really_ Thanks🙏:) Thanks🙏:D"),
    ],
)
def test_beside_a_word_and_in_a_row_an_emoji_is_one(received: str, meant: str) -> None:
    assert decode(received) == meant


def test_every_name_that_slack_has_for_an_emoji_is_understood() -> None:
    names, toned = table().names, table().tones
    assert len(names) >= 1903
    assert len({name for name in toned if names[name] != ""}) >= 323
    for name, shown in names.items():
        assert decode(f"a :{name}: b") == f"a {shown} b"
        assert decode(f":{name.upper()}:") == shown
    for name in toned:
        for tone in range(2, 7):
            shown = decode(f":{name}::skin-tone-{tone}:")
            assert shown == glyph(name, str(tone))
            assert chr(0x1F3F9 + tone) in shown
            assert len(set(shown) & set("🏻🏼🏽🏾🏿")) == 1


def test_whatever_an_emoji_of_slacks_shows_can_be_reacted_with() -> None:
    tones = ["", *"23456", *map("".join, itertools.permutations("23456", 2))]
    shown = {glyph(name, tone) for name in table().names if not name.startswith("skin-tone-") for tone in tones}
    assert [one for one in shown if not (is_emoji(one) and fits("emoji", one))] == []


@pytest.mark.parametrize("text", ["", "\ufe0f", "🏽", "🏻\ufe0f🏼", "x", "👍👍", "👍 "])
def test_what_is_no_emoji_or_more_than_one_is_told_from_one(text: str) -> None:
    assert not is_emoji(text)
    assert not fits("emoji", text)


def test_the_table_of_emoji_is_the_public_data_set_as_it_was_made_from() -> None:
    """Its source and licence stand in it; whoever changes it makes it anew with `tests/emoji_table.py`."""
    assert table().source == "emoji-datasource 16.0.0, MIT licence, by Cal Henderson"
    whole = json.dumps((sorted(table().names.items()), sorted(table().tones.items())))
    assert hashlib.sha256(whole.encode()).hexdigest()[:16] == "b9791e676e03dea9"


def test_emoji_are_read_when_somebody_writes_one() -> None:
    script = "import sys, bot.text; from bot import emoji; sys.exit(emoji.table.cache_info().currsize)"
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


def test_mentions_are_listed_once_and_in_order() -> None:
    assert mentioned("<@U2|bo> <@W1> <@U2> <#C1> @U9") == ["U2", "W1"]


def test_times_are_shown_in_the_readers_zone_with_utc_as_fallback() -> None:
    assert when(AT) == f"<!date^{int(AT.timestamp())}^{{time}}|14:02 UTC>"
    assert when_long(AT).endswith("^{date_short_pretty}, {time}|2026-11-22 14:02 UTC>")
    assert clock(AT) == "14:02 UTC"


@pytest.mark.parametrize(
    ("said", "prefix", "rest"),
    [
        (">> Hello ", ">>", "Hello"),
        ("  >>Hello", ">>", "Hello"),
        (">>", ">>", ""),
        (">>> a quote", ">>", None),
        ("> a quote", ">>", None),
        ("so: >> no", ">>", None),
        ("", ">>", None),
        ("Hello", "", None),
        ("dm: two\nlines", "dm:", "two\nlines"),
        ("📣 Hello", "📣", "Hello"),
        ("✉️ Hello", "✉", "Hello"),
        ("❗️❗️ careful with her", "❗️", None),
        ("🇩🇪🇩🇪 they won", "🇩🇪", None),
        ("👋🏽 all", "👋", None),
        ("👨‍👩‍👧 photo", "👨", None),
    ],
)
def test_only_what_begins_with_the_prefix_has_something_after_it(said: str, prefix: str, rest: str | None) -> None:
    assert after_prefix(said, prefix) == rest


@given(anything)
def test_without_a_prefix_nothing_is_ever_taken_for_one(said: str) -> None:
    assert after_prefix(said, "") is None


@pytest.mark.parametrize("one", ["x", "ß", "🎉", "❤️", "👩🏽‍🚀", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_an_emoji_is_one_character_whatever_it_is_made_of(one: str) -> None:
    assert characters(one * 3) == 3
    assert characters(f"{one}\u0939\u094d") == 3
