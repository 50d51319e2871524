"""A thread's card in a channel, and what follows in its Slack thread; always rendered from the whole state."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models import Card, Message, Note, Person, Thread
from bot.views.blocks import Block, Msg, actions, button, context, line, open_button, quote, run, section
from bot.views.text import literal, plain, when, when_long
from bot.views.words import GONE, HIDDEN, closed

_NAME = 80
_PREVIEW = 150
_MEANWHILE = 12  # messages; three blocks each at the most, of the 50 that a message may have


def thread_card(card: Card, *, account: str, assignee: str | None) -> Msg:
    """The card of one thread; `account` and `assignee` are labels ("@acme", "Ana")."""
    thread, message = card.thread, card.latest or card.thread.last_message
    state = _state(card, assignee)
    request = " · message request" if thread.is_request else ""
    header = line(run(f"{_mark(card)} "), *_who(thread.person), run(literal(f" via {account}", 2 * _NAME) + request))
    return {
        "text": " · ".join([f"{_named(thread.person)} via {plain(account, _NAME)}{request}: {_said(message)}", *state]),
        "blocks": [
            header,
            *_body(message),
            context(_timing(message, account), *state),
            *([] if card.gone else actions("thread_actions", _buttons(thread))),
        ],
    }


def closed_card(card: Card, *, account: str) -> Msg:
    """The card where another organisation reads along: no name, no text, no link that tells who it is."""
    said = closed(plain(account, _NAME))
    buttons = [] if card.gone else _state_buttons(card.thread)
    return {"text": said, "blocks": [section(said), *actions("thread_actions", buttons)]}


def closed_note(account: str) -> Msg:
    """What stands there for one more message."""
    said = closed(plain(account, _NAME))
    return {"text": said, "blocks": [section(said)]}


def follow_up(message: Message, person: Person | None) -> Msg:
    """One more message of the conversation, for the Slack thread under its card."""
    who = _who(person) if message.inbound else [run("Your team", bold=True)]
    name = _named(person) if message.inbound else "Your team"
    return {
        "text": f"{name}: {_said(message)}",
        "blocks": [line(*who), *_body(message), context(_timing(message, ""))],
    }


def meanwhile(messages: Sequence[Message], person: Person | None) -> Msg:
    """What somebody wrote while the bot was away, in one message; of many, the last ones."""
    shown = messages[-_MEANWHILE:]
    earlier = len(messages) - len(shown)
    note = [context(f"{earlier} earlier ones are in Inbox.")] if earlier else []
    blocks = [block for one in shown for block in (*_body(one), context(_timing(one, "")))]
    name = _named(person)
    return {
        "text": f"{name}, while I was away: {' / '.join(_said(one) for one in shown[-3:])}",
        "blocks": [line(*_who(person), run(" while I was away")), *note, *blocks],
    }


def _mark(card: Card) -> str:
    if card.gone:
        return "✖️"
    if card.thread.archived:
        return "✅"
    return "🟡" if card.thread.assignee_id else "🔵"


def _who(person: Person | None) -> list[Block]:
    """Name and handle as literal runs: no link, no mention."""
    if person is None:
        return [run("Someone", bold=True)]
    handle = literal(person.handle, _NAME)
    name = literal(person.name, _NAME).strip() or handle or "Someone"
    return [run(name, bold=True), *([run(f" ({handle})")] if handle and handle != name else [])]


def _named(person: Person | None) -> str:
    """Name and handle as inert mrkdwn."""
    return plain("".join(part["text"] for part in _who(person)), 3 * _NAME)


def _body(message: Message | None) -> list[Block]:
    if message is None:
        return [line(run("No message yet.", italic=True))]
    if message.deleted:
        return [line(run("This message was deleted.", italic=True))]
    if message.hidden:
        return [line(run(HIDDEN, italic=True))]
    files = [line(run(f"📎 {_attachments(message)}"))] if message.attachments else []
    return [*quote(message.text), *files] or [line(run("A message without text.", italic=True))]


def _attachments(message: Message) -> str:
    """`image, video, card: Our prices`."""
    shown = [f"{one.kind}: {one.title}" if one.title else one.kind for one in message.attachments]
    return literal(", ".join(shown), 500)


def _said(message: Message | None) -> str:
    """The message's beginning as inert mrkdwn, for the fallback text."""
    if message is None:
        return "No message yet."
    if message.deleted:
        return "This message was deleted."
    if message.hidden:
        return HIDDEN
    words = [message.text] if message.text.strip() else []
    files = [f"[{_attachments(message)}]"] if message.attachments else []
    return plain(" ".join([*words, *files]) or "A message without text.", _PREVIEW)


def _timing(message: Message | None, account: str) -> str:
    if message is None:
        return ""
    sender = f"Sent from {plain(account, _NAME)}" if account else "Sent"
    edited = " · edited" if message.edited and not message.deleted else ""
    return f"{'Received' if message.inbound else sender} {when_long(message.created_at)}{edited}"


def _state(card: Card, assignee: str | None) -> list[str]:
    """Who has it, whether it is closed and by whom, as mrkdwn sentences without a full stop."""
    if card.gone:
        return [GONE]
    return [_assignment(card, assignee), *([_archival(card.archived)] if card.thread.archived else [])]


def _assignment(card: Card, assignee: str | None) -> str:
    if card.thread.assignee_id is None:
        return "Unassigned" + _by(card.assigned)
    note = card.assigned
    own = note is not None and note.who is not None and note.who == assignee
    return f"Assigned to {plain(assignee or 'someone', _NAME)}" + (_at(note) if own else _by(note))


def _archival(note: Note | None) -> str:
    return "Archived" + _by(note)


def _by(note: Note | None) -> str:
    """` by Bo, 14:02`; the API names no actor, so what was done elsewhere is ` in Inbox, 14:02`."""
    if note is None:
        return ""
    return (f" by {plain(note.who, _NAME)}" if note.who else " in Inbox") + _at(note)


def _at(note: Note | None) -> str:
    return f", {when(note.at)}" if note else ""


def _buttons(thread: Thread) -> list[Block]:
    return [*_state_buttons(thread), *open_button(thread.url)]


def _state_buttons(thread: Thread) -> list[Block]:
    claim = ("Unassign", "unassign") if thread.assignee_id else ("Assign to me", "assign_to_me")
    close = ("Reopen", "reopen") if thread.archived else ("Archive", "archive")
    return [button(*pair, thread.id) for pair in (claim, close)]
