"""A thread's card in a channel, and what follows in its Slack thread; always rendered from the whole state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.models import AccountLink, Card, Message, Note, Person, Thread
from bot.slack.blocks import QUOTE, Block, Msg, actions, button, context, line, open_button, quote, run, section
from bot.slack.files import attachments, files
from bot.text import clip, literal, plain, platform_name, when, when_long
from bot.words import GONE, HIDDEN, INHERITED, account_offline, cannot_send, closed, restricted

_NAME = 80
_PREVIEW = 150
_ABOUT = 150  # of what a person says about themselves
_TAGS = 12
_BLOCKS, _SIZE = 45, 12_000  # blocks and code points of one post when it is made; an edit may add a few
_MEANWHILE = 12  # messages; three blocks each at the most, of the 50 that a message may have
_SEND = "message:send"


def thread_card(
    card: Card,
    *,
    account: str,
    assignee: str | None,
    status: str = "",
    tags: Sequence[str] = (),
    replying: Sequence[str] = (),
    no_reply: str = "",
) -> Msg:
    """The card of one thread.

    `account` and `assignee` are labels ("@acme", "Ana"), `status` and `tags` names, `replying` who has the form open;
    `no_reply` (mrkdwn) is why nobody can reply.
    """
    thread, message = card.thread, card.latest or card.thread.last_message
    state = [*_state(card, assignee), *_replying(replying)]
    request = " · message request" if thread.is_request else ""
    header = line(run(f"{_mark(card)} "), *_who(thread.person), run(literal(f" via {account}", 2 * _NAME) + request))
    return {
        "text": " · ".join([f"{_named(thread.person)} via {plain(account, _NAME)}{request}: {_said(message)}", *state]),
        "blocks": [
            header,
            context(_about(thread, status, tags)),
            *body(message, pictures=True),
            context(_timing(message, account), reacted(message), *state),
            *([] if card.gone else _acting(thread, no_reply)),
        ],
    }


def closed_card(card: Card, *, account: str) -> Msg:
    """The card where another organisation reads along: no name, no text, no link that tells who it is."""
    said = closed(plain(account, _NAME))
    buttons = [] if card.gone else _buttons(card.thread, can_reply=True)
    return {"text": said, "blocks": [section(said), *actions("thread_actions", buttons)]}


def closed_note(account: str) -> Msg:
    """What stands there for one more message."""
    said = closed(plain(account, _NAME))
    return {"text": said, "blocks": [section(said)]}


def follow_up(message: Message, person: Person | None) -> Msg:
    """One more message of the conversation, for the Slack thread under its card."""
    return follow_ups([message], person)


def follow_ups(messages: Sequence[Message], person: Person | None) -> Msg:
    """Messages of the conversation one after the other, in one post; `that_fit` says how many it may hold."""
    blocks: list[Block] = []
    side = None
    for message in messages:
        if message.direction != side:
            side = message.direction
            blocks.append(line(*(_who(person) if message.inbound else [run("Your team", bold=True)])))
        blocks += _of(message)
    name = _named(person) if messages[0].inbound else "Your team"
    many = f", {len(messages)} messages" if len(messages) > 1 else ""
    return {"text": f"{name}{many}: {' / '.join(_said(one) for one in messages[:3])}", "blocks": blocks}


def that_fit(messages: Sequence[Message]) -> int:
    """How many of the first `messages` one post takes; one at least."""
    count = blocks = size = 0
    for message in messages:
        blocks, size = blocks + len(_of(message)) + 1, size + min(len(message.text), QUOTE)
        if count and (blocks > _BLOCKS or size > _SIZE):
            break
        count += 1
    return count


def _of(message: Message) -> list[Block]:
    return [*body(message, pictures=True), context(_timing(message, ""), reacted(message))]


def meanwhile(messages: Sequence[Message], person: Person | None) -> Msg:
    """What somebody wrote while the bot was away, in one message; of many, the last ones."""
    shown = messages[-_MEANWHILE:]
    earlier = len(messages) - len(shown)
    note = [context(f"{earlier} earlier ones are in Inbox.")] if earlier else []
    blocks = [block for one in shown for block in (*body(one), context(_timing(one, "")))]
    name = _named(person)
    return {
        "text": f"{name}, while I was away: {' / '.join(_said(one) for one in shown[-3:])}",
        "blocks": [line(*_who(person), run(" while I was away")), *note, *blocks],
    }


def history(messages: Sequence[Message], person: Person | None, limit: int = 500) -> list[Block]:
    """Messages of the conversation in a form, oldest first; of each, `limit` code points."""
    blocks: list[Block] = []
    for message in messages:
        who = _named(person) if message.inbound else "Your team"
        blocks += [context(f"*{who}*, {when_long(message.created_at)}{edited(message)}"), *body(message, limit=limit)]
    return blocks


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


def _about(thread: Thread, status: str, tags: Sequence[str]) -> str:
    """`On X · 1,200 followers · Founder at Nimbus · Status: Lead · Tags: vip, trial`, as inert mrkdwn."""
    person = thread.person
    count = (person.followers if person else None) or 0
    followers = f"{count:,} follower{'s' if count != 1 else ''}" if count else ""
    bio = plain(" ".join((person.bio or "").split()), _ABOUT) if person else ""
    more = f" and {len(tags) - _TAGS} more" if len(tags) > _TAGS else ""
    named = ", ".join(plain(tag, 40) for tag in tags[:_TAGS]) + more
    parts = (
        f"On {plain(platform_name(thread.platform), 40)}",
        followers,
        bio,
        f"Status: {plain(status, 60)}" if status else "",
        f"Tags: {named}" if tags else "",
    )
    return " · ".join(part for part in parts if part)


def body(message: Message | None, *, pictures: bool = False, limit: int | None = None) -> list[Block]:
    """What a message says and has attached; with `pictures`, Slack fetches and shows them."""
    if message is None:
        return [line(run("No message yet.", italic=True))]
    if message.deleted:
        return [line(run("This message was deleted.", italic=True))]
    if message.hidden:
        return [line(run(HIDDEN, italic=True))]
    text = clip(message.text, limit) if limit else message.text
    shown = [*quote(text), *files(message.attachments, pictures=pictures)]
    return shown or [line(run("A message without text.", italic=True))]


def _said(message: Message | None) -> str:
    """The message's beginning as inert mrkdwn, for the fallback text."""
    if message is None:
        return "No message yet."
    if message.deleted:
        return "This message was deleted."
    if message.hidden:
        return HIDDEN
    words = [message.text] if message.text.strip() else []
    named = [f"[{attachments(message.attachments)}]"] if message.attachments else []
    return plain(" ".join([*words, *named]) or "A message without text.", _PREVIEW)


