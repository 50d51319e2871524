"""What people write in channels. Nearly all of it is none of the bot's business, and is neither kept nor logged.

Picked out are replies in a card's Slack thread that begin with the channel's prefix, changes of such replies, and the
first thing that a person says there without one: it may have been meant as an answer.
"""

from __future__ import annotations

import structlog

from bot import text
from bot.cards.lost import deleted
from bot.context import Bot
from bot.feature import Feature
from bot.models import Place
from bot.queue.job import Job
from bot.slack.payloads import Ack, Body, author
from bot.thread_replies.jobs import Early, Echo, Hint, Revise
from bot.thread_replies.send import intent_of, once_of

log = structlog.get_logger(__name__)


feature = Feature()


@feature.event("message")
async def message(ack: Ack, body: Body, bot: Bot) -> None:
    """A message event of any subtype: https://docs.slack.dev/reference/events/message."""
    match body["event"].get("subtype"):
        case None | "thread_broadcast" | "file_share":
            await _written(bot, body)
        case "message_changed":
            await _changed(bot, body)
        case "message_deleted":
            await _deleted(bot, body)
    await ack()


async def _written(bot: Bot, body: Body) -> None:
    said = body["event"]
    if not _reply_of_a_person(said):
        return
    thread_id = await _thread(bot, body, said)
    if not (thread_id or _is_below_ours(bot, said)):
        return
    who, words = author(body, said), said.get("text") or ""
    if await _has_prefix(bot, body, said):
        files = bool(said.get("files"))
        job = Echo(thread_id=thread_id, ts=said["ts"], text=words, files=files, asker=who)
        await _in_turn(bot, job, once_of(who.channel, job.ts))
    elif thread_id and words.strip() and who.channel not in (await bot.preferences.person(who.user)).hinted:
        talk = Hint(thread_id=thread_id, ts=said["ts"], text=words, asker=who)
        await _accept(bot, talk, f"slack-hint:{who.channel}:{talk.ts}")


async def _changed(bot: Bot, body: Body) -> None:
    said, before = body["event"]["message"], body["event"].get("previous_message") or {}
    if said.get("subtype") == "tombstone":  # deleted, and its replies are still there
        await deleted(bot, body, said["ts"])
        await _revised(bot, body, before, before, None)
    elif said.get("text") != before.get("text"):  # not a link's preview that came later
        await _revised(bot, body, said, before, said.get("text") or "")


async def _deleted(bot: Bot, body: Body) -> None:
    await deleted(bot, body, str(body["event"].get("deleted_ts") or ""))
    before = body["event"].get("previous_message") or {}
    await _revised(bot, body, before, before, None)


async def _revised(bot: Bot, body: Body, said: Body, before: Body, now: str | None) -> None:
    """Whether it ever left Slack, a worker finds out, once it is certain whether it did."""
    if not _reply_of_a_person(said):
        return
    thread_id = await _thread(bot, body, said) or await _sent_to(bot, body, said)
    if thread_id or (_is_below_ours(bot, said) and await _has_prefix(bot, body, before)):
        job = Revise(thread_id=thread_id, ts=said["ts"], text=now, asker=author(body, said))
        job = job.having(changed=_changed_at(body, said, now))
        await _in_turn(bot, job, f"slack-event:{body['event_id']}")


def _changed_at(body: Body, said: Body, now: str | None) -> str:
    """The same however often Slack tells of it; "" where it does not say. Nothing comes after a deletion.

    An edit has whole seconds, so what else changed the message is as old as its second.
    """
    event = str(body["event"].get("ts") or "")
    if now is None:
        return event
    edited = said.get("edited") or {}
    return str(edited.get("ts") or (event and f"{event.partition('.')[0]}.000000"))


async def _thread(bot: Bot, body: Body, said: Body) -> str:
    """The conversation whose card it is below; "" where that is no card, or is not known to be one."""
    return await bot.cards.at(Place(body["event"]["channel"], said["thread_ts"])) or ""


async def _sent_to(bot: Bot, body: Body, said: Body) -> str:
    """The conversation that it went to, wherever it is: its card may be gone by now."""
    sent = await bot.attempts.get(intent_of(body["event"]["channel"], said["ts"]))
    return (sent.address.thread_id or "") if sent else ""


async def _has_prefix(bot: Bot, body: Body, said: Body) -> bool:
    prefix = (await bot.preferences.channel(body["event"]["channel"])).replies
    return bool(prefix) and text.after_prefix(text.decode(said.get("text") or ""), prefix) is not None


def _is_below_ours(bot: Bot, said: Body) -> bool:
    """Whether the bot began the thread, with what may be a card that is not noted yet; also where Slack does not say.

    What is shown in the channel too has a `root`, all else a `parent_user_id`.
    """
    parent = said.get("parent_user_id") or (said.get("root") or {}).get("user")
    return parent in (None, bot.installation.bot_user)


async def _in_turn(bot: Bot, job: Echo | Revise, once: str) -> None:
    """Not before what was written there while nobody knew whose card it is."""
    waits = Early(ref=job.ref, wish=job, asker=job.asker)
    is_early = not job.thread_id or await bot.lanes.has_work(waits.lane)
    await _accept(bot, waits if is_early else job, once)


async def _accept(bot: Bot, job: Job, once: str) -> None:
    new = await bot.lanes.accept(job, once=once)
    log.info("accepted", ref=job.ref, kind=job.kind, new=new)


def _reply_of_a_person(said: Body) -> bool:
    replies = said.get("thread_ts") and said["thread_ts"] != said.get("ts")
    return bool(replies and said.get("user") and not said.get("bot_id"))
