"""Who gets a message: where an address says, or nobody; never because of a bare word; and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from redis import Redis

from bot.dm.jobs import Dm
from bot.lists.jobs import LookUp
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.stage import Stage
from tests.e2e.steps import calls, cards, form, hears, idle, initial, lookups, options, shows, told, version, whisper

LINKEDIN = "https://www.linkedin.com/in"


def on_linkedin(on: Stage, username: str = "sarah", name: str = "Sarah of LinkedIn", **fields: Any) -> PersonRecord:
    """Somebody on LinkedIn with whom the team has talked there."""
    account = next((one.id for one in on.inbox.world.accounts.values() if one.platform == "linkedin"), None)
    account = account or on.inbox.add_account("acme-inc", "Acme Inc", platform="linkedin")
    person = on.inbox.add_person(username, name, platform="linkedin", **fields)
    on.inbox.add_thread(account, person)
    return person


async def dm(on: Stage, text: str) -> None:
    assert (await on.slack.command(on.acme.ana, on.acme.channel, text=text)).ok


def sent(on: Stage) -> list[tuple[str, str, str]]:
    """Platform, username and text of what really reached people."""
    accounts = on.inbox.world.accounts
    return [(accounts[one.account_id].platform, one.username, one.text) for one in on.inbox.sent()]


# --- an address names its platform ------------------------------------------------------------------------------------


async def test_a_linkedin_address_in_a_team_on_x_reaches_nobody_and_hands_the_text_back(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await dm(on, f"{LINKEDIN}/sarah Hi, this took me a while")
    why = "knows only X" if version(on) == "v1" else "No LinkedIn account is connected"
    heard = await hears(on, on.acme.ana, why)
    assert "Not sent to sarah on LinkedIn" in heard
    assert "Hi, this took me a while" in heard
    await idle(on)
    assert calls(on, "POST") == []
    assert lookups(on) == []


async def test_an_address_is_looked_for_on_its_platform_alone(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on_linkedin(on)
    await dm(on, f"{LINKEDIN}/sarah/details/experience/ Over there")
    if version(on) == "v1":
        await hears(on, on.acme.ana, "knows only X")
    else:
        await hears(on, on.acme.ana, "Sent to Sarah of LinkedIn")
    await dm(on, "https://x.com/sarah Over here")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    there = [] if version(on) == "v1" else [("linkedin", "sarah", "Over there")]
    assert sent(on) == [*there, ("twitter", "sarah", "Over here")]
    asked = [one for one in lookups(on) if "/contacts" in one]
    assert len(asked) == len(there) + (version(on) == "v2")


async def test_who_is_on_the_other_platform_only_is_nobody_here(on: Stage) -> None:
    on_linkedin(on, "nina", "Nina")
    await dm(on, "https://x.com/nina/status/1 Hello")
    heard = await hears(on, on.acme.ana, "I can't find nina in Inbox on X")
    assert "Hello" in heard
    await idle(on)
    assert sent(on) == []


async def test_a_handle_of_two_people_asks_and_names_the_platforms(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on_linkedin(on)
    await dm(on, "@sarah Which of you?")
    view = await form(on, on.acme.ana, "Send to")
    assert sorted(options(view)) == [
        "Sarah Chen (@sarah) on X from @acme",
        "Sarah of LinkedIn (sarah) on LinkedIn from acme-inc",
    ]
    (wanted,) = [label for label in options(view) if "on X" in label]
    await on.slack.submit(on.acme.ana, values={"choice": wanted})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert sent(on) == [("twitter", "sarah", "Which of you?")]


async def test_an_unknown_id_in_a_team_on_both_platforms_asks_on_which(opened: Any) -> None:
    on = await opened(versions=["v2"])
    on_linkedin(on)
    await dm(on, f"{on.inbox.world.new_platform_id()} Hello")
    view = await form(on, on.acme.ana, "Send to")
    assert [label.split(" on ")[1].split(" from ")[0] for label in options(view)] == ["X", "LinkedIn"]
    assert sent(on) == []


async def test_a_linkedin_name_with_an_accent_is_found_however_it_is_written(opened: Any) -> None:
    on = await opened(versions=["v2"])
    on_linkedin(on, "josé-garcía", "José")
    for number, slug in enumerate(("josé-garcía", "jos%C3%A9-garc%C3%ADa", "jose\u0301-garci\u0301a")):
        await dm(on, f"{LINKEDIN}/{slug} number {number}")
        await hears(on, on.acme.ana, f"number {number}")
    await idle(on)
    assert sent(on) == [("linkedin", "josé-garcía", f"number {number}") for number in range(3)]
    assert on.inbox.violations == []


async def test_the_form_keeps_the_platform_too(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await dm(on, f"{LINKEDIN}/sarah")
    assert initial(await form(on, on.acme.ana), "recipient") == f"{LINKEDIN}/sarah"
    await on.slack.submit(on.acme.ana, values={"text": "From the form"})
    assert "From the form" in await hears(on, on.acme.ana, "Not sent to sarah on LinkedIn")
    await idle(on)
    assert sent(on) == []


@pytest.mark.parametrize("asked", ["find", "why"])
async def test_inbox_commands_look_on_the_platform_of_an_address(on: Stage, asked: str) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"{asked} {LINKEDIN}/sarah/en")).ok
    nobody = {"find": "I can't find sarah in Inbox on LinkedIn", "why": "linkedin.com/in/sarah/en"}[asked]
    heard = await hears(on, on.acme.ana, "knows only X" if version(on) == "v1" else nobody)
    assert "Sarah Chen" not in heard


@pytest.mark.parametrize("typed", ["@sarah,", "＠sarah", "https://x.com/Sarah/status/1", "*x.com/sarah*"])  # noqa: RUF001
@pytest.mark.parametrize("asked", ["find", "why", "route test"])
async def test_inbox_commands_read_recipients_as_dm_does(on: Stage, asked: str, typed: str) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "Hi there")
    await on.slack.until(lambda: cards(on))
    assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"{asked} {typed}")).ok
    await hears(on, on.acme.ana, "Sarah Chen")


@pytest.mark.parametrize("typed", ["sarah@company.example", "https://x.com/i/status/1", "https://lnkd.in/abc"])
async def test_why_says_what_it_cannot_read(on: Stage, typed: str) -> None:
    assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"why {typed}")).ok
    await hears(on, on.acme.ana, "I can't read that recipient")


async def test_a_rule_takes_an_accounts_address_on_its_platform(on: Stage) -> None:
    for typed in ("account:<https://x.com/acme|x.com/acme>", "account:＠acme", "account:@ACME"):  # noqa: RUF001
        assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"route add {typed}")).ok
    await hears(on, on.acme.ana, "@acme")
    assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"route add account:{LINKEDIN}/acme")).ok
    await hears(on, on.acme.ana, "There is no account")


async def test_jobs_as_an_earlier_version_wrote_them_are_done(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await dm(on, "@sarah First")
    await hears(on, on.acme.ana, "First")
    who = {"user": on.acme.ana, "team": on.slack.team_id, "channel": on.acme.channel}
    await on.bridge.lanes.accept(msgspec.convert({"recipient": "sarah", "text": "Second", "asker": who}, Dm))
    await hears(on, on.acme.ana, "Second")
    number = on.acme.sarah.platform_id
    await on.bridge.lanes.accept(msgspec.convert({"recipients": ["sarah", number], "asker": who}, LookUp))
    await hears(on, on.acme.ana, f"Conversations with sarah, {number} (1)")
    assert sent(on) == [("twitter", "sarah", "First"), ("twitter", "sarah", "Second")]


# --- a bare word never sends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "to", "text"),
    [
        ("sarah Hello", "sarah", "Hello"),
        ("Sarah Chen hi", "Sarah Chen", "hi"),
        ("help me please", "help", "me please"),
        ("@omar_k @sarah hi both", "@omar_k @sarah", "hi both"),
        ("@omar_k and @sarah: hi", "@omar_k and @sarah:", "hi"),
        ("@omar_k plus @sarah hi", "@omar_k plus @sarah", "hi"),
        ("@omar_k samt @sarah hi", "@omar_k", "samt @sarah hi"),
        ("2 people called :tada:", "2", "people called 🎉"),
    ],
)
async def test_what_may_be_a_name_or_several_people_opens_the_form_with_all_that_was_typed(
    on: Stage, typed: str, to: str, text: str
) -> None:
    for person in (on.acme.sarah, on.acme.omar, on.inbox.add_person("help", "Help Desk")):
        on.inbox.add_thread(on.acme.account, person)
    await dm(on, typed)
    view = await form(on, on.acme.ana)
    assert (initial(view, "recipient"), initial(view, "text")) == (to, text)
    assert "Nothing is sent yet" in on.slack.show(view)
    await idle(on)
    assert sent(on) == []
    assert lookups(on) == []


@pytest.mark.parametrize("typed", ["Sarah Chen hi", "@omar_k @sarah hi both"])
async def test_a_form_that_is_sent_off_without_a_look_names_the_field_and_sends_nothing(on: Stage, typed: str) -> None:
    for person in (on.acme.sarah, on.acme.omar):
        on.inbox.add_thread(on.acme.account, person)
    await dm(on, typed)
    await form(on, on.acme.ana)
    ack = await on.slack.submit(on.acme.ana, values={})
    assert isinstance(ack.body, dict)
    assert "Name one person" in ack.body["errors"]["recipient"]
    await on.slack.submit(on.acme.ana, values={"recipient": "@sarah"})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert [one[1] for one in sent(on)] == ["sarah"]


# --- nothing typed is lost --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("https://x.com/i/status/1876543210987654321", "isn't a profile"),
        ("https://www.linkedin.com/company/acme", "company page"),
        ("https://lnkd.in/abc", "short link"),
        ("https://evil.example/sarah", "neither X nor LinkedIn"),
        ("sarah@company.example", "e-mail address"),
        ("<@U0SANDBOXBOT>", "colleague in Slack"),
        ("sa/rah", "I can't read that recipient"),
        ("@", "I can't read that recipient"),
    ],
)
async def test_what_cannot_be_a_recipient_is_refused_with_the_reason_and_the_text(
    on: Stage, first: str, why: str
) -> None:
    await dm(on, f"{first} Tom & Jerry <3, which took me a while")
    (heard,) = told(on, on.acme.ana)
    assert why in heard
    assert "Tom & Jerry <3, which took me a while" in heard
    await idle(on)
    assert calls(on, "POST") == []
    assert lookups(on) == []


@pytest.mark.parametrize("first", ["sarah", "@sarah", "sarah@company.example"])
async def test_a_long_text_is_handed_back_whole(on: Stage, first: str) -> None:
    typed = "".join(f"{number:05} words. " for number in range(3_000))
    await dm(on, f"{first} {typed}")
    await on.slack.until(lambda: f"/dm {first} {typed.strip()}" in _handed(on))
    assert len(on.slack.ephemerals(on.acme.ana)) == 5
    await idle(on)
    assert on.slack.modal(on.acme.ana) is None


def _handed(on: Stage) -> str:
    """What the quotes of all that was said hold."""
    quotes = [
        part["elements"][0]["text"]
        for said in on.slack.ephemerals(on.acme.ana)
        for block in said.blocks
        if block["type"] == "rich_text"
        for part in block["elements"]
    ]
    return "".join(quotes)


@pytest.mark.parametrize("typed", ["@sarah Kept while Redis is away", "Sarah Kept while Redis is away"])
async def test_while_redis_is_away_the_text_is_handed_back(on: Stage, redis_url: str, typed: str) -> None:
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        redis.execute_command("CONFIG", "SET", "maxmemory", 1)
        try:
            await dm(on, typed)
            view = on.slack.modal(on.acme.ana)
            shown = "\n".join([*told(on, on.acme.ana), on.slack.show(view) if view else ""])
        finally:
            redis.execute_command("CONFIG", "SET", "maxmemory", 0)
    assert "I can't note anything down right now" in shown
    assert "Kept while Redis is away" in shown


@pytest.mark.parametrize("typed", ["@sarah Kept for Kim", "Sarah Kept for Kim"])
async def test_who_has_no_seat_gets_the_text_back(on: Stage, typed: str) -> None:
    assert (await on.slack.command(on.acme.kim, on.acme.channel, text=typed)).ok

    def handed() -> str:
        view = on.slack.modal(on.acme.kim)
        return "\n".join([*told(on, on.acme.kim), on.slack.show(view) if view else ""])

    await on.slack.until(lambda: "I can't match you" in handed())
    assert "Kept for Kim" in handed()


async def test_a_form_that_slack_does_not_open_hands_the_text_back(on: Stage) -> None:
    on.slack.fail("views.open", "expired_trigger_id")
    await dm(on, "Sarah Kept though it was too late")
    assert "Kept though it was too late" in await hears(on, on.acme.ana, "three seconds to open a form")


# --- what a person sees of a message ----------------------------------------------------------------------------------


def _rich(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    section = {"type": "rich_text_section", "elements": list(elements)}
    return [{"type": "rich_text", "block_id": "b", "elements": [section]}]


PROFILE = {"type": "link", "url": "https://x.com/sarah", "text": "her"}
WORDS = _rich({"type": "text", "text": "Ask "}, PROFILE, {"type": "text", "text": " & co"})
FORWARD = {"is_msg_unfurl": True, "text": "no", "message_blocks": [{"message": {"blocks": WORDS}}]}


@pytest.mark.parametrize(
    ("text", "blocks", "attachments"),
    [
        ("a fallback", WORDS, []),
        ("", [], [FORWARD]),
        ("", [], [{"text": "Ask <https://x.com/sarah|her> &amp; co", "fallback": "no"}]),
        ("", [{"type": "section", "text": {"type": "mrkdwn", "text": "Ask <https://x.com/sarah|her> &amp; co"}}], []),
        ("a fallback", [{"type": "table", "rows": [WORDS]}], []),
        ("", [{"type": "container", "title": {"type": "plain_text", "text": ""}, "child_blocks": WORDS}], []),
    ],
    ids=["blocks", "forward", "attachment", "section", "table", "container"],
)
async def test_shortcuts_take_the_words_that_a_person_sees(
    on: Stage, text: str, blocks: list[Any], attachments: list[Any]
) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    said = on.slack.say(on.acme.bo, on.acme.channel, text)
    said.blocks, said.attachments = blocks, attachments
    await on.slack.shortcut(on.acme.ana, said.channel, said.ts, "send_as_dm")
    assert initial(await form(on, on.acme.ana), "text") == "Ask her (https://x.com/sarah) & co"
    await on.slack.shortcut(on.acme.ana, said.channel, said.ts, "find_in_inbox")
    await whisper(on, on.acme.ana, "Conversations with sarah (1)")


async def test_find_in_inbox_finds_who_wrote_what_an_app_has_attached(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    said = on.slack.say(on.acme.bo, on.acme.channel, "")
    said.attachments = [{"author_name": "Sarah (@sarah)", "author_link": "https://x.com/sarah", "text": "Hi"}]
    await on.slack.shortcut(on.acme.ana, said.channel, said.ts, "find_in_inbox")
    await whisper(on, on.acme.ana, "Conversations with sarah (1)")


async def test_a_name_with_line_breaks_is_one_line(on: Stage) -> None:
    await on.inbox.customer_writes(on.inbox.add_person("ruth", "Ruth\n\n*Paid*: yes\u2028all"), "Hi there")
    await on.slack.until(lambda: cards(on))
    await idle(on)
    (card,) = cards(on)
    assert "Unassigned · Ruth ∗Paid∗: yes all (@ruth) via @acme\n" in shows(on, card)  # noqa: RUF001 - look-alikes
