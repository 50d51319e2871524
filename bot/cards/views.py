"""A thread's card in a channel, always drawn from the whole state, and what stands where the card was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.card import Card, Note, State
from bot.cards.button_views import buttons_of_card, thread_buttons
from bot.cards.message_views import NAME, beginning, body, reacted, snoozed_until, timing, who_text, with_picture
from bot.models import AccountLink, Thread
from bot.slack.blocks import Block, Msg, context, section
from bot.text import money, plain, platform_name, when, when_long
from bot.words import GONE, account_offline

INHERITED = (
    "The assignee comes from the contact. Give the conversation to somebody else here, or change the contact's "
    "default assignee with *Contact…*."
)
_ABOUT = 150  # of what a person says about themselves
_TAGS = 12
_SEND = "message:send"
_CLOSED: dict[State, str] = {
    "answered": "Answered",
    "snoozed": "Snoozed",
    "archived": "Archived",
    "gone": "Deleted in Inbox",
}
_MARKS: dict[State, str] = {"answered": "🟢", "snoozed": "😴", "archived": "✅", "gone": "✖️"}  # of what nobody waits in


def thread_card(
    card: Card,
    *,
    account: str,
    assignee: str | None,
    status: str = "",
    tags: Sequence[str] = (),
    currency: str = "",
    replying: Sequence[str] = (),
    no_reply: str = "",
    answer_by: datetime | None = None,
    late: bool = False,
) -> Msg:
    """The card of one thread.

    `account` and `assignee` are labels ("@acme", "Ana"), `status` and `tags` names, `currency` that of the contact's
    value, `replying` who has the form open; `no_reply` (mrkdwn) is why nobody can reply. Who waits is to
    be answered by `answer_by`, where the channel has a target; `late`: that is over.
    """
    thread, message = card.thread, card.latest or card.thread.last_message
    state, *more = _state(card, assignee)
    more = [*_target(card, answer_by, late=late), *more]
    done = [*_done(card), *_replying(replying)]
    request = " · message request" if thread.is_request else ""
    whose = f"{who_text(thread.person)} via {plain(account, NAME)}{request}"
    facts = (*_about(card, status, tags, currency), timing(message, account), reacted(message))
    return {
        "text": " · ".join([f"{_mark(card)} {state}", *more, f"{whose}: {beginning(message)}", *done]),
        "blocks": [
            section(" · ".join([f"{_mark(card)} *{state}*", *more, whose])),
            with_picture(context(" · ".join(one for one in facts if one)), thread.person),
            *body(message, pictures=True),
            *([context(*done)] if done else []),
            *([] if card.gone else _acting(card, no_reply)),
        ],
    }


def closed_card(card: Card, *, account: str) -> Msg:
    """The card where another organisation reads along: how it stands, but no name, no text, no link that tells who.

    Only of those who wait it is told since when: what was done when is for colleagues.
    """
    label = plain(account, NAME)
    about = closed(label) if card.state == "waiting" else f"A conversation of {label}, open in Inbox."
    state = _wait(card) if card.state == "waiting" else _CLOSED[card.state]
    buttons = [] if card.gone else thread_buttons(card.thread, linked=False, snoozed=card.snoozed is not None)
    return {
        "text": f"{_mark(card)} {state} · {about}",
        "blocks": [section(f"{_mark(card)} *{state}* · {about}"), *buttons_of_card(buttons)],
    }


def closed_note(account: str) -> Msg:
    """What stands there for one more message."""
    said = closed(plain(account, NAME))
    return {"text": said, "blocks": [section(said)]}


def forbidden(thread: Thread, link: AccountLink | None) -> str:
    """Why nobody can reply in this conversation at all (mrkdwn); "" where they can, or where Inbox does not tell."""
    if _SEND in thread.restrictions:
        return restricted(platform_name(thread.platform))
    if link and link.capabilities and _SEND not in link.capabilities:
        return cannot_send(link.label)
    return ""


def why_not(thread: Thread, link: AccountLink | None) -> str:
    """Why nobody can reply just now."""
    if link and link.status != "active":
        return account_offline(link.label, platform_name(thread.platform))
    return forbidden(thread, link)


def _mark(card: Card) -> str:
    if card.state == "waiting":
        return "🟡" if card.thread.assignee_id else "🔴"
    return _MARKS[card.state]


def _about(card: Card, status: str, tags: Sequence[str], currency: str) -> list[str]:
    """`On X`, `1,200 followers`, `Founder at Nimbus`, `Status: Lead`, `Tags: vip, trial`, as inert mrkdwn."""
    thread, person = card.thread, card.thread.person
    count = (person.followers if person else None) or 0
    followers = f"{count:,} follower{'s' if count != 1 else ''}" if count else ""
    bio = plain(" ".join((person.bio or "").split()), _ABOUT) if person else ""
    return [f"On {plain(platform_name(thread.platform), 40)}", followers, bio, *_noted(card, status, tags, currency)]


def _noted(card: Card, status: str, tags: Sequence[str], currency: str) -> list[str]:
    """What the team has noted of the contact, and who changed that: `Status: Won, by Ana, 14:02`."""
    more = f" and {len(tags) - _TAGS} more" if len(tags) > _TAGS else ""
    amount = card.thread.person.valuation if card.thread.person else None
    facts = (
        ("Status", plain(status, 60), card.status),
        ("Tags", ", ".join(plain(tag, 40) for tag in tags[:_TAGS]) + more, card.tagged),
        ("Value", "" if amount is None else plain(money(amount, currency), 60), card.valued),
    )
    shown = [(name, said or "none", _by(note)) for name, said, note in facts if said or note]
    noted = ["📝 Notes"] if card.thread.person and card.thread.person.noted else []
    return [*(f"{name}: {said}{_done_by(name, act)}" for name, said, act in shown), *noted]


def _done_by(name: str, act: str) -> str:
    """`, by Ana, 14:02`; behind tags, which have commas between them, ` (by Ana, 14:02)`."""
    if not act:
        return ""
    return f" ({act.strip()})" if name == "Tags" else f",{act}"


def _state(card: Card, assignee: str | None) -> list[str]:
    """Whether somebody waits and since when, then who has it, as mrkdwn sentences without a full stop."""
    match card.state:
        case "gone":
            return [GONE]
        case "snoozed" if card.snoozed:
            first = snoozed_until(card.snoozed)
        case "waiting":
            first = _wait(card)
        case "archived":
            first = _archival(card.archived)
        case _:
            first = _answer(card)
    return [first, _assignment(card, assignee)]


def _wait(card: Card) -> str:
    """With the day where the last message is of another one."""
    since, latest = card.waiting_since, card.latest
    assert since is not None
    same_day = latest is None or latest.created_at.date() == since.date()
    return f"Waiting since {when(since) if same_day else when_long(since)}"


def _target(card: Card, by: datetime | None, *, late: bool) -> list[str]:
    """`Answer by 15:20`, and whether that is over; with the day where they wrote on another one."""
    if by is None or card.state != "waiting" or card.waiting_since is None:
        return []
    at = when(by) if by.date() == card.waiting_since.date() else when_long(by)
    return [f"⏰ Answer by {at} (late)" if late else f"Answer by {at}"]


def _done(card: Card) -> list[str]:
    """What was done besides what comes first."""
    if card.state == "archived" and _is_answered(card):
        return [_answer(card)]
    return [_archival(card.archived)] if card.state == "waiting" and card.thread.archived else []


def _assignment(card: Card, assignee: str | None) -> str:
    if card.thread.assignee_id is None:
        return "Unassigned" + _by(card.assigned)
    note = card.assigned
    own = note is not None and note.is_by(card.thread.assignee_id, assignee)
    through = " through the contact" if card.thread.inherited else ""
    return f"Assigned to {plain(assignee or 'someone', NAME)}{through}" + (_at(note) if own else _by(note))


def _answer(card: Card) -> str:
    """Who answered what the card shows; that alone where nobody heard of it."""
    return "Answered" + _by(card.answered if _is_answered(card) else None)


def _is_answered(card: Card) -> bool:
    note, latest = card.answered, card.latest or card.thread.last_message
    return note is not None and not (latest is not None and latest.inbound and latest.created_at > note.at)


def _archival(note: Note | None) -> str:
    return "Archived" + _by(note)


def _replying(names: Sequence[str]) -> list[str]:
    """Who has the form open; of many, the first three."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    verb = "is" if len(names) == 1 else "are"
    shown = ", ".join(plain(name, NAME) for name in names[:3])
    return [f"✏️ {shown}{more} {verb} replying…"] if names else []


