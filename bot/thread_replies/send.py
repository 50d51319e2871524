"""Replies in a card's Slack thread that go out as direct messages, where an admin has chosen a prefix for that.

What does not begin with the prefix never leaves Slack, and neither does what was edited to begin with it later. The
writer is held against the gate like everybody who acts, and the channel against the rule for shared channels.

Each handler can be run again.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot import text, words
from bot.cards.jobs import Announce
from bot.context import Bot
from bot.dm import write
from bot.errors import Forbidden, InboxError, Mistake, NotNow, SlackRefused, Unidentified
from bot.feature import Console, Feature
from bot.manifest import FOR_REPLIES
from bot.models import Address, Person, Place, Thread
from bot.people import answers
from bot.people.access import Actor
from bot.people.answers import say
from bot.people.jobs import TellAdmins
from bot.queue.job import Asker, Job, Keep
from bot.send.jobs import Send
from bot.thread_replies.jobs import Echo, Mark, Revise

log = structlog.get_logger(__name__)

WAITS: Final = "hourglass_flowing_sand"
FAILED: Final = "warning"
MARKS: Final = {
    "sending": WAITS,
    "sent": "white_check_mark",
    "unconfirmed": FAILED,
    "failed": FAILED,
    "edited": "pencil2",
}
LONGEST: Final = 20  # code points of a prefix


def intent_of(channel: str, ts: str) -> str:
    """The one intent of a Slack message: however often Slack tells of it, it is sent once."""
    return f"slack-{channel}-{ts}"


feature = Feature()


# --- the setting ------------------------------------------------------------------------------------------------
@feature.word("replies", help="which replies in a card's Slack thread go out from this channel; admins: `on >>`, `off`")
async def choose_prefix(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox replies`, `/inbox replies on PREFIX`, `/inbox replies off`."""
    channel = job.asker.channel or ""
    verb, _, prefix = typed.partition(" ")
    match verb.lower(), prefix.split():
        case "", _:
            await bot.access.insider(job.asker)
            choices = await bot.preferences.channel(channel)
            return [say(job.asker, words.replies_are(channel, choices.replies))]
        case "on", [prefix]:
            await bot.access.admin(job.asker)
            return await _turn_on(bot, job, channel, text.decode(prefix))
        case "off", []:
            await bot.access.admin(job.asker)
            return await _set(bot, job, channel, "")
    raise Mistake(words.REPLIES_USAGE)


async def _turn_on(bot: Bot, job: Console, channel: str, prefix: str) -> list[Job]:
    if not channel.startswith(("C", "G")) or not _usable(prefix):
        raise Mistake(words.REPLIES_USAGE)
    if not await bot.sharing.shows(channel):
        raise Mistake(words.REPLIES_SHARED)
    return await _set(bot, job, channel, prefix)


async def _set(bot: Bot, job: Console, channel: str, prefix: str) -> list[Job]:
    """On record, and known to everybody whom it concerns: the channel and the other admins."""
    missing = sorted(FOR_REPLIES - await bot.slack.scopes()) if prefix else []
    await bot.preferences.set_channel(channel, replies=prefix)
    await bot.record.note(job.asker, "replies on" if prefix else "replies off", channel, "done", job.ref)
    said = words.replies_are(channel, prefix)
    news = words.announced(job.asker.user, said)
    return [
        say(job.asker, said + (words.scopes_missing(missing) if missing else "")),
        TellAdmins(text=news, but=job.asker.user),
        Announce(channel=channel, text=news),
    ]


# --- writing ----------------------------------------------------------------------------------------------------
@feature.handles(Echo)
async def echo(job: Echo, _: Keep, bot: Bot) -> list[Job]:
    """Send what follows the prefix, as the writer. Raises `Refused` for those who may not act."""
    channel = job.asker.channel or ""
    try:
        actor = await bot.access.actor(job.asker)
        links = await bot.directory.account_links()
    except (NotNow, Unidentified) as error:
        return await answers.later_or_failed(bot, job, error)
    if await bot.attempts.withdrawn(intent_of(channel, job.ts)):
        gone = job.model_copy(update={"asker": _in_channel(job.asker)})
        return await _not_sent(bot, gone, actor, words.CHANGED_BEFORE, "changed before")
    if not await bot.sharing.shows(channel):
        return await _not_sent(bot, job, actor, words.REPLIES_SHARED, "shared channel")
    prefix = (await bot.preferences.channel(channel)).replies
    body = text.after_prefix(await write.decoded(bot, job.text), prefix)
    if body is None:
        return await _not_sent(bot, job, actor, words.REPLIES_OFF, "switched off")
    card = await bot.cards.get(job.thread_id)
    person = card.thread.person if card else None
    if card is None or card.gone or person is None:
        return await _not_sent(bot, job, actor, words.GONE if card else words.NO_CARD, "gone")
    if job.files or not body:
        return await _not_sent(bot, job, actor, words.NO_FILES if job.files else words.NOTHING_AFTER, "not text")
    account = next((link.label for link in links if link.id == card.thread.account_link_id), "your account")
    send = _intended(job, actor, card.thread, person, account, body)
    await bot.attempts.keep(send)
    return [Mark(ts=job.ts, state="sending", asker=job.asker), send]


