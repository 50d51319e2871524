"""Private lists of conversations: for `/inbox find` and the like, and for App Home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from bot import words
from bot.card import Snoozed
from bot.cards.button_views import thread_buttons
from bot.cards.message_views import snoozed_until
from bot.lists import words as words_find
from bot.lists.box_views import Boxes, act_row, box
from bot.models import Person, Thread
from bot.slack.blocks import Block, Msg, View, actions, button, context, line, marked, option, quote, run, section
from bot.slack.inputs import checkboxes
from bot.text import clip_marked, literal, plain, when_long

PAGE: Final = 5  # conversations on one page of a list
PREVIEW: Final = 200  # code points of a last message
_NAME: Final = 80


class Item(NamedTuple):
    """A conversation in a list; `account` and `assignee` are labels ("@acme", "Ana")."""

    thread: Thread
    account: str
    assignee: str | None
    snoozed: Snoozed | None = None


class Setting(NamedTuple):
    """Something a person can switch on and off; `says` is what it does, in at most 75 code points."""

    name: str
    says: str
    on: bool


class Part(NamedTuple):
    """One list in a Home; `total` counts what is not shown too, and `all_of_them` is the command that shows it."""

    title: str
    items: Sequence[Item]
    total: str
    all_of_them: str


def listing(
    title: str,
    items: Sequence[Item],
    *,
    seen_in: str,
    page: int,
    pages: int,
    notes: Sequence[str] = (),
    boxes: Boxes | None = None,
) -> Msg:
    """Page `page` (from 0) of a list of conversations. `title` and `notes` are mrkdwn from `words`."""
    place = f"{seen_in}|{page}"
    of = [f"Page {page + 1} of {pages}"] if pages > 1 else []
    turn = [button("Previous", "page_back", f"{seen_in}|{page - 1}")] if page else []
    turn += [button("Next", "page_on", f"{seen_in}|{page + 1}")] if page + 1 < pages else []
    said = [f"{''.join(_names(one.thread.person))}: {_preview(one.thread, 80)}" for one in items]
    return {
        "text": clip_marked("\n".join([title, *(plain(one, 300) for one in said), *notes]), 3_000),
        "blocks": [
            section(title),
            *(block for n, one in enumerate(items) for block in _item(one, place, n, boxes)),
            *(act_row(place, boxes) if boxes else []),
            *([context(*of, *notes)] if of or notes else []),
            *actions(f"pages|{seen_in}", turn),
        ],
    }


def home(
    parts: Sequence[Part],
    *,
    about: Sequence[str],
    settings: Sequence[Setting],
    menus: Sequence[Block],
    team: Sequence[tuple[str, Sequence[str]]] = (),
    help: str,
    trouble: str = "",
    first_steps: bool = False,
    has_channel: bool = True,
) -> View:
    """App Home of somebody who may act. `about` is what is known of them, `trouble` why there are no lists (mrkdwn).

    `menus` are what they choose besides, `team` what an admin sees of everybody's settings: titles and lines; `help` is
    mrkdwn in parts with an empty line between them.
    """
    top = [] if has_channel else [section(words_find.NO_CHANNEL)]
    top += [section(trouble)] if trouble else []
    top += [section(words_find.FIRST_STEPS)] if first_steps else []
    lists = [block for number, one in enumerate(parts) for block in _part(one, number)]
    own = [section(words_find.SETTINGS), *_settings(settings), *menus, context(*about)]
    own += [section(words_find.listed(title, lines)) for title, lines in team]
    rest = [{"type": "divider"}, *(section(part) for part in help.split("\n\n")), section(words.DM_HELP)]
    return {"type": "home", "blocks": [*top, *lists, {"type": "divider"}, *own, *rest]}


def closed_home(why: str, ways: Sequence[Block] = ()) -> View:
    """App Home of somebody who may not act; `why` is mrkdwn from `words`, `ways` are buttons that help."""
    return {"type": "home", "blocks": [section(why), *ways]}


def _part(part: Part, number: int) -> list[Block]:
    heading = section(f"*{part.title} ({part.total})*")
    items = [block for n, one in enumerate(part.items) for block in _item(one, f"home|{number}", n)]
    if part.total == str(len(part.items)):
        return [heading, *items]
    return [heading, *items, context(words_find.more_in_home(len(part.items), part.all_of_them))]


def _settings(settings: Sequence[Setting]) -> list[Block]:
    """All of them in one group of boxes, which comes back whole with each click."""
    options = [option(one.says, one.name) for one in settings]
    on = [box for box, one in zip(options, settings, strict=True) if one.on]
    return actions("my_choices", [{**checkboxes(options, on), "action_id": "my_choices"}])


def _item(item: Item, place: str, number: int, boxes: Boxes | None = None) -> list[Block]:
    """A conversation in three blocks, or four with a box.

    The row's id tells a click where it was made, and when the message was written that it shows, "" for none.
    """
    thread = item.thread
    small = [_timing(thread), f"Assigned to {plain(item.assignee, _NAME)}" if item.assignee else "Unassigned"]
    small += [snoozed_until(item.snoozed)] if item.snoozed else ["Archived"] if thread.archived else []
    *buttons, menu = thread_buttons(thread, snoozed=item.snoozed is not None)
    buttons += [button("Change time…", "snooze", thread.id)] if item.snoozed else []
    row = marked(f"{place}|{number}", thread.last_message.created_at.isoformat() if thread.last_message else "")
    return [*_heading(item, place, boxes), context(*small), *actions(row, [*buttons, menu])]


def _heading(item: Item, place: str, boxes: Boxes | None) -> list[Block]:
    thread = item.thread
    name, handle = _names(thread.person)
    via = literal(f" via {item.account}", 2 * _NAME) + (" · message request" if thread.is_request else "")
    said = quote(_preview(thread, PREVIEW))
    if boxes:
        words = f"{_mark(item)} {name}{handle}{via}"
        return [*box(place, thread.id, words, ticked=thread.id in boxes.ticked), *said]
    heading = line(run(f"{_mark(item)} "), run(name, bold=True), run(handle + via))
    heading["elements"] += [element for block in said for element in block["elements"]]
    return [heading]


def _mark(item: Item) -> str:
    """As on a card: whether somebody waits, and for whom."""
    if item.snoozed:
        return "😴"
    if item.thread.archived:
        return "✅"
    last = item.thread.last_message
    if last is None or not last.inbound:
        return "🟢"
    return "🟡" if item.thread.assignee_id else "🔴"


def _names(person: Person | None) -> tuple[str, str]:
    """`Sarah Chen` and ` (@sarah)`, literally; the second is empty where it says nothing new."""
    name = literal(person.name, _NAME).strip() if person else ""
    handle = literal(person.handle, _NAME).strip() if person else ""
    return (name, f" ({handle})") if name and handle not in ("", name) else (name or handle or "Someone", "")


def _preview(thread: Thread, limit: int) -> str:
    """The last message's beginning; v2 tells it only while no reaction came after it."""
    last = thread.last_message
    ours = "" if last is None or last.inbound else "You: "
    said = " ".join(last.text.split()) if last else ""
    return ours + literal(said, limit) if said else ""


def _timing(thread: Thread) -> str:
    last = thread.last_message
    if last is None:
        return "No message yet"
    return f"{'Waiting since' if last.inbound else 'Answered'} {when_long(last.created_at)}"
