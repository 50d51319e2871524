"""`/inbox settings`: what an admin sets for a channel in a form; the other admins are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Final, NamedTuple

import msgspec

from bot import accept
from bot.channels import views
from bot.channels.jobs import OpenSettings, SaveSettings
from bot.channels.said import said_times
from bot.channels.store import ChannelChoices
from bot.context import Bot
from bot.errors import AdminsOnly, InboxError, Refused
from bot.feature import Feature
from bot.hours import Reminders, clock, zone_named
from bot.later.jobs import hold_chosen
from bot.later.views import hold_field
from bot.people import answers, forms
from bot.people.announce import announced
from bot.people.answers import say
from bot.queue.job import Asker, Job, Keep, utc_now
from bot.reminders.morning import mornings
from bot.slack.payloads import Ack, Body, asker, from_modal, more_of, remembered, submitted, ticked
from bot.slack.workspace import Profile
from bot.stats.report import mondays
from bot.targets import typed as typed_target
from bot.targets import views as targets
from bot.targets.escalate import judged_anew
from bot.waits import views as waits

TITLE: Final = "Settings"
LONGEST: Final = 168.0  # hours


class Form(NamedTuple):
    """What was submitted, or for each field that is wrong the words beside it."""

    reminders: Reminders
    wrong: dict[str, str]


def read_form(typed: Mapping[str, str], days: Sequence[str], ticks: Sequence[str] = ()) -> Form:
    """The form's fields as an admin filled them in; an empty one means never, none, or around the clock."""
    wrong: dict[str, str] = {}
    opens, closes = span_of(typed.get("hours", ""), wrong)
    zone, near = zone_named(typed.get("zone", "") or "UTC")
    if zone is None:
        wrong["zone"] = views.no_zone(near)
    digest = clock(typed["digest"]) if typed.get("digest", "").strip() else None
    if typed.get("digest", "").strip() and digest is None:
        wrong["digest"] = views.BAD_CLOCK
    chosen = tuple(sorted(int(day) for day in days if day in "0123456"))
    if not chosen and (opens or digest):
        wrong["days"] = views.NO_DAYS
    made = Reminders(
        unassigned_after=_hours(typed.get("unassigned_after", ""), "unassigned_after", wrong),
        assigned_after=_hours(typed.get("assigned_after", ""), "assigned_after", wrong),
        zone=zone or "UTC",
        days=chosen,
        opens=opens,
        closes=closes,
        digest=digest,
        target=typed_target.target(typed.get("target", ""), wrong),
        holidays=typed_target.holidays(typed.get("holidays", ""), wrong),
        report="report" in ticks,
    )
    return Form(made, wrong)


def _hours(typed: str, name: str, wrong: dict[str, str]) -> float | None:
    if not typed.strip():
        return None
    try:
        hours = float(typed.strip().lower().removesuffix("h").replace(",", "."))
    except ValueError:
        hours = 0.0
    if not 1 <= hours <= LONGEST:
        wrong[name] = views.BAD_HOURS
        return None
    return hours


def span_of(typed: str, wrong: dict[str, str]) -> tuple[time | None, time | None]:
    """Two times of day, as `9-17:30`."""
    if not typed.strip():
        return None, None
    first, _, last = typed.replace("–", "-").replace("to", "-").partition("-")  # noqa: RUF001 - phones write that dash
    opens, closes = clock(first), clock(last)
    if opens is None or closes is None or opens == closes:
        wrong["hours"] = views.BAD_SPAN
        return None, None
    return opens, closes


feature = Feature()


@feature.opens(
    "settings",
    help="how you hear of who waits",
    for_admins="what this channel shows, its target, reminders, working hours, morning digest and Monday's report",
)
async def ask(ack: Ack, body: Body, bot: Bot) -> None:
    """`/inbox settings`: an admin's form for the channel they are in, anybody else's for themselves."""
    who = asker(body)
    await accept.form(bot, who, TITLE, lambda view: OpenSettings(view_id=view, asker=who))
    await ack()


@feature.view("channel_settings")
async def submit(ack: Ack, body: Body, bot: Bot) -> None:
    """The form: what can be seen to be wrong is said beside the field."""
    _, who = from_modal(body)
    chosen_of = ("privacy", "broadcast", "heard")
    names = (*chosen_of, "unassigned_after", "assigned_after", "hours", "zone", "digest", "target", "holidays")
    typed = {name: submitted(body, name) for name in names}
    form = read_form(typed, ticked(body, "days"), ticked(body, "report"))
    if form.wrong:
        await ack(response_action="errors", errors=form.wrong)
        return
    chosen = {name: typed[name] for name in chosen_of if typed[name]}  # options
    shown = ChannelChoices.read(kept) if (kept := more_of(body)) else None
    job = SaveSettings(**chosen, reminders=form.reminders, shown=shown, asker=who)  # type: ignore[arg-type]
    await accept.submitted(bot, body, job, *hold_chosen(body, who))
    await ack()


