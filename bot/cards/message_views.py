"""Messages of a conversation, one after the other: below its card, and in forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.card import Snoozed
from bot.models import Message, Person
from bot.slack.blocks import QUOTE, Block, Msg, context, is_web, line, picture, quote, run
from bot.slack.files import attachments, files
from bot.text import clip, literal, plain, when_long

HIDDEN = "New message, open in Inbox."
NAME = 80
_PREVIEW = 150
_BLOCKS, _SIZE = 45, 9_000  # blocks and code points of one post when it is made; an edit may add a few
_MEANWHILE = 12  # messages; three blocks each at the most, of the 50 that a message may have


def follow_ups(messages: Sequence[Message], person: Person | None) -> Msg:
    """Messages of the conversation one after the other, in one post; `that_fit` says how many it may hold."""
    blocks: list[Block] = []
    side: tuple[str, str] | None = None
    for message in messages:
        if (message.direction, message.sent_by) != side:
            side = message.direction, message.sent_by
            blocks.append(line(*(who_runs(person) if message.inbound else sender_runs(message))))
        blocks += _of(message)
    name = who_text(person) if messages[0].inbound else runs_text(sender_runs(messages[0]))
    many = f", {len(messages)} messages" if len(messages) > 1 else ""
    return {"text": f"{name}{many}: {' / '.join(beginning(one) for one in messages[:3])}", "blocks": blocks}


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
    return [*body(message, pictures=True), context(timing(message, ""), reacted(message))]


def last_that_fit(messages: Sequence[Message]) -> int:
    """How many of the last `messages` one post takes that tells of an absence, and takes them when one has changed."""
    return min(_MEANWHILE, that_fit(messages[::-1]))


def meanwhile(messages: Sequence[Message], person: Person | None, earlier: int = 0) -> Msg:
    """What somebody wrote while the bot was away, in one message; as many `earlier` ones are not in it."""
    note = [context(f"{earlier} earlier ones are in Inbox.")] if earlier else []
    blocks = [block for one in messages for block in (*body(one), context(timing(one, "")))]
    name = who_text(person)
    return {
        "text": f"{name}, while I was away: {' / '.join(beginning(one) for one in messages[-3:])}",
        "blocks": [line(*who_runs(person), run(" while I was away")), *note, *blocks],
    }


def history(messages: Sequence[Message], person: Person | None, limit: int = 500) -> list[Block]:
    """Messages of the conversation in a form, oldest first; of each, `limit` code points."""
    blocks: list[Block] = []
    for message in messages:
        who = who_text(person) if message.inbound else "Your team"
        blocks += [context(f"*{who}*, {when_long(message.created_at)}{edited(message)}"), *body(message, limit=limit)]
    return blocks


def snoozed_until(snoozed: Snoozed) -> str:
    """`Snoozed until Nov 30, 9:00 AM by Ana`, as mrkdwn without a full stop."""
    return f"Snoozed until {when_long(snoozed.until)} by {plain(snoozed.name, NAME)}"


def who_runs(person: Person | None) -> list[Block]:
    """Name and handle as literal runs: no link, no mention."""
    if person is None:
        return [run("Someone", bold=True)]
    handle = literal(person.handle, NAME)
    name = literal(person.name, NAME).strip() or handle or "Someone"
    return [run(name, bold=True), *([run(f" ({handle})")] if handle and handle != name else [])]


def who_text(person: Person | None) -> str:
    """Name and handle as inert mrkdwn."""
    return runs_text(who_runs(person))


def sender_runs(message: Message) -> list[Block]:
    """Who of our side wrote it, and from where: `Ana, from Slack`, `Your team, in Inbox`."""
    name, comma, where = literal(message.sent_by, 3 * NAME).rpartition(", ")
    return [run(name or where or "Your team", bold=True), *([run(comma + where)] if name else [])]


def runs_text(runs: Sequence[Block]) -> str:
    """The same as inert mrkdwn."""
    return plain("".join(part["text"] for part in runs), 3 * NAME)


def with_picture(facts: Block, person: Person | None) -> Block:
    """A line of small print about them, with their picture before it where there is one."""
    if person is None or not is_web(person.picture):
        return facts
    shown = picture(str(person.picture), f"Picture of {literal(person.label, NAME)}")
    return {**facts, "elements": [shown, *facts["elements"]]}


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


def beginning(message: Message | None) -> str:
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


def timing(message: Message | None, account: str) -> str:
    if message is None:
        return ""
    sender = f"Sent from {plain(account, NAME)}" if account else "Sent"
    return f"{'Received' if message.inbound else sender} {when_long(message.created_at)}{edited(message)}"


def edited(message: Message | None) -> str:
    return " · edited" if message and message.edited and not message.deleted else ""


def reacted(message: Message | None) -> str:
    """`Reactions: ❤️ (2) 🔥`; "" where there are none."""
    emoji = Counter(one.emoji for one in message.reactions if not message.deleted) if message else Counter[str]()
    counted = [f"{plain(one, 20)}{f' ({times})' if times > 1 else ''}" for one, times in emoji.most_common(8)]
    return f"Reactions: {' '.join(counted)}" if counted else ""