def _timing(message: Message | None, account: str) -> str:
    if message is None:
        return ""
    sender = f"Sent from {plain(account, _NAME)}" if account else "Sent"
    return f"{'Received' if message.inbound else sender} {when_long(message.created_at)}{edited(message)}"


def edited(message: Message | None) -> str:
    return " · edited" if message and message.edited and not message.deleted else ""


def reacted(message: Message | None) -> str:
    """`Reactions: ❤️ (2) 🔥`; "" where there are none."""
    emoji = Counter(one.emoji for one in message.reactions if not message.deleted) if message else Counter[str]()
    counted = [f"{plain(one, 20)}{f' ({times})' if times > 1 else ''}" for one, times in emoji.most_common(8)]
    return f"Reactions: {' '.join(counted)}" if counted else ""


def _state(card: Card, assignee: str | None) -> list[str]:
    """Who has it, whether it is answered or closed and by whom, as mrkdwn sentences without a full stop."""
    if card.gone:
        return [GONE]
    archived = [_archival(card.archived)] if card.thread.archived else []
    return [_assignment(card, assignee), *_answer(card), *archived]


def _assignment(card: Card, assignee: str | None) -> str:
    if card.thread.assignee_id is None:
        return "Unassigned" + _by(card.assigned)
    note = card.assigned
    own = note is not None and note.who is not None and note.who == assignee
    through = " through the contact" if card.thread.inherited else ""
    return f"Assigned to {plain(assignee or 'someone', _NAME)}{through}" + (_at(note) if own else _by(note))


def _answer(card: Card) -> list[str]:
    """Who answered what the card shows."""
    note, latest = card.answered, card.latest or card.thread.last_message
    if note is None or (latest is not None and latest.inbound and latest.created_at > note.at):
        return []
    return [f"Answered{_by(note)}"]


def _archival(note: Note | None) -> str:
    return "Archived" + _by(note)


def _replying(names: Sequence[str]) -> list[str]:
    """Who has the form open; of many, the first three."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    verb = "is" if len(names) == 1 else "are"
    shown = ", ".join(plain(name, _NAME) for name in names[:3])
    return [f"✏️ {shown}{more} {verb} replying…"] if names else []


def _by(note: Note | None) -> str:
    """` by Bo, 14:02`; the API names no actor, so what was done elsewhere is ` in Inbox, 14:02`."""
    if note is None:
        return ""
    return (f" by {plain(note.who, _NAME)}" if note.who else " in Inbox") + _at(note)


def _at(note: Note | None) -> str:
    return f", {when(note.at)}" if note else ""


def _acting(thread: Thread, no_reply: str) -> list[Block]:
    """The buttons, and in words what is missing among them: Slack has no button that is switched off."""
    missing = [
        *([f"~Reply~ {no_reply}"] if no_reply else []),
        *([f"~Unassign~ {INHERITED}"] if thread.inherited else []),
    ]
    buttons = [*_buttons(thread, can_reply=not no_reply), *open_button(thread.url)]
    return [*([context(*missing)] if missing else []), *actions("thread_actions", buttons)]


def _buttons(thread: Thread, *, can_reply: bool) -> list[Block]:
    own = thread.assignee_id is not None and not thread.inherited
    claim = ("Unassign", "unassign") if own else ("Assign to me", "assign_to_me")
    close = ("Reopen", "reopen") if thread.archived else ("Archive", "archive")
    reply = [button("Reply", "reply", thread.id, style="primary")] if can_reply else []
    return [*reply, *(button(*pair, thread.id) for pair in (claim, close, ("Assign to…", "assign_to")))]


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
