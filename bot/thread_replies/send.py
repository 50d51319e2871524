"""Replies in a card's Slack thread that go out as direct messages, where an admin has chosen a prefix for that.

What does not begin with the prefix never leaves Slack, and neither does what was edited to begin with it later. The
writer is held against the gate like everybody who acts, and the channel against the rule for shared channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from bot import text, words
from bot.address import Address
from bot.card import Card
from bot.cards.known import card_of
from bot.context import Bot
from bot.errors import Gone, NotNow, SlackRefused, Unidentified
from bot.feature import Feature
from bot.later.put import begun
from bot.models import Person, Place, Thread
from bot.people import answers
from bot.people.access import Actor
from bot.people.answers import say
from bot.people.jobs import Tell
from bot.people.mentions import decoded
from bot.queue.job import Asker, Job, Keep
from bot.send.jobs import Send
from bot.send.outcome import given_up
from bot.thread_replies import words as echo_words
from bot.thread_replies.jobs import Echo, Mark

log = structlog.get_logger(__name__)

WAITS: Final = "hourglass_flowing_sand"
FAILED: Final = "warning"
MARKS: Final = {
    "held": WAITS,
    "sending": WAITS,
    "sent": "white_check_mark",
    "unconfirmed": FAILED,
    "failed": FAILED,
    "edited": "pencil2",
}
OVER: Final = {"sent", "unconfirmed", "failed", "cancelled"}
feature = Feature()


def intent_of(channel: str, ts: str) -> str:
    """The one intent of a Slack message: however often Slack tells of it, it is sent once."""
    return f"slack-{channel}-{ts}"


def once_of(channel: str | None, ts: str) -> str:
    """Under which a Slack message is accepted to be sent, once."""
    return f"slack-message:{channel}:{ts}"


@feature.handles(Echo)
async def echo(job: Echo, _: Keep, bot: Bot) -> list[Job]:
    """Send what follows the prefix, as the writer. Raises `Refused` for those who may not act."""
    channel = job.asker.channel or ""
    try:
        actor = await bot.access.actor(job.asker, fresh=True)
        links = await bot.directory.account_links()
        card = await _card(bot, job)
    except (NotNow, Unidentified) as error:
        return [say(job.asker, given_up(bot, job, error))]
    if await bot.attempts.withdrawn(intent_of(channel, job.ts)):
        gone = job.having(asker=in_channel(job.asker))
        return await _not_sent(bot, gone, actor, echo_words.CHANGED_BEFORE, "changed before")
    if not await bot.sharing.shows(channel):
        return await _not_sent(bot, job, actor, echo_words.SHARED, "shared channel")
    body = await _body(bot, job)
    if body is None:
        return await _not_sent(bot, job, actor, echo_words.OFF, "switched off")
    person = card.thread.person if card else None
    if card is None or card.gone or person is None:
        return await _not_sent(bot, job, actor, words.GONE, "gone")
    if job.files or not body:
        why = echo_words.NO_FILES if job.files else echo_words.NOTHING_AFTER
        return await _not_sent(bot, job, actor, why, "not text")
    account = next((link.label for link in links if link.id == card.thread.account_link_id), "your account")
    follow = await begun(bot, _intended(job, actor, card.thread, person, account, body))
    return [*_shown(job, follow), *follow]


async def _card(bot: Bot, job: Echo) -> Card | None:
    """What is known of the conversation, or what Inbox says where it is forgotten; None where Inbox knows of none."""
    try:
        return await card_of(bot, job.thread_id)
    except Gone:
        return None


def _shown(job: Echo, follow: Sequence[Job]) -> list[Job]:
    """The mark on what they wrote, and what stands in the place of the hint; nothing where it is over already."""
    if not follow:
        return []
    held = not any(isinstance(one, Send) for one in follow)
    said = say(job.asker, echo_words.HELD if held else echo_words.ON_ITS_WAY).having(goes_on=held)
    mark = Mark(ts=job.ts, state="held" if held else "sending", asker=job.asker)
    return [*([_instead(job, said)] if job.whole else []), mark]


def _instead(job: Echo, told: Tell) -> Tell:
    """In the place of the hint whose button was pressed, if any."""
    return told.having(replace=job.whole)


async def _body(bot: Bot, job: Echo) -> str | None:
    """What is to be sent; None where the channel no longer sends replies that begin so."""
    said = await decoded(bot, job.text)
    prefix = (await bot.preferences.channel(job.asker.channel or "")).replies
    return said.strip() if job.whole else text.after_prefix(said, prefix)


def _intended(job: Echo, actor: Actor, thread: Thread, person: Person, account: str, body: str) -> Send:
    """The one attempt to send that everything after this belongs to."""
    intent = intent_of(job.asker.channel or "", job.ts)
    return Send(
        ref=job.ref,
        at=job.at,
        intent=intent,
        only=f"echo:{intent}",
        address=Address.within(thread, person),
        person=person,
        account=account,
        text=body,
        asker=job.asker,
        member=actor.member.id,
        writer=actor.name,
        url=thread.url,
        echo=job.ts,
    )


async def _not_sent(bot: Bot, job: Echo, actor: Actor, why: str, how: str) -> list[Job]:
    await answers.note(bot, job, f"not sent: {how}", actor.member.id)
    return [_instead(job, say(job.asker, echo_words.stayed_in_slack(why)))]


@feature.handles(Mark)
async def mark(job: Mark, _: Keep, bot: Bot) -> list[Job]:
    """The hourglass, and later what takes its place; words besides where there is more to say, or no reaction."""
    place = Place(job.asker.channel or "", job.ts)
    told: list[Job] = [job.told] if job.told and job.state not in ("sent", "edited") else []
    try:
        if name := MARKS.get(job.state):
            await bot.slack.react(place, name)
        if job.state in OVER:
            await bot.slack.take_reaction(place, WAITS)
        if job.again and name != FAILED:
            await bot.slack.take_reaction(place, FAILED)
    except SlackRefused as error:
        log.warning("not_marked", ref=job.ref, error=error.code)
        if job.told and error.code == "message_not_found":
            return [job.told.having(asker=in_channel(job.told.asker))]
        return [job.told] if job.told else []
    return told


@feature.gives_up(Mark)
async def not_marked(job: Mark, error: Exception, bot: Bot) -> list[Job]:
    """Words instead of the mark."""
    return [job.told] if job.told else []


def in_channel(asker: Asker) -> Asker:
    """Where somebody is told of a reply that they deleted: Slack shows nothing private in a thread without replies."""
    return asker.having(thread_ts=None)