async def _not_sent(bot: Bot, job: Echo, actor: Actor, why: str, how: str) -> list[Job]:
    await answers.note(bot, job, f"not sent: {how}", actor.member.id)
    return [say(job.asker, words.stayed_in_slack(why))]


# --- editing and deleting ---------------------------------------------------------------------------------------
@feature.handles(Revise)
async def revise(job: Revise, _: Keep, bot: Bot) -> list[Job]:
    """Edit or unsend the message that a Slack message became; where that cannot be done, its writer is told.

    Both are harmless to repeat, so an unknown outcome is simply tried again.
    """
    intent = intent_of(job.asker.channel or "", job.ts)
    kept = await bot.attempts.get(intent)
    if kept is None:  # it never left Slack, and no late repetition of what Slack told of it may send it now
        await bot.attempts.withdraw(intent)
        return []
    if job.address is None:
        return [job.model_copy(update={"address": kept.address})]
    actor = await bot.access.actor(job.asker)
    why, body = await _hindered(bot, job)
    if job.text is None:
        job = job.model_copy(update={"asker": _in_channel(job.asker)})
    arrived = await bot.attempts.arrived(kept.intent)
    if arrived is None:
        return [say(job.asker, words.NEVER_CONFIRMED)]
    if not why:
        why = await _carry_over(bot, job, arrived, body, kept)
    name = kept.person.label
    if why:
        await answers.note(bot, job, "not done", actor.member.id)
        return [say(job.asker, words.not_amended(name, why, deleting=job.text is None))]
    await answers.note(bot, job, "done", actor.member.id)
    if job.text is None:
        return [say(job.asker, words.unsent(name))]
    return [Mark(ts=job.ts, state="edited", asker=job.asker, told=say(job.asker, words.edited(name)))]


async def _hindered(bot: Bot, job: Revise) -> tuple[str, str]:
    """Why it must stay in Slack, or what the message is to say; both "" for one that is to be taken back."""
    channel = job.asker.channel or ""
    prefix = (await bot.preferences.channel(channel)).replies
    if not prefix:
        return words.REPLIES_OFF, ""
    if job.text is None:
        return "", ""
    if not await bot.sharing.shows(channel):
        return words.REPLIES_SHARED, ""
    body = text.after_prefix(await write.decoded(bot, job.text), prefix)
    return ("", body) if body else (words.NO_PREFIX_NOW, "")


async def _carry_over(bot: Bot, job: Revise, arrived: tuple[str, str], body: str, kept: Send) -> str:
    """Do it in Inbox; "" or why it could not be done."""
    try:
        if job.text is None:
            await bot.inbox.unsend(*arrived)
        else:
            await bot.inbox.edit_message(*arrived, body)
    except NotNow:
        raise
    except InboxError as error:
        log.warning("not_amended", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
        if job.text is None and await _is_gone(bot, arrived, error):
            return ""
        return answers.explain(bot, error, job.asker, job.ref, "change", account=kept.account)
    return ""


async def _is_gone(bot: Bot, arrived: tuple[str, str], error: InboxError) -> bool:
    """Whether the message is deleted already, as after an attempt whose answer was lost."""
    if isinstance(error, Forbidden):
        return False
    try:
        message, _ = await bot.inbox.message(*arrived)
    except InboxError as other:
        return other.status == 404
    return message.deleted


# --- the receipt ------------------------------------------------------------------------------------------------
@feature.handles(Mark)
async def mark(job: Mark, _: Keep, bot: Bot) -> list[Job]:
    """The hourglass, and later what takes its place; words besides where there is more to say, or no reaction."""
    place = Place(job.asker.channel or "", job.ts)
    told: list[Job] = [job.told] if job.told and job.state not in ("sent", "edited") else []
    try:
        await bot.slack.react(place, MARKS[job.state])
        if job.state in ("sent", "unconfirmed", "failed"):
            await bot.slack.take_reaction(place, WAITS)
        if job.again and MARKS[job.state] != FAILED:
            await bot.slack.take_reaction(place, FAILED)
    except SlackRefused as error:
        log.warning("not_marked", ref=job.ref, error=error.code)
        if job.told and error.code == "message_not_found":
            return [job.told.model_copy(update={"asker": _in_channel(job.told.asker)})]
        return [job.told] if job.told else []
    return told


def _in_channel(asker: Asker) -> Asker:
    """Where somebody is told of a reply that they deleted: Slack shows nothing private in a thread without replies."""
    return asker.model_copy(update={"thread_ts": None})


def _usable(prefix: str) -> bool:
    """No ordinary word, no command, and nothing that Slack itself makes something of."""
    long_enough = len(prefix) > 1 or not prefix.isascii()  # one emoji will do
    return long_enough and len(prefix) <= LONGEST and not prefix[-1].isalnum() and prefix[0] not in "/@#<"


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
