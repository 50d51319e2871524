"""What `bot show` prints, and admins see in Home: all that was set in Slack."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.admin.overview import Stores, of_linked, of_people, of_the_team
from bot.channels.store import Away, ChannelChoices, PersonChoices, Preferences
from bot.features import KINDS
from bot.hours import Quiet, Reminders
from bot.people.links import Links
from bot.people.rights import Rights
from bot.records import Record
from bot.routing.store import Routes
from bot.snippets.store import Snippets
from bot.store import keys

# Two values for each field. A setting that is new needs two here, and to be said.
REMINDERS: dict[str, tuple[Any, Any]] = {
    "unassigned_after": (4.0, None),
    "assigned_after": (24.0, 8.0),
    "zone": ("Europe/Berlin", "UTC"),
    "days": ((0, 1, 2), (5, 6)),
    "opens": (time(9), time(10)),
    "closes": (time(17), time(18)),
    "digest": (time(8), None),
    "target": (90.0, None),
    "holidays": ((date(2026, 12, 25),), (date(2026, 12, 24),)),
    "report": (True, False),
}
CHANNEL: dict[str, tuple[Any, Any]] = {
    "privacy": ("preview", "none"),
    "reminders": (Reminders(), Reminders(target=5.0)),
    "reply_assigns": (False, True),
    "replies": (">>", ""),
    "broadcast": ("every", "thread"),
    "escalate_to": ("C0LEADS", "S0LEADS"),
    "escalate_after": (60.0, 30.0),
}
PERSON: dict[str, tuple[Any, Any]] = {
    "told_of_assignment": (False, True),
    "quiet": (Quiet(begins=time(19), ends=time(8)), None),
    "heard": ("message", "nothing"),
    "away": (Away(), Away(until=datetime(2099, 11, 30, 8, tzinfo=UTC))),
    "hold": (10, 0),
}
NOT_SAID = {
    "archive_when_sent": "how the box in a form was left, which each form shows",
    "hinted": "what they were told once, which they did not set",
}


def fields(model: type[Record]) -> list[str]:
    return [one for one in model.__struct_fields__ if one not in NOT_SAID]


@pytest.fixture
def stores(redis: Any) -> Stores:
    return Stores(Routes(redis), Preferences(redis), Links(redis), Rights(redis, KINDS), Snippets(redis))


async def shown(stores: Stores) -> str:
    """As `bot show` has it, before names are put in."""
    parts = [*await of_the_team(stores, None, {}), *await of_people(stores)]
    return "\n".join(line for part in parts for line in (part.title, *part.lines))


@pytest.mark.parametrize("name", fields(ChannelChoices))
async def test_each_setting_of_a_channel_is_said(stores: Stores, name: str) -> None:
    said = []
    for which in (0, 1):
        chosen = {field: values[which if field == name else 0] for field, values in CHANNEL.items()}
        await stores.preferences.set_channel("C1", **chosen)
        said.append(await shown(stores))
    assert said[0] != said[1]


@pytest.mark.parametrize("name", fields(Reminders))
async def test_each_setting_of_a_channels_times_is_said(stores: Stores, name: str) -> None:
    said = []
    for which in (0, 1):
        chosen = {field: values[which if field == name else 0] for field, values in REMINDERS.items()}
        await stores.preferences.set_channel("C1", reminders=Reminders(**chosen))
        said.append(await shown(stores))
    assert said[0] != said[1]


@pytest.mark.parametrize("name", fields(PersonChoices))
async def test_each_setting_of_a_person_is_said(stores: Stores, name: str) -> None:
    """By itself: who has set nothing else is named too."""
    await stores.preferences.set_person("U1", **{name: PERSON[name][1]})
    await stores.links.save_link("U1", "m1")
    said = [await shown(stores), str(await of_linked(stores, 1))]
    await stores.preferences.set_person("U1", **{name: PERSON[name][0]})
    assert "<@U1>:" in await shown(stores)
    assert said[0] != await shown(stores)
    assert said[1] != str(await of_linked(stores, 1))


async def test_how_times_and_absences_are_said(stores: Stores) -> None:
    times = {field: values[0] for field, values in REMINDERS.items()}
    await stores.preferences.set_channel("C1", reminders=Reminders(**times))
    await stores.preferences.set_channel("C2", reminders=Reminders(days=(5, 6), zone="Europe/Berlin", digest=time(8)))
    await stores.preferences.set_channel("C3", reminders=Reminders(zone="Europe/Berlin", target=60.0))
    await stores.preferences.set_person("U1", away=PERSON["away"][1], hold=10)
    await stores.preferences.set_person("U2", away=Away(until=datetime.now(UTC) - timedelta(hours=1)))
    said = await shown(stores)
    for one in (
        "Reminds the channel after 4 h and the assignee after 24 h of working hours.",
        "Working hours: 09:00-17:00, Mon, Tue, Wed (Europe/Berlin).",
        "Digest at 08:00 on Sat, Sun (Europe/Berlin).",
        "Not on 1 holiday: 2026-12-25.",
        "<@U1>: away until 2099-11-30 08:00 UTC, so rules assign them nothing, what they send waits 10 s",
    ):
        assert one in said
    assert "Mon, Tue, Wed, Thu" not in said  # without hours, all days count
    assert "U2" not in said  # is back


async def test_who_was_unlinked_on_purpose_is_named_until_they_are_linked_again(stores: Stores, redis: Any) -> None:
    await redis.set(keys.link("U0BEFORE"), "")  # by an older version
    await stores.links.save_link("U0LINKED", "m1")
    assert await stores.links.unlinked() == ["U0BEFORE"]
    for user in ("U0AGAIN", "U0STAYS"):
        await stores.links.save_link(user, "m2")
        await stores.links.remove_link(user)
    await stores.links.save_link("U0AGAIN", "m2")
    said = await shown(stores)
    assert "<@U0STAYS> was unlinked on purpose" in said
    assert "<@U0BEFORE> was unlinked on purpose" in said
    assert "<@U0AGAIN> acts as *m2*." in said
    assert said.count("unlinked on purpose") == 2


async def test_home_counts_those_who_are_too_many(stores: Stores) -> None:
    for number in range(3):
        await stores.links.save_link(f"U{number}", "m1")
        await stores.preferences.set_person(f"U{number}", hold=5)
    assert await of_linked(stores, 2) == []
    for number in range(3):
        await stores.links.remove_link(f"U{number}")
    (acts,) = [part for part in await of_the_team(stores, None, {}, most=2) if part.title == "Who acts as whom"]
    assert acts.lines == ["3 people were unlinked on purpose: `bot show` names them."]
