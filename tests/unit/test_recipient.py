"""Whom people mean by what they paste: every form of it, and what names a platform stays there."""

from __future__ import annotations

import re
import string
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dm.command import Command, command
from bot.lists.profiles import in_text
from bot.models import Person
from bot.recipient import Recipient, Unreadable, folded, is_definite, keys_of, read, read_in_slack

PASTED = [
    # handles, and what stands around them
    ("@Sarah_Chen", "sarah_chen"),
    ("sarah", "sarah"),
    ("@sarah,", "sarah"),
    ("@sarah:", "sarah"),
    ("@sarah.", "sarah"),
    ("sarah!", "sarah"),
    ("(@sarah)", "sarah"),
    ("“@sarah”", "sarah"),
    ("*@sarah*", "sarah"),
    ("_@sarah_", "sarah"),
    ("@_sarah_", "_sarah_"),
    ("`@sarah`", "sarah"),
    ("＠sarah", "sarah"),  # noqa: RUF001 - what Japanese keyboards write
    ("＠ｓａｒａｈ：", "sarah"),  # noqa: RUF001 - the same
    ("\u2066@sarah\u2069", "sarah"),
    ("\u200b@sarah\ufeff", "sarah"),
    ("josé-garcía", "josé-garcía"),
    ("@josé", "josé"),
    # ids
    ("44196397", "44196397"),
    ("44196397,", "44196397"),
    ("@44196397", "@44196397"),
    # X
    ("https://x.com/Sarah?s=20", "twitter:@sarah"),
    ("http://x.com/sarah", "twitter:@sarah"),
    ("x.com/sarah", "twitter:@sarah"),
    ("X.COM/Sarah/", "twitter:@sarah"),
    ("www.x.com/sarah", "twitter:@sarah"),
    ("twitter.com/sarah/", "twitter:@sarah"),
    ("https://www.twitter.com/sarah", "twitter:@sarah"),
    ("https://mobile.twitter.com/@sarah#top", "twitter:@sarah"),
    ("https://m.x.com/sarah", "twitter:@sarah"),
    ("//x.com/sarah", "twitter:@sarah"),
    ("https://twitter.com/#!/sarah", "twitter:@sarah"),
    ("https://x.com:443/sarah", "twitter:@sarah"),
    ("https://x.com/i/user/123", "twitter:123"),
    ("https://x.com/123", "twitter:@123"),
    ("https://x.com/Sarah/status/1876543210987654321?s=46&t=abc", "twitter:@sarah"),
    ("https://twitter.com/sarah/status/18765/photo/1", "twitter:@sarah"),
    ("https://x.com/sarah/with_replies", "twitter:@sarah"),
    ("https://x.com/sarah/media", "twitter:@sarah"),
    ("https://twitter.com/intent/user?screen_name=Sarah", "twitter:@sarah"),
    ("https://x.com/intent/follow?user_id=123", "twitter:123"),
    ("<https://x.com/sarah|x.com/sarah>", "twitter:@sarah"),
    ("<http://x.com/sarah>", "twitter:@sarah"),
    ("<https://x.com/sarah|@omar>", "twitter:@sarah"),
    ("<https://x.com/sarah?a=1&amp;b=2>,", "twitter:@sarah"),
    ("*<https://x.com/sarah|Sarah>*", "twitter:@sarah"),
    ("(https://x.com/sarah)", "twitter:@sarah"),
    ("_https://x.com/sarah_", "twitter:@sarah"),
    ("https://x.com/sarah_", "twitter:@sarah_"),
    ("「https://x.com/sarah」", "twitter:@sarah"),
    # LinkedIn
    ("https://www.linkedin.com/in/sarah-chen-1a/", "linkedin:@sarah-chen-1a"),
    ("linkedin.com/in/Sarah-Chen", "linkedin:@sarah-chen"),
    ("https://linkedin.com/in/sarah-chen?miniProfileUrn=urn%3Ali%3Afs_miniProfile%3AACoAA", "linkedin:@sarah-chen"),
    ("https://de.linkedin.com/in/sarah-chen/en", "linkedin:@sarah-chen"),
    ("https://www.linkedin.com/in/sarah-chen/?locale=de_DE", "linkedin:@sarah-chen"),
    ("https://www.linkedin.com/in/sarah-chen/details/experience/", "linkedin:@sarah-chen"),
    ("https://www.linkedin.com/in/sarah-chen/recent-activity/all/", "linkedin:@sarah-chen"),
    ("https://www.linkedin.com/in/sarah-chen/overlay/contact-info/", "linkedin:@sarah-chen"),
    ("https://www.linkedin.com/in/jos%C3%A9-garc%C3%ADa/", "linkedin:@josé-garcía"),
    ("https://www.linkedin.com/in/josé-garcía", "linkedin:@josé-garcía"),
    ("https://www.linkedin.com/in/jose\u0301-garci\u0301a", "linkedin:@josé-garcía"),
    ("https://www.linkedin.com/in/%E6%9D%8E%E9%9B%B7", "linkedin:@李雷"),
    ("https://www.linkedin.com/in/4711", "linkedin:@4711"),
    ("https://www.linkedin.com/mwlite/in/sarah-chen", "linkedin:@sarah-chen"),
    ("https://m.linkedin.com/in/sarah-chen", "linkedin:@sarah-chen"),
    ("<https://www.linkedin.com/in/sarah-chen/|Sarah Chen>", "linkedin:@sarah-chen"),
]
REFUSED = [
    ("", "nothing"),
    ("@", "nothing"),
    ("two words", "several"),
    ("@omar @sarah", "several"),
    ("Sarah Chen", "several"),
    ("<@U123|sarah>", "colleague"),
    ("<#C1|sarah>", "unclear"),
    ("<!here>", "unclear"),
    ("sa/rah", "unclear"),
    ("@sarah’s", "unclear"),  # noqa: RUF001 - as phones write it
    ("a" * 101, "unclear"),
    ("a" * 2_001, "long"),
    ("sarah@company.example", "email"),
    ("<mailto:sarah@company.example|sarah@company.example>", "email"),
    ("https://x.com/home", "no_profile"),
    ("https://x.com/i/status/1876543210987654321", "no_profile"),
    ("https://x.com/messages/1-2", "no_profile"),
    ("https://x.com", "no_profile"),
    ("https://x.com/sarah-chen", "no_profile"),
    ("https://www.linkedin.com/company/acme", "company"),
    ("https://www.linkedin.com/posts/sarah-chen_hello-activity-1", "no_profile"),
    ("https://www.linkedin.com/feed/update/urn:li:activity:1", "no_profile"),
    ("https://www.linkedin.com/in/", "no_profile"),
    ("https://www.linkedin.com/in/%20/", "no_profile"),
    ("https://lnkd.in/abc", "short"),
    ("https://evil.example/sarah", "elsewhere"),
    ("https://evil.example/x.com/sarah", "elsewhere"),
    ("https://x.com@evil.example/sarah", "elsewhere"),
    ("https://x.com.evil.example/sarah", "elsewhere"),
    ("https://notx.com/sarah", "elsewhere"),
    ("https://х.com/sarah", "elsewhere"),  # noqa: RUF001 - a Cyrillic letter
    ("<https://evil.example/sarah|x.com/sarah>", "elsewhere"),
    ("javascript:x.com/sarah", "elsewhere"),
    ("ftp://x.com/sarah", "elsewhere"),
]


