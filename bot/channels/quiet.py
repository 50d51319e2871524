"""`/inbox quiet`: the hours in which a person wants no reminders."""

from __future__ import annotations

from bot.channels import views
from bot.channels.form import span_of
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.hours import Quiet, zone_named
from bot.people.answers import say
from bot.queue.job import Job

feature = Feature()


@feature.word("quiet", help="hours without reminders: `quiet 19:00-8:00`, `quiet off`")
async def quiet(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox quiet 19:00-8:00 [zone]`, `/inbox quiet off`, `/inbox quiet`: one's own, so anybody's."""
    profile = await bot.access.insider(job.asker)
    known = await bot.preferences.person(job.asker.user)
    span, _, place = typed.partition(" ")
    if not span:
        return [say(job.asker, _quiet(known.quiet))]
    found = None if span.lower() == "off" else _quiet_hours(span, place or profile.zone)
    if found is None and span.lower() != "off":
        raise Mistake(views.QUIET_USAGE)
    await bot.preferences.set_person(job.asker.user, quiet=found)
    return [say(job.asker, _quiet(found))]


def _quiet(quiet: Quiet | None) -> str:
    return views.quiet_set(quiet.begins, quiet.ends, quiet.zone) if quiet else views.QUIET_OFF


def _quiet_hours(span: str, place: str) -> Quiet | None:
    wrong: dict[str, str] = {}
    begins, ends = span_of(span, wrong)
    zone, _ = zone_named(place)
    return Quiet(begins=begins, ends=ends, zone=zone) if begins and ends and zone else None
