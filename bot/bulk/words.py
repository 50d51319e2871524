"""What a person reads of what is done with many conversations, as Slack mrkdwn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

from bot.bulk.jobs import Act, How
from bot.routing import views as routing
from bot.text import plain

NO_CHANNEL = "A list has no channel. Leave out `to:`."
NO_ACTIONS = "A list changes nothing. Leave out what a rule would do."
NO_FIRST = "A list looks at their last message alone. Leave out `first:`, which is for rules."
LAST_ALONE = "I looked at the last message of theirs alone."
NOTHING_TICKED = "Tick the conversations first, in the boxes before their names or with *Tick all*."
BUSY = "I am not done with those that you ticked before. Wait for the outcome, or press *Stop*."
NO_TAGS = "Your team has no tags. Add some in Inbox."
TAG_GONE = "A tag that you chose was deleted in Inbox."
AWAY = "Inbox didn't answer for an hour, so I stopped trying."
NAMED: Final = 5  # people
DOING: Final[Mapping[Act, str]] = {
    "archive": "archiving", "assign": "assigning", "tag": "tagging", "snooze": "snoozing",
}  # fmt: skip
DONE: Final[Mapping[Act, str]] = {
    "archive": "archived", "assign": "assigned", "tag": "tagged", "snooze": "snoozed",
}  # fmt: skip
SO_ALREADY: Final[Mapping[Act, str]] = {
    "archive": "archived already",
    "assign": "assigned so already",
    "tag": "tagged so already",
    "snooze": "archived already",
}
STAYING: Final[Mapping[How, str]] = {
    "fresh": "New messages", "taken": "Taken meanwhile", "failed": "Not done", "kept": "Through the contact",
    "unsure": "Look at",
}  # fmt: skip


def conditions(parts: Sequence[tuple[str, Sequence[str]]], *, waiting: bool) -> str:
    """`status: *lead*, waiting`."""
    said = routing.conditions(parts) if parts else ""
    return ", ".join([*([said] if said else []), *(["waiting"] if waiting else [])])


def title(said: str, count: int) -> str:
    """Above a list."""
    return f"*Open conversations ({count})*" + (f": {said}" if said else "")


def empty(said: str) -> str:
    return f"No open conversation fits {said}." if said else "There is no open conversation."


def too_many(count: int, most: int) -> str:
    return f"You ticked {count} conversations, and I take {most} at once. Untick some; the others come after that."


def many(count: int) -> str:
    return f"{count} conversation{'' if count == 1 else 's'}"


def begun(act: Act, count: int) -> str:
    """In the list, as long as it takes."""
    return f"⏳ I'm {DOING[act]} {many(count)}. My direct message says how far I am."


def progress(act: Act, how: Sequence[How], total: int, wait: str = "") -> str:
    """In the direct message, as long as it takes; `wait` is why it does not go on just now."""
    so_far = _parts(act, how)
    said = f"⏳ I'm {DOING[act]} {many(total)}. {len(how)} of {total} done" + (f": {so_far}." if so_far else ".")
    return f"{said} {wait}".strip()


def waits(seconds: float) -> str:
    """Inbox told how long to wait, or (0) does not answer, or Slack does not say who asks."""
    if seconds:
        return f"Inbox asks us to wait {max(1, ceil(seconds))} s. I'll go on then."
    return "Inbox or Slack isn't answering. I'll keep trying for an hour."


def outcome(
    act: Act, how: Mapping[str, How], left: int, *, names: Mapping[str, str], why: str = "", stopped: bool = False
) -> str:
    """`38 archived, 2 had a new message and stay.` `names` are people's, by thread; `why` it ended, or one failed."""
    untouched = f"{left} not touched" if left else ""
    said = ", ".join(filter(None, [_parts(act, list(how.values())), untouched])) or "Nothing was done"
    mark = "⏹️ Stopped: " if stopped else "⚠️ " if left or {"failed", "unsure"} & {*how.values()} else "✅ "
    told = [f"{mark}{said}."]
    for one, heading in STAYING.items():
        whom = [names[thread_id] for thread_id, came in how.items() if came == one and thread_id in names]
        more = f" and {len(whom) - NAMED} more" if len(whom) > NAMED else ""
        told += [f"{heading}: {', '.join(plain(name, 80) for name in whom[:NAMED])}{more}."] if whom else []
    return "\n".join([*told, *([why] if why else [])])


def _parts(act: Act, how: Sequence[How]) -> str:
    """`38 archived, 2 had a new message and stay`."""
    named: dict[How, str] = {
        "done": DONE[act],
        "already": f"{'was' if how.count('already') == 1 else 'were'} {SO_ALREADY[act]}",
        "fresh": f"had a new message and {'stays' if how.count('fresh') == 1 else 'stay'}",
        "taken": f"{'was' if how.count('taken') == 1 else 'were'} taken by a colleague meanwhile, so not assigned",
        "kept": f"{'keeps its' if how.count('kept') == 1 else 'keep their'} contact's assignee",
        "gone": f"{'was' if how.count('gone') == 1 else 'were'} deleted in Inbox",
        "failed": f"could not be {DONE[act]}",
        "unsure": f"may be {DONE[act]}: Inbox did not say",
    }
    return ", ".join(f"{how.count(one)} {said}" for one, said in named.items() if one in how)


def assigned_you(by: str, count: int) -> str:
    """What the new assignee reads."""
    return f"{plain(by, 100)} assigned you {many(count)}. `/inbox mine` lists what you have."