@pytest.mark.parametrize(("word", "key"), PASTED)
def test_every_form_that_people_paste_is_read(word: str, key: str) -> None:
    assert read(word).key == key
    assert Recipient.of(key) == read(word)


@pytest.mark.parametrize(("word", "why"), REFUSED)
def test_what_names_nobody_says_why(word: str, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(word)
    assert refused.value.why == why


anything = st.text(st.characters(codec=None), max_size=200)
names = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=15)
slugs = st.text(string.ascii_letters + string.digits + "-éüñ李", min_size=1, max_size=30).map(lambda one: f"a{one}")
signs = st.text(" .,:;!?()[]{}*\"'“”„«»「」~`•>\u200b\u2066\ufeff", max_size=4)
x_pages = st.sampled_from(["x.com", "twitter.com", "www.x.com", "mobile.twitter.com"])
linkedin_pages = st.sampled_from(["linkedin.com", "www.linkedin.com", "de.linkedin.com"])
schemes = st.sampled_from(["", "https://", "http://", "HTTPS://"])
tails = st.sampled_from(
    ["", "/", "?s=20", "/status/1", "/details/experience/", "/en", "#x", "/?locale=de_DE&a=x.com/bo"]
)
labels = st.sampled_from(["", "|@omar", "|x.com/omar", "|https://www.linkedin.com/in/omar", "|Sarah"])


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, str]:
    """The platform, and an address on it as somebody may paste it."""
    platform = draw(st.sampled_from(["twitter", "linkedin"]))
    who = f"{draw(x_pages)}/x{draw(names)}" if platform == "twitter" else f"{draw(linkedin_pages)}/in/{draw(slugs)}"
    address = draw(schemes) + who + draw(tails)
    token = f"<https://{who}{draw(labels)}>" if draw(st.booleans()) else address
    return platform, draw(signs) + token + draw(signs)


