"""What the tests of lists with boxes do: list, tick, act, and read what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Ephemeral
from bot.sandbox.stage import Stage
from tests.e2e.steps import Json, form, thread, whisper
from tests.e2e.test_finding import inbox, people

ROW = re.compile(r"^\((?P<tick>[ x])\) \S+ (?P<name>.*?)(?: \(@\w+\))? via @", re.MULTILINE)
BUTTONS = {"archive": "bulk_archive", "assign": "bulk_assign", "tag": "bulk_tag", "snooze": "bulk_snooze"}


def rows(on: Stage, shown: Ephemeral) -> dict[str, bool]:
    """The people on the page, in order, and whether each row is ticked."""
    return {found["name"]: found["tick"] == "x" for found in ROW.finditer(on.slack.show(shown))}


async def listed(on: Stage, typed: str = "", user: str = "") -> Ephemeral:
    """What `/inbox list` shows."""
    await inbox(on, f"list {typed}".strip(), user)
    return await whisper(on, user or on.acme.ana, "Open conversations")


async def tick(on: Stage, shown: Ephemeral, person: PersonRecord, *, ticked: bool = True) -> None:
    """Click on the box of `person`."""
    found = thread(on, person).id
    (block,) = [one["block_id"] for one in shown.blocks if str(one.get("block_id")).endswith(found)]
    value = [found] if ticked else []
    assert (await on.slack.press_ephemeral(shown.user, shown, f"{block}/tick", value=value)).ok


async def press(on: Stage, shown: Ephemeral, action: str) -> None:
    assert (await on.slack.press_ephemeral(shown.user, shown, BUTTONS.get(action, action))).ok


async def all_ticked(on: Stage, typed: str = "") -> Ephemeral:
    """Ana's list, with each row ticked."""
    shown = await listed(on, typed)
    await press(on, shown, "tick_all")
    await on.slack.until(lambda: "Untick all" in on.slack.show(shown))
    return shown


async def some_ticked(on: Stage, count: int, ticked: Sequence[int]) -> tuple[list[PersonRecord], Ephemeral]:
    """Ana's list of `count` people, and those of them ticked, by number."""
    some = await people(on, count)
    shown = await listed(on)
    for one in ticked:
        await tick(on, shown, some[one])
    return some, shown


async def chosen(on: Stage, shown: Ephemeral, action: str, field: str, **values: object) -> Json:
    """Press the button, and submit its form."""
    await press(on, shown, action)
    view = await form(on, shown.user, field)
    if "contact_tags" in values:
        await on.slack.suggest(shown.user, "contact_tags", "")
    ack = await on.slack.submit(shown.user, values=values)
    assert ack.ok
    assert not ack.trouble
    return view
