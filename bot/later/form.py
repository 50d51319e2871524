"""When a message is to be sent: the fields of a form, and the form that changes one which waits."""

from __future__ import annotations

from datetime import UTC, datetime

from bot import accept
from bot.context import Bot
from bot.feature import Feature
from bot.later import views
from bot.later import words as later_words
from bot.later.due import question
from bot.later.jobs import ChangeLater, OpenLater, Scheduled, ShowLater, intent_of
from bot.people import answers, forms
from bot.people.answers import given_back, say, tell
from bot.people.mentions import decoded
from bot.queue.job import Asker, Job, Keep, utc_now
from bot.slack.blocks import Block
from bot.slack.payloads import (
    Ack,
    Body,
    asker,
    block_of,
    button_value,
    from_modal,
    has_field,
    modal_of,
    more_of,
    remembered,
    submitted,
)
from bot.snippets.words import unsendable
from bot.snooze.times import Clock, Wrong, chosen
from bot.snooze.views import WRONG
from bot.text import decode

TITLE = "Change message"
feature = Feature()


async def fields(bot: Bot, asker: Asker) -> tuple[list[Block], str]:
    """The end of a form that sends, and the `Clock` of whoever asks for it, which the form is to remember."""
    clock = Clock(await bot.access.zone(asker), utc_now())
    return views.time_fields(clock.choices(), str(clock.zone)), str(clock)


def send_at(body: Body, clock: str) -> tuple[datetime | None, dict[str, str]]:
    """The time that such a form says, None for now; and what is wrong with it, by the field that it stands beside."""
    when, day, at = (submitted(body, f"send_{one}") for one in ("when", "date", "time"))
    if not (when or day or at):
        return None, {}
    now = utc_now()
    until = chosen(when, day, at, Clock.read(clock, now), now)
    return (None, {f"send_{until.field}": WRONG[until.why]}) if isinstance(until, Wrong) else (until, {})


@feature.action("later_change")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """*Change…*, below the card, in a direct message or in the list."""
    who, about = asker(body), button_value(body)
    await accept.form(
        bot, who, TITLE, lambda view: OpenLater(view_id=view, about=about, asker=who), instead_of=modal_of(body)
    )
    await ack()


@feature.handles(OpenLater)
async def open_form(job: OpenLater, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with what the message says and when it goes."""
    actor = await forms.actor(bot, job, TITLE)
    if actor is None:
        return []
    known = await bot.schedule.get(job.about)
    if known is None or not known.open:
        return await forms.notice(bot, job, TITLE, later_words.OVER)
    if known.send.asker.user != actor.user:
        return await forms.notice(bot, job, TITLE, later_words.only_the_writer(known.send.asker.user))
    zone = await bot.access.zone(job.asker)
    now = utc_now()
    at = max(known.at, now).astimezone(zone)
    metadata = remembered(job.about, job.asker, f"{zone} {now.isoformat()} {at.isoformat()}")
    characters = await bot.directory.characters(known.send.address.platform)
    asks = known.state == "asks"
    view = views.change_modal(known.send.text, at, str(zone), characters, metadata, asks=asks)
    await forms.fill(bot, job.view_id, view)
    return []


@feature.view("later_change")
async def written(ack: Ack, body: Body, bot: Bot) -> None:
    """The form was submitted: what can be seen to be wrong is said beside the field."""
    about, who = from_modal(body)
    zone, seen, *shown = more_of(body).split(" ")  # those of older versions remember no time
    said, (until, wrong) = submitted(body, "text") if has_field(body, "text") else None, _moved_to(body, zone, shown)
    if said is not None and (why := unsendable(said)):
        wrong[block_of(body, "text")] = why
    if wrong or until is None:
        await ack(response_action="errors", errors=wrong)
        return
    job = ChangeLater(about=about, text=said, until=until, seen=datetime.fromisoformat(seen), asker=who)
    await accept.submitted(bot, body, job)
    await ack()


def _moved_to(body: Body, zone: str, shown: list[str]) -> tuple[datetime | None, dict[str, str]]:
    """The time that the form says; the very moment that it has `shown`, to the second, where nobody touched that."""
    for at in map(datetime.fromisoformat, shown):
        if (submitted(body, "send_date"), submitted(body, "send_time")) == (f"{at:%Y-%m-%d}", f"{at:%H:%M}"):
            return at.astimezone(UTC), {}
    return send_at(body, zone)


@feature.handles(ChangeLater)
async def change(job: ChangeLater, _: Keep, bot: Bot) -> list[Job]:
    """From now on; where it has gone meanwhile, its writer is told, with what they wrote.

    What they were asked after they had opened the form, they have not answered with it.

    It asks nothing of Inbox, as the old text would go out as soon as that answers again; who may send is asked then.
    """
    user = (await bot.access.insider(job.asker, fresh=True)).id
    body = await decoded(bot, job.text or "")

    def as_wanted(now: Scheduled) -> Scheduled | None:
        if not now.open or now.send.asker.user != user:
            return None
        return _changed(now, job, now.send.text if job.text in (None, now.send.text) else body)

    known = await bot.schedule.move(job.about, job.key, as_wanted)
    if known is None:
        return [await _too_late(bot, job, body)]
    await bot.record.note(job.asker, job.described[0], known.thread_id, "done", job.ref, known.send.member)
    if known.state == "asks":
        return [say(job.asker, later_words.STILL_ASKS), await question(bot, known), ShowLater(about=known.id)]
    if known.at <= utc_now():
        return [say(job.asker, later_words.NOW), ShowLater(about=known.id), known.release]
    return [say(job.asker, later_words.changed(known.at)), ShowLater(about=known.id)]


async def _too_late(bot: Bot, job: ChangeLater, body: str) -> Job:
    """It is over. What has gone so is not handed back: whoever wrote that down may have died over it."""
    known, went = await bot.schedule.get(job.about), None
    if known and known.state == "goes":
        went = known.send
    elif await bot.attempts.arrived(intent_of(job.about)):  # kept is also what was asked about, or has failed
        went = await bot.attempts.get(intent_of(job.about))
    if went and {None, went.text} & {job.text, body}:
        return say(job.asker, later_words.GOES_SO)
    return tell(job.asker, views.too_late(body))


@feature.gives_up(ChangeLater)
async def not_changed(job: ChangeLater, error: Exception, bot: Bot) -> list[Job]:
    """What was written is handed back."""
    why = answers.explain(bot, error, job.ref)
    return given_back(job.asker, why, decode(job.text)) if job.text else [say(job.asker, why)]


def _changed(known: Scheduled, job: ChangeLater, text: str) -> Scheduled:
    moved = known.moved_to(job.until)
    moved = moved.having(send=moved.send.having(text=text))
    if known.state == "asks" and (known.asked is None or known.asked > job.seen):
        return moved.having(asked=utc_now())  # anew, with what it says now
    answered = {"seen": max(known.seen, job.seen), "pressed": False, "copied": False}
    return moved.having(state="waits", why=None, **answered)
