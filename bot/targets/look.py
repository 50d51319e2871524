"""Who is late: the card says so, whoever has the conversation is reminded, and later somebody else is told.

Looked up in Redis alone, Inbox is not asked. Any process may do it; each wait is told of once at each stage.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.card import Card
from bot.cards.jobs import Render
from bot.channels.store import ChannelChoices
from bot.context import Bot
from bot.errors import InboxError, Unidentified
from bot.feature import Feature
from bot.models import Place
from bot.people.colleague import acting_as
from bot.people.present import present
from bot.queue.job import Job, Keep, utc_now
from bot.queue.timer import Look
from bot.reminders.due import LOOK, OFTEN
from bot.reminders.store import FORGOTTEN
from bot.targets.jobs import LookAtTargets, Stage, TellLate

feature = Feature()
SOON: Final = timedelta(minutes=1)


class Ear(NamedTuple):
    """Where it is told (a channel's or a user's id), and whom the post mentions besides ("" for nobody)."""

    channel: str
    mention: str = ""


class Step(NamedTuple):
    """One stage of a wait: whom to tell `at` that time."""

    stage: Stage
    at: datetime
    to: Ear


@feature.looks
def look(bot: Bot) -> Look:
    """Only while a target may have passed."""
    return Look("targets", LookAtTargets, bot.timing.poll * OFTEN, bot.targets.anything)


@feature.handles(LookAtTargets)
async def look_at(_: LookAtTargets, __: Keep, bot: Bot) -> list[Job]:
    """Judge each conversation whose time has come. It is looked at again as long as somebody is to be told."""
    now, again, jobs = utc_now(), dict[str, float](), list[Job]()
    tells: dict[tuple[Stage, Ear], dict[str, float]] = defaultdict(dict)
    due = await bot.targets.due()
    for thread_id in due:
        card, place = await bot.cards.standing(thread_id)
        if card is None or place is None:
            continue
        choices = await bot.preferences.channel(place.channel)
        by = answer_by(card, choices)
        if not await bot.targets.says(thread_id, by, late=by is not None and by <= now):
            jobs.append(Render(thread_id=thread_id))
        steps = await _steps(bot, card, place, choices, by, now) if by else []
        for one in steps:
            if one.at <= now and card.owed_since:
                tells[one.stage, one.to][thread_id] = card.owed_since.timestamp()
        if steps:  # whoever dies here leaves it to be told a minute later
            later = now + SOON
            again[thread_id] = min(one.at if one.at > now else later for one in steps).timestamp()
    await bot.targets.look_again(due, again)
    told = [TellLate(stage=s, channel=to.channel, mention=to.mention, threads=t) for (s, to), t in tells.items()]
    return [*jobs, *told]


def answer_by(card: Card, choices: ChannelChoices) -> datetime | None:
    """By when somebody who waits is to have an answer in a channel that has chosen so; None without a target."""
    if card.state != "waiting" or card.owed_since is None:
        return None
    return choices.reminders.answer_by(card.owed_since)


async def _steps(
    bot: Bot, card: Card, place: Place, choices: ChannelChoices, by: datetime, now: datetime
) -> list[Step]:
    """What is still to be told of the wait, and when. Nobody is told outside the channel's hours and their own."""
    assert card.owed_since is not None
    since, hours, found = card.owed_since.timestamp(), choices.reminders, list[Step]()
    if now.timestamp() - by.timestamp() > FORGOTTEN:
        return []
    whens: list[tuple[Stage, datetime]] = [("late", by)]
    if choices.escalate_to and choices.escalate_after is not None:
        whens.append(("escalated", hours.after(by, choices.escalate_after / 60)))
    for stage, at in whens:
        if await bot.targets.told(stage, card.thread.id, since):
            continue
        at = hours.worked_from(now) if at <= now else at
        to = await _ear(bot, card, place, "" if stage == "late" else choices.escalate_to) if at <= now else None
        if at <= now and to is None:  # who they are now cannot be told
            found.append(Step(stage, now + timedelta(seconds=LOOK), Ear(place.channel)))
        else:
            found.append(Step(stage, await quiet_until(bot, to, at), to or Ear(place.channel)))
    return found


async def quiet_until(bot: Bot, to: Ear | None, at: datetime) -> datetime:
    """`at`, or when the quiet hours of whom it is for end; of a group's, the first of them to be there again."""
    if to and to.mention.startswith("S"):
        there = await present(bot, [to.mention], at)
        return at if there.ids else there.until or at
    user = next((one for one in (to.channel, to.mention) if one.startswith(("U", "W"))), "") if to else ""
    quiet = (await bot.preferences.person(user)).quiet if user else None
    return (quiet.until(at) if quiet else None) or at


async def _ear(bot: Bot, card: Card, place: Place, whom: str) -> Ear | None:
    """Who hears of it: `whom` an admin named (a channel, a user, a user group), else who has it, else the channel.

    A person is told in a direct message where they act in Inbox, else mentioned in the card's channel.
    """
    if whom.startswith(("C", "G")):
        return Ear(whom)
    if whom.startswith("S"):
        return Ear(place.channel, whom)
    try:
        if whom:
            return Ear(whom) if await bot.access.colleague(whom) else Ear(place.channel, whom)
        user = await acting_as(bot, card.thread.assignee_id) if card.thread.assignee_id else None
    except (InboxError, Unidentified):
        return None
    return Ear(user or place.channel)