@feature.handles(OpenSettings)
async def open_form(job: OpenSettings, _: Keep, bot: Bot) -> list[Job]:
    """Fill the form with what is set now, in the admin's own time zone where none is."""
    channel = job.asker.channel or ""
    try:
        profile = await _admin_there(bot, job.asker)
    except (Refused, InboxError) as error:
        await bot.record.note(job.asker, "settings", channel, f"refused: {type(error).__name__}", job.ref)
        why = answers.explain(bot, error, job.ref)
        return await forms.notice(bot, job, TITLE, why)
    mine = await bot.preferences.person(job.asker.user)
    own = [waits.heard_field(mine.heard), hold_field(mine.hold)]
    if profile is None:
        await forms.fill(bot, job.view_id, waits.my_modal(mine.heard, more=own[1:], metadata=remembered("", job.asker)))
        return []
    set_here = await bot.preferences.channel(channel)
    found = set_here.reminders
    view = views.settings_modal(
        channel=channel,
        privacy=set_here.privacy,
        broadcast=set_here.broadcast,
        own=own,
        unassigned_after=found.unassigned_after,
        assigned_after=found.assigned_after,
        hours=(found.opens, found.closes) if found.opens and found.closes else None,
        days=found.days,
        zone=profile.zone if found == Reminders() else found.zone,
        digest=found.digest,
        targets=targets.fields(found.target, found.holidays, report=found.report),
        metadata=f"|{channel}||{set_here.json()}",
    )
    await forms.fill(bot, job.view_id, view)
    return []


async def _admin_there(bot: Bot, asker: Asker) -> Profile | None:
    """The admin who asks in a channel; None for somebody who chooses for themselves alone. Raises `Refused`."""
    if (asker.channel or "").startswith(("C", "G")):
        try:
            return await bot.access.admin(asker)
        except AdminsOnly:
            return None
    await bot.access.insider(asker)
    return None


@feature.handles(SaveSettings)
async def save_form(job: SaveSettings, _: Keep, bot: Bot) -> list[Job]:
    """From now on; whoever waits is looked at again by the new hours."""
    await bot.access.admin(job.asker)
    await _begin_what_is_due(bot)
    channel = job.asker.channel or ""
    now = await bot.preferences.change_channel(channel, lambda known: _as_wanted(job, known))
    made = now.reminders
    following = made.next_digest(utc_now())
    await bot.waiting.save_morning(channel, following.timestamp() if following else None)
    monday = made.next_report(utc_now())
    await bot.counts.save_report(channel, monday.timestamp() if monday else None)
    await bot.waiting.look_at_all()
    looks = await judged_anew(bot)
    sentences = [
        *([waits.broadcast(channel, now.broadcast)] if job.broadcast else []),
        *said_times(made),
        *targets.said(made.target, made.holidays, report=made.report),
    ]
    said = views.saved(channel, privacy=now.privacy, said=sentences)
    own: list[Job] = []
    if job.heard and job.heard != (await bot.preferences.person(job.asker.user)).heard:
        await bot.preferences.set_person(job.asker.user, heard=job.heard)
        own = [say(job.asker, waits.heard(job.heard))]
    return [*await announced(bot, job, "settings", channel, said), *own, *looks]


async def _begin_what_is_due(bot: Bot) -> None:
    """Whose time has come and nobody has looked yet, comes: the new times count from now on."""
    await mornings(bot, utc_now())
    await mondays(bot, utc_now())


def _as_wanted(job: SaveSettings, known: ChannelChoices) -> ChannelChoices:
    """What the admin changed in their form is as they want it; what somebody else set meanwhile stays."""
    shown, wanted = job.shown, {"privacy": job.privacy, "broadcast": job.broadcast or known.broadcast}
    hours = msgspec.structs.asdict(job.reminders)
    if shown:
        wanted = {name: one for name, one in wanted.items() if one != getattr(shown, name)}
        hours = {name: one for name, one in hours.items() if one != getattr(shown.reminders, name)}
    return known.having(**wanted, reminders=known.reminders.having(**hours))