@given(addresses())
def test_who_is_named_on_a_platform_is_never_somebody_on_another_one(pasted: tuple[str, str]) -> None:
    platform, word = pasted
    to = read(word)
    assert to.platform == platform
    assert Recipient.of(to.key) == to
    other = {"twitter": "linkedin", "linkedin": "twitter"}[platform]
    there = Person(platform=platform, platform_id="1", username=to.username)
    assert to.means(there)
    assert not to.means(there.having(platform=other))
    assert to.key in keys_of(there)
    assert to.key not in keys_of(there.having(platform=other))
    assert is_definite(word.strip())
    assert in_text(f"{word} and more") in ((to,), ())


@given(addresses(), st.text(string.ascii_lowercase, min_size=1))
def test_an_address_in_a_command_is_the_recipient_on_its_platform(pasted: tuple[str, str], said: str) -> None:
    platform, word = pasted
    asked = command(f"{''.join(word.split())} {said}")
    assert asked.to is not None
    assert asked.to.platform == platform
    assert asked.text == said


@given(anything)
def test_anything_at_all_is_read_or_refused(word: str) -> None:
    try:
        to = read(word)
    except Unreadable:
        return
    assert bool(to.username) != bool(to.platform_id)
    assert Recipient.of(to.key) == to
    assert not re.search(r"[\s<>|/@:]", to.name)
    assert folded(to.name) == to.name or to.platform_id


@pytest.mark.parametrize("platform_id", ["4711", "ACoAAB-x_1", "urn:li:fsd_profile:ACoAAB"])
def test_somebody_known_is_meant_by_their_id_whatever_it_is_made_of(platform_id: str) -> None:
    to = Recipient("linkedin", platform_id=platform_id)
    assert Recipient.of(to.key) == to
    assert Recipient.of(to.key).means(Person(platform="linkedin", platform_id=platform_id))


named = st.sampled_from(["Sarah", "Chen", "@omar", "@sarah,", "4711", "20261", "<@U1|bo>", "a@b.example", "＠bo"])  # noqa: RUF001
linked = st.sampled_from(["x.com/sarah", "https://a.example", "https://x.com/i/status/1", "<https://x.com/s|x>"])
other = st.sampled_from(["hi", "help", "and", "¿qué?", "*", " ", "\n"])
commands = st.one_of(anything, st.lists(st.one_of(named, linked, other), max_size=12).map(" ".join))


@given(commands)
def test_nothing_of_a_command_is_lost(typed: str) -> None:
    try:
        asked = command(typed)
    except Unreadable:
        return  # then the listener hands all of it back
    letters = re.compile(r"[^\W_]")
    kept, given = (normalize("NFC", folded_signs(one)) for one in (asked.typed + asked.text, typed))
    assert letters.findall(kept) == letters.findall(given)


def folded_signs(said: str) -> str:
    return "".join(chr(ord(one) - 0xFEE0) if 0xFF01 <= ord(one) <= 0xFF5E else one for one in said)


