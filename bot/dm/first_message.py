"""Begins a message, or asks first where something speaks against writing to somebody new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot import accept, words
from bot.address import Candidate
from bot.context import Bot
from bot.dm import words as dm_words
from bot.dm.doubts import judge
from bot.dm.jobs import Answer, Choose, Dm
from bot.dm.views import first_message_question
from bot.errors import NotNow
from bot.feature import Feature
from bot.later.put import begun
from bot.models import AccountLink
from bot.people import answers
from bot.people.access import Actor
from bot.people.answers import say, tell
from bot.people.jobs import Tell
from bot.queue.job import DAY, Job, Keep
from bot.send.jobs import Send
from bot.send.outcome import ended, given_up, shown
from bot.slack.payloads import Ack, Body, asker, button_value
from bot.text import characters

feature = Feature()


async def begin(
    bot: Bot,
    to: Candidate,
    known: Sequence[Candidate],
    body: str,
    job: Dm | Choose,
    links: Sequence[AccountLink],
    actor: Actor,
    send_at: datetime | None = None,
) -> list[Job]:
    """Send it, not before `send_at`, or ask first; `known` are the conversations with them. Raises `NotNow`."""
    most, length = await bot.directory.characters(to.person.platform), characters(body)
    if most and length > most:
        why = dm_words.too_long_to_send(to.person.platform, length - most, most)
        return [await ended(bot, _intended(to, body, job, links, actor, first=False), "failed", why)]
    doubts, first = await judge(bot, to, known, links, actor, job)
    send = _intended(to, body, job, links, actor, first=first).having(not_before=_to_come(send_at, job))
    others = {} if doubts else await bot.attempts.writes(send, sent=False)
    if others and actor.user not in others:  # a colleague writes to them too, perhaps since that was judged
        doubts, _ = await judge(bot, to, known, links, actor, job)
    if not doubts:
        return await begun(bot, send)
    await bot.attempts.give_up(send)
    await bot.attempts.keep(send)
    await answers.note(bot, job, "asked first", actor.member.id)
    question = first_message_question(
        person=send.person, account=send.account, doubts=doubts, text=send.text, intent=send.intent
    )
    return [tell(job.asker, question)]


def _intended(
    to: Candidate, body: str, job: Dm | Choose, links: Sequence[AccountLink], actor: Actor, *, first: bool
) -> Send:
    """The one attempt to send that everything after this belongs to."""
    assert to.account_link_id is not None  # ways to send always name their account
    return Send(
        ref=job.ref,
        at=job.at,
        intent=job.key,
        address=to.address(to.account_link_id),
        person=to.person,
        url=to.thread_url,
        account=next((link.label for link in links if link.id == to.account_link_id), to.account_link_id),
        text=body,
        asker=job.asker,
        member=actor.member.id,
        writer=actor.name,
        first=first,
    )


@feature.action("send_anyway", "send_not")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The buttons of the question."""
    who, send = asker(body), body["actions"][0]["action_id"] == "send_anyway"
    await accept.asked(bot, Answer(intent=button_value(body), send=send, asker=who))
    await ack()


@feature.handles(Answer)
async def answer(job: Answer, _: Keep, bot: Bot) -> list[Job]:
    """The question is answered, once and by the one who wrote the message."""
    try:
        actor = await bot.access.actor(job.asker, fresh=True)
    except NotNow as error:
        return [say(job.asker, given_up(bot, job, error))]
    kept = await bot.attempts.get(job.intent)
    if kept is None or kept.asker.user != job.asker.user:
        return [say(job.asker, words.TOO_OLD)]
    late = job.send and (job.at - kept.at).total_seconds() > DAY  # what was asked may no longer be true
    send = await bot.attempts.answer(job.intent, send=job.send and not late)
    if send != (job.send and not late):
        return [say(job.asker, dm_words.ANSWERED_YES if send else dm_words.ANSWERED_NO)]
    if not send:
        how = "not sent: too late" if late else "not sent: decided so"
        await bot.record.note(job.asker, *kept.described, how, job.ref, actor.member.id)
        why = dm_words.TOO_LATE if late else dm_words.NOT_SENT
        return [_instead(job, tell(job.asker, shown(kept, "failed", why)))]
    now = {"ref": job.ref, "at": job.at, "asker": job.asker, "member": actor.member.id}
    sent = kept.having(**now | {"only": f"answer:{job.intent}", "not_before": _to_come(kept.not_before, job)})
    await bot.attempts.writes(sent, sent=False)
    said = dm_words.LATER_ANYWAY if sent.not_before else dm_words.SENT_ANYWAY
    return [_instead(job, say(job.asker, said)), *await begun(bot, sent, written=kept.at)]


def _to_come(chosen: datetime | None, job: Dm | Choose | Answer) -> datetime | None:
    """The time that was chosen; whoever answers after it wants it sent now."""
    return chosen if chosen and chosen > job.at else None


def _instead(job: Answer, said: Tell) -> Tell:
    """In the place of the question, whose buttons have done their work."""
    return said.having(asker=job.asker, replace=True)
