"""The buttons below a list with boxes, and the forms that they open."""

from __future__ import annotations

from functools import partial
from typing import Final

from bot import accept
from bot.bulk import views, words
from bot.bulk.jobs import Act, BeginBulk, OpenBulk, Wanted
from bot.contact.form import chosen
from bot.contact.views import TAGS
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Feature
from bot.lists import words as lists
from bot.lists.store import MOST
from bot.people import forms
from bot.people.access import Actor
from bot.queue.job import Job, Keep, utc_now
from bot.slack.blocks import View, notice_modal
from bot.slack.payloads import (
    Ack,
    Body,
    asker,
    clicked,
    from_modal,
    more_of,
    remembered,
    seen_in,
    shown_until,
    submitted,
    ticked,
)
from bot.snooze.form import until
from bot.snooze.times import Clock, Wrong
from bot.snooze.views import WRONG
from bot.threads.jobs import Wish

TITLES: Final[dict[Act, str]] = {"assign": "Assign to…", "tag": "Tag…", "snooze": "Snooze…"}
feature = Feature()


@feature.action("bulk_archive")
async def archive(ack: Ack, body: Body, bot: Bot) -> None:
    """Slack has asked whether that is meant."""
    wanted = Wanted(act="archive")
    await accept.asked(bot, BeginBulk(wanted=wanted, seen_in=seen_in(body), turn=_turn(body), asker=asker(body)))
    await ack()


@feature.action("bulk_assign")
async def assign(ack: Ack, body: Body, bot: Bot) -> None:
    """*Assign to…* below a list."""
    await _open(ack, body, bot, "assign")


@feature.action("bulk_tag")
async def tag(ack: Ack, body: Body, bot: Bot) -> None:
    """*Tag…* below a list."""
    await _open(ack, body, bot, "tag")


@feature.action("bulk_snooze")
async def snooze(ack: Ack, body: Body, bot: Bot) -> None:
    """*Snooze…* below a list."""
    await _open(ack, body, bot, "snooze")


async def _open(ack: Ack, body: Body, bot: Bot, act: Act) -> None:
    who = asker(body)
    job = partial(OpenBulk, act=act, seen_in=seen_in(body), turn=_turn(body), asker=who)
    await accept.form(bot, who, TITLES[act], lambda view: job(view_id=view), click=clicked(body))
    await ack()


def _turn(body: Body) -> int | None:
    """How far the list had come that Slack shows; None where an earlier version drew it."""
    said = shown_until(body)
    return int(said) if said else None


@feature.handles(OpenBulk)
async def open_form(job: OpenBulk, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view, or say why there is nothing to be chosen."""
    title = TITLES[job.act]
    actor = await forms.actor(bot, job, title)
    if actor is None:
        return []
    listing_id, page, shown = await bot.listings.seen(job.seen_in, job.asker.user)
    if shown is None:
        return await forms.notice(bot, job, title, lists.TOO_OLD)
    count = len(await bot.ticks.of(listing_id) & {one.id for one in shown.threads})
    if not 0 < count <= MOST:
        return await forms.notice(bot, job, title, words.too_many(count, MOST) if count else words.NOTHING_TICKED)
    clock = Clock(await bot.access.zone(job.asker), utc_now())
    turn = "" if job.turn is None else f" {job.turn}"
    place = remembered(f"{listing_id} {page} {clock}{turn}", job.asker, job.asker.response_url or "")
    try:
        view = await _view(bot, job.act, actor, count, clock, place)
    except InboxError as error:
        return await forms.notice(bot, job, title, lists.not_listed(error, job.ref))
    await forms.fill(bot, job.view_id, view or notice_modal(title, words.NO_TAGS))
    return []


async def _view(bot: Bot, act: Act, actor: Actor, count: int, clock: Clock, metadata: str) -> View | None:
    """None where there is nothing to choose from."""
    if act == "assign":
        return views.assign_modal(await bot.directory.members(), actor.member.id, count, metadata)
    if act == "tag":
        tags = await bot.directory.tags(fresh=True)
        await bot.contacts.offer(tags)
        return views.tag_modal(count, metadata) if tags else None
    return views.snooze_modal(count, clock.choices(), str(clock.zone), metadata)


@feature.view("bulk_assign")
async def assigned(ack: Ack, body: Body, bot: Bot) -> None:
    """A colleague was chosen, or nobody."""
    who = submitted(body, "assignee")
    await _begin(body, bot, Wanted(act="assign", assignee="" if who == views.NOBODY else who))
    await ack()


@feature.view("bulk_tag")
async def tagged(ack: Ack, body: Body, bot: Bot) -> None:
    """Tags were chosen."""
    await _begin(body, bot, Wanted(act="tag", tags=chosen(body, TAGS)))
    await ack()


@feature.view("bulk_snooze")
async def snoozed(ack: Ack, body: Body, bot: Bot) -> None:
    """A time was chosen; one that cannot be is said to be so beside its field."""
    at = until(body, from_modal(body)[0].split(" ")[2])
    if isinstance(at, Wrong):
        await ack(response_action="errors", errors={at.field: WRONG[at.why]})
        return
    wish = Wish(until=at, even=bool(ticked(body, "even")), listed=True)
    await _begin(body, bot, Wanted(act="snooze", snooze=wish))
    await ack()


async def _begin(body: Body, bot: Bot, wanted: Wanted) -> None:
    """The list is drawn anew where it is, as long as Slack takes that."""
    (about, who), url = from_modal(body), more_of(body)
    listing_id, page, _clock, *turn = about.split(" ")
    who, place = who.having(response_url=url or None), f"list|{listing_id}|{page}"
    job = BeginBulk(wanted=wanted, seen_in=place, turn=int(turn[0]) if turn else None, asker=who)
    await accept.submitted(bot, body, job)
