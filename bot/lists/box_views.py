"""Boxes at the rows of a list, and what can be done with all that are ticked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from bot.slack.blocks import Block, actions, button, confirm, context, marked, option, section
from bot.slack.inputs import checkboxes

BOXED: Final = 10  # conversations on one page of a list with boxes
WITH_TICKED: Final = "With those that are ticked, on every page:"
CONFIRM: Final = (
    "All that are ticked, on every page of the list. Where they wrote since the list was drawn, the conversation stays."
)


class Boxes(NamedTuple):
    """Which rows are `ticked`; `tickable` is how many *Tick all* would tick, which are not all where there are `more`.

    `running` names what is being done with those that were, `said` (mrkdwn) what becomes of that. `turn` is the list's.
    """

    ticked: Collection[str]
    tickable: int
    more: bool = False
    running: str = ""
    said: str = ""
    turn: int = 0


def box(place: str, thread_id: str, words: str, *, ticked: bool) -> list[Block]:
    """The heading of a row as a box; the block's id ends in the thread, which Slack does not say of an empty box."""
    choice = option(words, thread_id)
    boxes = checkboxes([choice], [choice] if ticked else [])
    return actions(f"{place}|{thread_id}", [{**boxes, "action_id": "tick"}])


def act_row(place: str, boxes: Boxes) -> list[Block]:
    """Below the rows: what to do with those that are ticked; while that is being done, how to stop it.

    Its id tells a click where it was made, and how far the list had come that Slack shows.
    """
    said = [section(boxes.said)] if boxes.said else []
    if boxes.running:
        return [*said, *actions(f"{place}|bulk", [button("Stop", "bulk_stop", boxes.running)])]
    if not boxes.tickable:
        return said
    all_of = f"Tick the first {boxes.tickable}" if boxes.more else f"Tick all {boxes.tickable}"
    mark = button("Untick all", "untick_all", "none") if boxes.ticked else button(all_of, "tick_all", "all")
    sure = confirm("Archive them?", CONFIRM, "Archive")
    acts = [
        mark,
        button("Archive", "bulk_archive", "ticked", confirm=sure),
        button("Assign to…", "bulk_assign", "ticked"),
        button("Tag…", "bulk_tag", "ticked"),
        button("Snooze…", "bulk_snooze", "ticked"),
    ]
    return [*said, context(WITH_TICKED), *actions(marked(f"{place}|bulk", boxes.turn), acts)]
