"""The form of a direct message, the choice among several people, and the question before a first message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot import words
from bot.address import Candidate
from bot.dm import words as dm_words
from bot.models import AccountLink, Person
from bot.send.views import whom
from bot.slack.blocks import Block, Msg, View, actions, button, context, label, modal, option, quote, section
from bot.slack.inputs import INPUT, capacity, field, text_input
from bot.text import clip, clip_marked, literal, platform_name

KNOWN = "known"  # the field that completes known people
_KNOWN_INPUT: Block = {
    "type": "external_select",
    "min_query_length": 2,
    "placeholder": label("Type a name or a handle"),
}
_VALUE = 150  # Slack's limit for an option's value
_TO = 2_000  # a profile's address, with all that apps add to one
_OPTIONS = 100
_RADIOS = 10
_NO_LIMITS: Mapping[str, int | None] = MappingProxyType({})
_HELD = 1_000  # code points of a message that waits for an answer


def dm_modal(
    *,
    links: Sequence[AccountLink],
    recipient: str = "",
    text: str = "",
    account_link_id: str | None = None,
    metadata: str = "",
    later: Sequence[Block] = (),
    check: bool = False,
    limits: Mapping[str, int | None] = _NO_LIMITS,
) -> View:
    """The form behind `/dm`, filled in as far as known. `metadata` comes back with the submission (at most 3,000).

    `later` are the fields that say when it is sent.
    `check` asks to look at the recipient, who may be nobody or somebody else. `limits` says how many characters a
    message has at the most on each platform of the team's, None where Inbox does not say.
    """
    most = capacity(max((one or INPUT for one in limits.values()), default=INPUT))
    clipped, message = len(text) > most, text_input(most, text, lines=True)
    note = f"Only the first {most:,} characters fit here." + (dm_words.LONGER if most == INPUT else "")
    return modal(
        "New DM",
        [
            field(
                "recipient", "To", text_input(_TO, recipient, placeholder="@handle"), hint=words.TO_HINT, optional=True
            ),
            *([context(dm_words.CHECK_TO)] if check else []),
            field(KNOWN, "Or somebody you know", _KNOWN_INPUT, optional=True),
            *_account_field(links, account_link_id),
            field("text", "Message", message, hint=dm_words.room(limits, INPUT)),
            *([context(note)] if clipped else []),
            *later,
        ],
        callback_id="dm",
        submit=label("Send"),
        private_metadata=metadata,
    )


def suggestions(people: Mapping[str, Person]) -> list[Block]:
    """Who may be meant by what was typed, by `Recipient.key`: `Sarah Chen (@sarah) on X`."""
    return [option(_candidate(Candidate(person=one), {}), key) for key, one in people.items() if len(key) <= _VALUE]


def choose_modal(
    *, candidates: Sequence[Candidate], links: Mapping[str, AccountLink], text: str, metadata: str
) -> View:
    """Which of at least one `candidates` gets `text`; the choice comes back as an index into `candidates`.

    `links` are the team's accounts by id. Only the first 100 candidates can be offered.
    """
    options = [option(_candidate(each, links), str(index)) for index, each in enumerate(candidates[:_OPTIONS])]
    kind = "radio_buttons" if len(options) <= _RADIOS else "static_select"
    return modal(
        "Who is it for?",
        [
            field("choice", "Send to", {"type": kind, "options": options}),
            *([context(f"The first {_OPTIONS} of {len(candidates)}.")] if len(candidates) > _OPTIONS else []),
            *quote(text),
        ],
        callback_id="dm_choose",
        submit=label("Send"),
        private_metadata=metadata,
    )


def choose_message(*, recipient: str, intent: str) -> Msg:
    """The way to `choose_modal` when no fresh trigger is at hand; `recipient` as the person typed it."""
    text = dm_words.ambiguous(recipient)
    choose = button("Choose…", "dm_choose_open", intent)
    return {"text": text, "blocks": [section(text), *actions("choose_actions", [choose])]}


def first_message_question(*, person: Person, account: str, doubts: Sequence[str], text: str, intent: str) -> Msg:
    """What is asked before a first message; `doubts` are mrkdwn from `words`, `intent` returns with the buttons."""
    title = dm_words.before_first(whom(person.label, person.handle), account)
    said = "\n".join(f"• {one}" for one in doubts)
    answers = [button("Send anyway", "send_anyway", intent), button("Don't send", "send_not", intent)]
    return {
        "text": clip_marked(f"{title}\n{said}", 3_000),
        "blocks": [section(title), section(said), *quote(text, _HELD), *actions("first_touch_question", answers)],
    }


def help_message() -> Msg:
    """`/dm help`."""
    return {"text": words.DM_HELP, "blocks": [section(words.DM_HELP)]}


def _account_field(links: Sequence[AccountLink], chosen: str | None) -> list[Block]:
    """The sending account, asked for only where there is a choice."""
    if len(links) < 2:
        return []
    first = sorted(links, key=lambda link: link.id != chosen)[:_OPTIONS]  # the chosen one is always among the options
    options = [option(_account(link), link.id) for link in first]
    initial = {"initial_option": options[0]} if first[0].id == chosen else {}
    return [field("account", "From", {"type": "static_select", "options": options, **initial})]


def _account(link: AccountLink) -> str:
    return f"{clip(link.label, 50)} on {platform_name(link.platform)}"


def _candidate(candidate: Candidate, links: Mapping[str, AccountLink]) -> str:
    """`Sarah Chen (@sarah) on X from @acme` in 75 code points; the name gives way first."""
    person, link = candidate.person, links.get(candidate.account_link_id or "")
    sender = f" from {clip(link.label, 25)}" if link else ""
    handle = f" ({clip(person.handle, 20)})" if person.name else ""
    rest = f"{handle} on {clip(platform_name(person.platform), 12)}{sender}"
    return clip(literal(person.label), 75 - len(rest)) + rest