def _by(note: Note | None) -> str:
    """` by Bo, 14:02`; the API names no actor, so what was done elsewhere is ` in Inbox, 14:02`."""
    if note is None:
        return ""
    return (f" by {plain(note.who, NAME)}" if note.who else " in Inbox") + _at(note)


def _at(note: Note | None) -> str:
    return f", {when(note.at)}" if note else ""


def _acting(card: Card, no_reply: str) -> list[Block]:
    """The buttons, and in words what is missing among them: Slack has no button that is switched off."""
    thread = card.thread
    missing = [
        *([f"~Reply~ {no_reply}"] if no_reply else []),
        *([f"~Unassign~ {INHERITED}"] if thread.inherited else []),
    ]
    buttons = thread_buttons(thread, can_reply=not no_reply, snoozed=card.snoozed is not None)
    return [*([context(*missing)] if missing else []), *buttons_of_card(buttons)]


def moved_card(name: str, channel: str, url: str | None) -> Msg:
    """What stands where the card was."""
    text = f"➡️ *{plain(name, 150)}* is in <#{channel}> now" + (f": <{url}|open the card>." if url else ".")
    return {"text": text, "blocks": [section(text)]}


def moved_away() -> Msg:
    """The same where another organisation reads along: not even where to."""
    text = "➡️ This conversation was moved to another channel."
    return {"text": text, "blocks": [section(text)]}


def moved(name: str, channel: str, url: str | None) -> str:
    """What the one who moved it reads."""
    card = f" (<{url}|its card>)" if url else ""
    return f"*{plain(name, 150)}* is in <#{channel}> now{card}, and stays there whatever the rules say."


def closed(account: str) -> str:
    """All that outsiders in a shared channel read; `account` is mrkdwn."""
    return f"New message for {account}, open in Inbox."


def shared_channel(channel: str, cards: int = 0, *, all_found: bool = True) -> str:
    """What admins read about a channel that is shared with another organisation, in which `cards` stood open until now.

    `all_found`: whether everything that stands below them is found again.
    """
    many = f"{cards} cards" if cards != 1 else "1 card"
    until_now = (
        f" Until now, {many} could be read there, with the messages below: I take names and texts out of them now, one "
        "after the other."
    )
    rest = (
        " I can't take them out of reminders and summaries"
        f"{'' if all_found else ', or of messages below a card that are older than a week'}: delete those in Slack if "
        "the other organisation must not read them."
    )
    return (
        f"<#{channel}> is shared with another organisation, so I show neither names nor texts there."
        f"{until_now + rest if cards else ''} If they may read along, type `/inbox consent` in it."
    )


def restricted(platform: str) -> str:
    """The platform forbids sending in one conversation."""
    return f"{plain(platform, 40)} has closed this conversation, so nobody can write in it."


def cannot_send(account: str) -> str:
    return f"{plain(account, 100)} can't send messages. Check the account in Inbox → Settings → Accounts."