@given(commands)
def test_a_command_sends_only_to_what_can_be_nothing_but_a_recipient(typed: str) -> None:
    try:
        asked = command(typed)
    except Unreadable:
        return
    if asked.to:
        assert is_definite(asked.typed)
        assert read(asked.typed) == asked.to


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("", Command("", "")),
        ("@sarah", Command("@sarah", "", Recipient(username="sarah"))),
        ("@sarah Hello  there\n\nBo ", Command("@sarah", "Hello  there\n\nBo", Recipient(username="sarah"))),
        ("@sarah: hi", Command("@sarah:", "hi", Recipient(username="sarah"))),
        ("@sarah\u00a0hi", Command("@sarah", "hi", Recipient(username="sarah"))),
        ("  <https://x.com/s|x.com/s> hi", Command("<https://x.com/s|x.com/s>", "hi", Recipient("twitter", "s"))),
        ("20261 hi", Command("20261", "hi", Recipient(platform_id="20261"))),
        ("@sarah https://a.example here", Command("@sarah", "https://a.example here", Recipient(username="sarah"))),
        ("@sarah https://x.com/b/status/1", Command("@sarah", "https://x.com/b/status/1", Recipient(username="sarah"))),
        ("@sarah 20261 is yours", Command("@sarah", "20261 is yours", Recipient(username="sarah"))),
        ("@sarah and so on", Command("@sarah", "and so on", Recipient(username="sarah"))),
        # what may be a name, or no recipient at all
        ("sarah hi", Command("sarah", "hi")),
        ("Sarah Chen hi", Command("Sarah Chen", "hi")),
        ("Sarah hi", Command("Sarah", "hi")),
        ("help me please", Command("help", "me please")),
        ("Sarah, hi", Command("Sarah", "hi")),
        ("10 people are here", Command("10", "people are here")),
        ("2026 was good", Command("2026", "was good")),
        ("0049301234567 called", Command("0049301234567", "called")),
        ("I'm late", Command("I'm", "late")),
        # several
        ("@omar @sarah hi both", Command("@omar @sarah", "hi both")),
        ("@omar, @sarah: hi", Command("@omar, @sarah:", "hi")),
        ("@omar and @sarah\nhi", Command("@omar and @sarah", "hi")),
        ("@omar plus @sarah hi", Command("@omar plus @sarah", "hi")),
        ("@omar CC: @sarah hi", Command("@omar CC: @sarah", "hi")),
        ("@omar as well as @sarah, hi", Command("@omar as well as @sarah,", "hi")),
        ("@omar together with linkedin.com/in/sarah hi", Command("@omar together with linkedin.com/in/sarah", "hi")),
        # perhaps several: the text stays whole
        ("@omar samt @sarah hi", Command("@omar", "samt @sarah hi")),
        ("@omar cc:@sarah hi", Command("@omar", "cc:@sarah hi")),
        ("@omar https://a.example/@sarah", Command("@omar", "https://a.example/@sarah", Recipient(username="omar"))),
        ("@omar hi @sarah, how are you?", Command("@omar", "hi @sarah, how are you?")),
        ("@omar hi and @sarah too", Command("@omar", "hi and @sarah too")),
        ("@omar @bo und auch @sarah hi", Command("@omar @bo", "und auch @sarah hi")),
        ("@omar did you ask @sarah?", Command("@omar", "did you ask @sarah?", Recipient(username="omar"))),
        ("@omar hi https://a.example", Command("@omar", "hi https://a.example", Recipient(username="omar"))),
        ("@omar 与 <@U1|sarah> hi", Command("@omar 与 <@U1|sarah>", "hi")),
        ("@omar and <@U1|sarah>, hi", Command("@omar and <@U1|sarah>,", "hi")),
        ("@omar samt @sarah <@U1|ana> hi", Command("@omar", "samt @sarah <@U1|ana> hi")),
        ("@omar <@U1|ana> ping <@U2|bo> hi", Command("@omar <@U1|ana>", "ping <@U2|bo> hi")),
        *(
            (f"@omar {joined} hi", Command("@omar", f"{joined} hi"))
            for joined in (
                *(
                    "og <@U1|sarah>",
                    "i <@U1|sarah>",
                    "en <@U1|sarah>",
                    "ve <@U1>",
                    "\u05d5 <@U1|sarah>",
                    "és <@U1|sarah>",
                ),
                *("samt <@U1|sarah>", "und auch <@U1|sarah>", "et aussi <@U1>", "also to <@U1|sarah>", "to <@U1|bo>"),
                *("og samt <@U1|sarah>", "og til <@U1|sarah>", "og til @sarah", "En: <@U1|sarah>", "- <@U1|sarah>"),
                *("cc:<@U1|sarah>", "+<@U1|sarah>", "&amp;<@U1|sarah>", "and/<@U1>", "与<@U1|sarah>", "и@sarah"),
                *("cc:<@U1|Sarah Chen>", "hello,<@U1|sarah>"),
            )
        ),
        ("@omar @bo og <@U1|sarah> hi", Command("@omar @bo", "og <@U1|sarah> hi")),
        # a colleague in the text is none
        *(
            (f"@omar {text}", Command("@omar", text, Recipient(username="omar")))
            for text in (
                *("please ask <@U1|sarah> about it", "please ask @sarah about it", "it is <@U1|sarah> who knows"),
                *(
                    "see <@U1|sarah>",
                    "with my <@U1|bo> hi",
                    "和我们的<@U1|bo>",
                    "please (<@U1|bo>)",
                    "a note to <@U1|bo>",
                ),
            )
        ),
        ("@omar ping <@U1|ana> tomorrow", Command("@omar", "ping <@U1|ana> tomorrow", Recipient(username="omar"))),
        ("@omar ask (<@U1>), please", Command("@omar", "ask (<@U1>), please", Recipient(username="omar"))),
        ("@omar with my <@W1|bo> hi", Command("@omar", "with my <@W1|bo> hi", Recipient(username="omar"))),
        ("@omar <@U1|bo> hi", Command("@omar <@U1|bo>", "hi")),
        ("x.com/omar linkedin.com/in/sarah hi", Command("x.com/omar linkedin.com/in/sarah", "hi")),
    ],
)
def test_a_command_is_a_recipient_and_a_text(typed: str, asked: Command) -> None:
    assert command(typed) == asked


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("sarah@company.example hi", "email"),
        ("https://x.com/i/status/1 hi", "no_profile"),
        ("https://evil.example/sarah hi", "elsewhere"),
        ("<@U1|Ana Bo> hi", "colleague"),
        ("sa/rah hi", "unclear"),
        ("@ hi", "nothing"),
    ],
)
def test_what_can_be_no_recipient_is_refused(typed: str, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        command(typed)
    assert refused.value.why == why


def test_where_slack_marks_mentions_a_colleagues_label_is_the_handle() -> None:
    assert read_in_slack("<@U1|sarah>") == Recipient(username="sarah")
    assert read_in_slack(" @sarah, ") == Recipient(username="sarah")
    with pytest.raises(Unreadable):
        read_in_slack("<@U1>")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("<https://x.com/Sarah>", ("twitter:@sarah",)),
        ("see <https://twitter.com/sarah?s=20|this> and x.com/omar_k.", ("twitter:@sarah", "twitter:@omar_k")),
        ("<https://www.linkedin.com/in/sarah-chen/|Sarah>", ("linkedin:@sarah-chen",)),
        ("(https://mobile.x.com/sarah)", ("twitter:@sarah",)),
        ("*x.com/sarah*, _https://x.com/omar_", ("twitter:@sarah", "twitter:@omar")),
        ("• x.com/sarah\n- x.com/omar\n1.x.com/no", ("twitter:@sarah", "twitter:@omar")),
        ("Profile:https://x.com/sarah,https://x.com/omar;", ("twitter:@sarah", "twitter:@omar")),
        ("[Sarah](https://x.com/sarah) “linkedin.com/in/omar”", ("twitter:@sarah", "linkedin:@omar")),
        ("（x.com/sarah）", ("twitter:@sarah",)),  # noqa: RUF001 - full-width brackets
        ("<https://x.com/sarah/status/1> <https://x.com/home> <https://example.com/x.com/no>", ("twitter:@sarah",)),
        ("netflix.com/sarah and @sarah and <@U1|sarah>", ()),
        ("url=https://x.com/sarah", ("twitter:@sarah",)),
        ("a=1&u=https://x.com/sarah&b=2 x.com/omar?s=1&t=2", ("twitter:@sarah", "twitter:@omar")),
        ("handle=x.com/sarah link=linkedin.com/in/omar", ("twitter:@sarah", "linkedin:@omar")),
        ("url='https://x.com/sarah' -https://x.com/omar", ("twitter:@sarah", "twitter:@omar")),
        ("https://a.example/?next=https://x.com/no a.example/go?u=x.com/no https://a.example/https://x.com/no", ()),
        (" ".join(f"<https://x.com/a{number}>" for number in range(9)), ("twitter:@a0", "twitter:@a1", "twitter:@a2")),
        ("<https://x.com/sarah> <https://x.com/Sarah>", ("twitter:@sarah",)),
    ],
)
def test_profiles_in_a_message(said: str, found: tuple[str, ...]) -> None:
    assert tuple(one.key for one in in_text(said)) == found


def test_a_person_is_known_under_all_keys_that_name_them() -> None:
    person = Person(platform="linkedin", platform_id="9", username="Jos%C3%A9")
    assert keys_of(person) == {"9", "linkedin:9", "josé", "linkedin:@josé"}
