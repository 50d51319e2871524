"""What somebody decides of a message that waits: cancel it, send it now, or send it though something has happened."""

from __future__ import annotations

from bot import accept
from bot.context import Bot
from bot.feature import Feature
from bot.later import views
from bot.later import words as later_words
from bot.later.jobs import Decide, Scheduled, ShowLater
from bot.people.answers import say, tell
from bot.people.jobs import Tell
from bot.queue.job import Job, Keep, utc_now
from bot.slack.payloads import Ack, Body, asker, button_value
from bot.thread_replies.jobs import Mark

VERBS = {"later_cancel": "cancel", "later_now": "now", "later_anyway": "anyway"}
feature = Feature()


@feature.action("later_cancel", "later_now", "later_anyway")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The buttons below the card, in direct messages and in the list."""
    who, pressed = asker(body), body["actions"][0]
    private = pressed.get("block_id") == "later_private"
    verb = VERBS[pressed["action_id"]]
    job = Decide(about=button_value(body), verb=verb, private=private, asker=who)  # type: ignore[arg-type]  # one of them
    await accept.asked(bot, job)
    await ack()


@feature.handles(Decide)
async def decide(job: Decide, _: Keep, bot: Bot) -> list[Job]:
    """Written down first; who wrote it decides, and colleagues may cancel it. Raises `Refused`.

    To take back one's own asks nothing of Inbox: it would go out as soon as that answers again.
    """
    user = (await bot.access.insider(job.asker, fresh=True)).id
    known = await bot.schedule.get(job.about)
    own = known is not None and known.send.asker.user == user
    if known and own and job.verb == "cancel":
        member = known.send.member
    else:
        member = (await bot.access.actor(job.asker, fresh=True)).member.id
    if known and not own and job.verb != "cancel":
        return [say(job.asker, later_words.only_the_writer(known.send.asker.user))]
    known = await bot.schedule.move(job.about, job.key, lambda now: _decided(job, now))
    if known is None:
        return [_instead(job, say(job.asker, later_words.OVER))]
    await bot.record.note(job.asker, job.described[0], known.thread_id, "done", job.ref, member)
    await bot.lanes.hurry(known.release)  # one that waits for its seconds to pass
    if job.verb == "cancel":
        return [*_cancelled(job, known, user), ShowLater(about=known.id, over=known.by)]
    if known.at > utc_now():
        return [_instead(job, say(job.asker, later_words.on_time(known.at))), ShowLater(about=known.id)]
    return [_instead(job, say(job.asker, later_words.NOW)), known.release]


def _decided(job: Decide, known: Scheduled) -> Scheduled | None:
    """None where it is too late to decide. Whoever presses knows what was written until then."""
    if not known.open or (job.verb == "anyway" and known.state != "asks"):
        return None
    if job.verb == "cancel":
        return known.having(state="over")
    at = known.at if job.verb == "anyway" and known.at > job.at else job.at
    seen = max(known.seen, job.at)  # Inbox's clock may be ahead of ours
    return known.moved_to(at).having(state="waits", seen=seen, pressed=True, copied=False)


def _cancelled(job: Decide, known: Scheduled, user: str) -> list[Job]:
    """Its writer has the text back, whoever cancelled it."""
    send = known.send
    unmarked: list[Job] = [Mark(ts=send.echo, state="cancelled", asker=send.asker)] if send.echo else []
    if send.asker.user == user:
        return [_instead(job, tell(job.asker, views.cancelled(send.person, send.text))), *unmarked]
    theirs = tell(send.asker, views.cancelled(send.person, send.text, user), lasting=True)
    return [_instead(job, say(job.asker, later_words.told_writer(send.asker.user))), theirs, *unmarked]


def _instead(job: Decide, told: Tell) -> Tell:
    """In the place of a private message whose buttons have done their work."""
    return told.having(replace=job.private)
