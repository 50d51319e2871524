"""Snoozing a conversation: the form, and what becomes of what was chosen in it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from bot import accept, words
from bot.cards import newer
from bot.cards.known import card_of
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Feature
from bot.lists.jobs import DrawHome
from bot.lists.words import TOO_OLD
from bot.people import answers, forms
from bot.queue.job import Job, Keep, utc_now
from bot.slack.blocks import notice_modal
from bot.slack.payloads import (
    Ack,
    Body,
    asker,
    button_value,
    from_modal,
    modal_of,
    remembered,
    seen_in,
    shown_until,
    submitted,
    ticked,
)
from bot.snooze.jobs import OpenSnooze
from bot.snooze.times import Clock, Wrong, chosen
from bot.snooze.views import WAKE, WAKING, WRONG, snooze_modal
from bot.threads.jobs import Change, Wish

TITLE: Final = "Snooze…"
feature = Feature()


@feature.more("snooze")
@feature.action("snooze")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The option of a card's menu, and a button."""
    place = seen_in(body)
    seen = await newer.shown(bot, place, asker(body).user, button_value(body), shown_until(body))
    await accept.thread_form(bot, body, TITLE, partial(OpenSnooze, seen_in=place, seen=seen))
    await ack()


@feature.more("wake")
@feature.action("wake")
async def wake_now(ack: Ack, body: Body, bot: Bot) -> None:
    """*Wake now*, in a card's menu and in *This message…*: a conversation that is reopened is not snoozed any more."""
    who = asker(body)
    job = Change(verb="reopen", thread_id=button_value(body), asker=who, seen_in=seen_in(body))
    await accept.asked(bot, job)
    if form := modal_of(body):
        await accept.show(bot, who, notice_modal(WAKE, WAKING), instead_of=form)
    await ack()


@feature.handles(OpenSnooze)
async def open_form(job: OpenSnooze, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view, by the clock of whoever asks."""
    if await forms.actor(bot, job, TITLE) is None:
        return []
    seen = job.seen or await newer.shown(bot, job.seen_in, job.asker.user, job.thread_id)
    if seen is None and job.seen_in:
        return await _too_old(bot, job)
    try:
        card = await card_of(bot, job.thread_id)
    except InboxError as error:
        return await forms.notice(bot, job, TITLE, answers.explain(bot, error, job.ref))
    if card.gone:
        return await forms.notice(bot, job, TITLE, words.GONE)
    clock = Clock(await bot.access.zone(job.asker), utc_now())
    view = snooze_modal(
        person=card.thread.person,
        snoozed=card.snoozed,
        times=clock.choices(),
        zone=str(clock.zone),
        metadata=remembered(_about(job, clock, seen), job.asker),
    )
    await forms.fill(bot, job.view_id, view)
    return []


async def _too_old(bot: Bot, job: OpenSnooze) -> list[Job]:
    """Nobody knows any more what the list showed."""
    if job.seen_in != "home":
        return await forms.notice(bot, job, TITLE, TOO_OLD)
    drawn = DrawHome(changed=job.thread_id, asker=job.asker)
    return [*await forms.notice(bot, job, TITLE, words.HOME_TOO_OLD), drawn]


def _about(job: OpenSnooze, clock: Clock, seen: datetime | None) -> str:
    return f"{job.thread_id} {clock} {job.seen_in.partition('|')[0]} {seen.isoformat() if seen else ''}"


@feature.view("snooze")
async def submit(ack: Ack, body: Body, bot: Bot) -> None:
    """A time was chosen; one that cannot be is said to be so beside its field."""
    about, who = from_modal(body)
    thread_id, clock, place, seen = (*about.split(" "), "")[:4]  # versions before 2026-12 wrote three
    at = until(body, clock)
    if isinstance(at, Wrong):
        await ack(response_action="errors", errors={at.field: WRONG[at.why]})
        return
    job = Change(
        verb="snooze",
        thread_id=thread_id,
        snooze=Wish(until=at, even=bool(ticked(body, "even")), listed=bool(place)),
        asker=who,
        seen_in="home" if place == "home" else "",
        seen=datetime.fromisoformat(seen) if seen else None,
    )
    await accept.submitted(bot, body, job)
    await ack()


def until(body: Body, clock: str) -> datetime | Wrong:
    """The time that the fields of `views.until_fields` say, by the `Clock` that the form remembers."""
    (when, day, at), now = (submitted(body, one) for one in ("when", "date", "time")), utc_now()
    return chosen(when, day, at, Clock.read(clock, now), now)
