"""What an admin sets for a channel in a form, and the hours in which a person wants no reminders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Final, NamedTuple

from bot import jobs
from bot.answers import Answers, say
from bot.errors import InboxError, Refused
from bot.gate import Gate
from bot.hours import Quiet, Reminders, clock, zone_named
from bot.jobs import Console, Job, OpenSettings, SaveSettings, TellAdmins
from bot.slack import Slack
from bot.store.audit import Audit
from bot.store.preferences import Preferences
from bot.store.waiting import Waiting
from bot.views import notice_modal, words
from bot.views import reminding as views

TITLE: Final = "Channel settings"
LONGEST: Final = 168.0  # hours


class Form(NamedTuple):
    """What was submitted, or for each field that is wrong the words beside it."""

    reminders: Reminders
    wrong: dict[str, str]


def read_form(typed: Mapping[str, str], days: Sequence[str]) -> Form:
    """The form's fields as an admin filled them in; an empty one means never, none, or around the clock."""
    wrong: dict[str, str] = {}
    hours = {name: _hours(typed.get(name, ""), name, wrong) for name in ("unassigned_after", "assigned_after")}
    opens, closes = _span(typed.get("hours", ""), wrong)
    zone, near = zone_named(typed.get("zone", "") or "UTC")
    if zone is None:
        wrong["zone"] = views.no_zone(near)
    digest = clock(typed["digest"]) if typed.get("digest", "").strip() else None
    if typed.get("digest", "").strip() and digest is None:
        wrong["digest"] = views.BAD_CLOCK
    chosen = tuple(sorted(int(day) for day in days if day in "0123456"))
    if not chosen and (opens or digest):
        wrong["days"] = views.NO_DAYS
    made = Reminders(**hours, zone=zone or "UTC", days=chosen, opens=opens, closes=closes, digest=digest)
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


def _span(typed: str, wrong: dict[str, str]) -> tuple[time | None, time | None]:
    """Two times of day, as `9-17:30`."""
    if not typed.strip():
        return None, None
    first, _, last = typed.replace("–", "-").replace("to", "-").partition("-")  # noqa: RUF001 - phones write that dash
    opens, closes = clock(first), clock(last)
    if opens is None or closes is None or opens == closes:
        wrong["hours"] = views.BAD_SPAN
        return None, None
    return opens, closes


class ChannelSettings:
    """Admins alone set them; the others are told."""

    def __init__(
        self, gate: Gate, slack: Slack, preferences: Preferences, waiting: Waiting, answers: Answers, audit: Audit
    ) -> None:
        self._gate, self._slack, self._preferences = gate, slack, preferences
        self._waiting, self._answers, self._audit = waiting, answers, audit

    async def open(self, job: OpenSettings, _: object) -> list[Job]:
        """Fill the form with what is set now, in the admin's own time zone where none is."""
        channel = job.asker.channel or ""
        try:
            profile = await self._gate.admin(job.asker)
        except (Refused, InboxError) as error:
            await self._audit.note(job.asker, "settings", channel, f"refused: {type(error).__name__}", job.ref)
            why = self._answers.explain(error, job.asker, job.ref)
            await self._slack.update_view(job.view_id, notice_modal(TITLE, why))
            return []
        set_here = await self._preferences.channel(channel)
        found = set_here.reminders
        view = views.settings_modal(
            channel=channel,
            privacy=set_here.privacy,
            unassigned_after=found.unassigned_after,
            assigned_after=found.assigned_after,
            hours=(found.opens, found.closes) if found.opens and found.closes else None,
            days=found.days,
            zone=profile.zone if found == Reminders() else found.zone,
            digest=found.digest,
            metadata=f"|{channel}|",
        )
        await self._slack.update_view(job.view_id, view)
        return []

    async def save(self, job: SaveSettings, _: object) -> list[Job]:
        """From now on; whoever waits is looked at again by the new hours."""
        await self._gate.admin(job.asker)
        channel, made = job.asker.channel or "", job.reminders
        known = await self._preferences.channel(channel)
        changed = known.model_copy(update={"privacy": job.privacy, "reminders": made})
        await self._preferences.save_channel(channel, changed)
        following = made.next_digest(jobs.now())
        await self._waiting.save_morning(channel, following.timestamp() if following else None)
        await self._waiting.look_at_all()
        await self._audit.note(job.asker, "settings", channel, "done", job.ref)
        hours = f"{made.opens:%H:%M}-{made.closes:%H:%M} {made.zone}" if made.opens and made.closes else ""
        sentences = [
            views.reminds(made.unassigned_after, made.assigned_after, hours),
            views.digest_at(made.digest, made.zone),
        ]
        said = views.saved(channel, privacy=job.privacy, said=sentences)
        return [say(job.asker, said), TellAdmins(text=words.announced(job.asker.user, said), but=job.asker.user)]

    async def quiet(self, job: Console) -> list[Job]:
        """`/inbox quiet 19:00-8:00 [zone]`, `/inbox quiet off`, `/inbox quiet`: one's own, so anybody's."""
        profile = await self._gate.insider(job.asker)
        _, _, typed = job.words.strip().partition(" ")
        known = await self._preferences.person(job.asker.user)
        span, _, place = typed.strip().partition(" ")
        if not span:
            return [say(job.asker, _quiet(known.quiet))]
        found = None if span.lower() == "off" else _quiet_hours(span, place or profile.zone)
        if found is None and span.lower() != "off":
            return [say(job.asker, views.QUIET_USAGE)]
        await self._preferences.save_person(job.asker.user, known.model_copy(update={"quiet": found}))
        return [say(job.asker, _quiet(found))]


def _quiet(quiet: Quiet | None) -> str:
    return views.quiet_set(quiet.begins, quiet.ends, quiet.zone) if quiet else views.QUIET_OFF


def _quiet_hours(span: str, place: str) -> Quiet | None:
    wrong: dict[str, str] = {}
    begins, ends = _span(span, wrong)
    zone, _ = zone_named(place)
    return Quiet(begins=begins, ends=ends, zone=zone) if begins and ends and zone else None
