"""What people can do with a thread: archive, reopen, assign and unassign it.

The tags, the status and the other facts of whose thread it is are changed in `bot.contact.change`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from bot import accept, words
from bot.assign.jobs import TellAssignee
from bot.card import Card, Note
from bot.cards import newer
from bot.cards.jobs import Render
from bot.cards.known import card_of
from bot.cards.message_views import who_text
from bot.context import Bot
from bot.errors import Gone, RateLimited, VersionEnded
from bot.events.jobs import Refresh
from bot.feature import Feature
from bot.lists.jobs import DrawHome, ShowAgain
from bot.models import Thread
from bot.people import answers
from bot.people.access import Actor
from bot.people.answers import given_back, meanwhile, say
from bot.queue.job import SENDS_WAIT, Job, Keep, Later, utc_now
from bot.slack.payloads import Ack, Body, asker, button_value, seen_in, shown_until
from bot.snooze import put
from bot.threads import left_open
from bot.threads.jobs import PUTS_AWAY, Change, Verb
from bot.threads.words import (
    NOTE_TO_NOBODY,
    already,
    assigned_now,
    not_archived,
    not_reminding,
    still_assigned,
)

log = structlog.get_logger(__name__)

SOON: Final = (0.5, 1.0, 2.0, 5.0)  # seconds until a change that an ended API version did not take is tried again
feature = Feature()

BUTTONS: Final = ("archive", "reopen", "assign_to_me", "unassign")  # each is called as what it does
CLOSING: Final = ("archive", "reopen", "snooze")
FORMER: Final[Mapping[str, Verb]] = {"reopen_thread": "reopen", "unassign": "unassign"}  # of manifests before 2026-11


@feature.action(*BUTTONS)
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """A button of a card or in a list; its value is the thread."""
    who, verb, thread_id, place = asker(body), body["actions"][0]["action_id"], button_value(body), seen_in(body)
    puts_away = verb in PUTS_AWAY
    seen = await newer.shown(bot, place, who.user, thread_id, shown_until(body)) if puts_away else None
    job = Change(verb=verb, thread_id=thread_id, asker=who, seen_in=place, seen=seen)
    await accept.asked(bot, job)
    await ack()


@feature.shortcut("archive_thread", "assign_to_me", *FORMER)
async def choose(ack: Ack, body: Body, bot: Bot) -> None:
    """A message shortcut, on a card or on any message in its thread; the first two do what the card offers."""
    who, thread_id = asker(body), await accept.thread_of(bot, body)
    card = await bot.cards.get(thread_id)
    verb, shown = _meant(body["callback_id"], card)
    seen = await newer.shown_on(bot, card) if card and verb in PUTS_AWAY else None
    job = Change(verb=verb, thread_id=thread_id, assignee=shown, asker=who, seen=seen)
    await accept.asked(bot, job if thread_id else say(who, words.NO_CARD))
    await ack()


def _meant(callback_id: str, card: Card | None) -> tuple[Verb, str]:
    """What a shortcut does to a conversation whose card the person sees, and who has it there."""
    if callback_id in FORMER:
        return FORMER[callback_id], ""
    if callback_id == "archive_thread":
        return ("reopen" if card and card.thread.archived else "archive"), ""
    own = card.thread.assignee_id if card and not card.thread.inherited else None
    return "take_or_give_back", own or ""


@feature.handles(Change)
async def change(job: Change, keep: Keep, bot: Bot) -> list[Job]:
    """Archive, reopen, assign or unassign; the card is drawn anew once Inbox has confirmed, and so is the list."""
    then = await _change(job, keep, bot)
    shown = next((one.shown for one in then if isinstance(one, Refresh)), None)
    if job.seen_in == "home":
        return [*then, DrawHome(changed=job.thread_id, shown=shown, asker=job.asker)]
    if job.seen_in:
        return [*then, ShowAgain(seen_in=job.seen_in, changed=job.thread_id, shown=shown, asker=job.asker)]
    return then


@feature.gives_up(Change)
async def not_changed(job: Change, error: Exception, bot: Bot) -> list[Job]:
    """What was to be read with it is handed back."""
    why = answers.explain(bot, error, job.ref)
    if job.unless_after:
        why = not_reminding(why) if job.snooze else not_archived(why)
    return _instead(job, why)


def _instead(job: Change, why: str) -> list[Job]:
    """Why it was not done; what was to be read with it comes back."""
    return given_back(job.asker, why, job.note)


async def _change(job: Change, keep: Keep, bot: Bot) -> list[Job]:
    begun = job.begun  # by somebody who may have done it
    try:
        if job.undo:
            return await left_open.undone(bot, job)
        actor = await bot.access.actor(job.asker, fresh=True)
        if job.verb == "take_or_give_back":
            verb: Verb = "unassign" if job.assignee == actor.member.id else "assign_to_me"
            job = job.having(verb=verb)
        # A list names threads that have no card yet.
        card = await (card_of(bot, job.thread_id) if job.seen_in else bot.cards.get(job.thread_id))
        if card is None:
            await answers.note(bot, job, "no such card", actor.member.id)
            return _instead(job, words.NO_CARD)
        job = await left_open.with_seen(bot, job)
        if (instead := await left_open.instead(bot, job, card)) is not None:
            return instead
        if not (job.begun and job.pressed):  # what nobody pressed for takes nothing from anybody
            if (nothing := await _nothing_to_do(bot, job, card, actor)) is not None:
                return nothing
            job = job.having(begun=True)
            await keep(job)
        try:
            thread = await ask(bot, job, actor)
        except (RateLimited, VersionEnded) as error:
            if error.code != "unreadable":  # it was certainly not taken
                job = job.having(begun=begun)
            raise
        if (instead := await left_open.after_all(bot, job, card, thread)) is not None:
            return instead
        return await confirmed(bot, job, card, actor, thread)
    except Gone as error:
        return await _gone(bot, job, error)
    except (RateLimited, VersionEnded) as error:
        if again := _again(job, error):
            raise again from error
        raise


def _again(job: Change, error: RateLimited | VersionEnded) -> Later | None:
    """What has it done later, of which its asker hears; None where no API version has answered for long."""
    if isinstance(error, RateLimited):
        wait, said, tries = error.retry_after, words.quota(error.retry_after, "change"), job.tries
    elif job.age > SENDS_WAIT:
        return None
    else:  # it was not done, and the other API version may answer any moment
        wait, said, tries = SOON[min(job.tries, len(SOON) - 1)], words.INBOX_DOWN, job.tries + 1
    then = [] if job.told else [meanwhile(job.asker, said)]
    return Later(wait, job.having(told=True, tries=tries), *then)


async def _nothing_to_do(bot: Bot, job: Change, card: Card, actor: Actor) -> list[Job] | None:
    """What follows when it is done already, as after a double click; None when it is not.

    The card alone is not believed: it may be out of date, and the person knows better.
    """
    if job.verb == "claim":
        return await _not_to_claim(bot, job, actor)
    if job.unless_after or not _already(job, card, card.thread, actor):
        return None
    thread = await bot.inbox.thread(job.thread_id)
    already = _already(job, card, thread, actor)
    if not already:
        return None
    await answers.note(bot, job, "nothing to do", actor.member.id)
    shown = Refresh(thread_id=job.thread_id, shown=thread.with_person(card.thread.person))
    return [say(job.asker, already), shown, Render(thread_id=job.thread_id), *_noted(job, actor)]


async def _not_to_claim(bot: Bot, job: Change, actor: Actor) -> list[Job] | None:
    """What follows where who replied is not to have the thread: the channel wants it so, or somebody has it."""
    place = await bot.cards.place(job.thread_id)
    if place and not (await bot.preferences.channel(place.channel)).reply_assigns:
        return []
    thread = await bot.inbox.thread(job.thread_id)
    if thread.assignee_id is None or (job.begun and thread.assignee_id == actor.member.id):
        return None
    return [Refresh(thread_id=job.thread_id, shown=thread)]


async def ask(bot: Bot, job: Change, actor: Actor) -> Thread:
    """The thread after Inbox has done what `job` wants. Raises `InboxError`."""
    if job.verb not in CLOSING:
        return await bot.inbox.update_thread(job.thread_id, assignee_id=_assignee(job, actor))
    if job.verb == "snooze":
        await bot.snoozes.expect(job.thread_id)
    return await bot.inbox.update_thread(job.thread_id, archived=job.verb != "reopen")


async def confirmed(bot: Bot, job: Change, card: Card, actor: Actor, thread: Thread) -> list[Job]:
    """Write down and show what Inbox has confirmed: the thread is as `job` wants it now."""
    by, wanted = Note(who=actor.name, member=actor.member.id, at=utc_now()), _assignee(job, actor)
    if job.verb in CLOSING:
        notes = {"archived": by}
    else:
        notes = {"assigned": by} if thread.assignee_id != card.thread.assignee_id else {}
    thread = thread.with_person(card.thread.person)
    kept = thread.assignee_id if job.verb == "unassign" else None  # the thread has none now: it is the contact's
    if kept:
        thread = thread.with_default(kept)
    await asyncio.gather(
        _wait(bot, job, card, by),
        answers.note(bot, job, f"done: {wanted}" if job.verb == "assign_to" else "done", actor.member.id),
        bot.cards.write(thread, notes=notes),
        bot.directory.saw(thread),
    )
    log.info("changed", ref=job.ref, verb=job.verb, thread=job.thread_id, user=actor.user, member=actor.member.id)
    follow: list[Job] = [Render(thread_id=job.thread_id)]
    if job.verb in CLOSING:
        follow += await put.changed(bot, job, card, actor, thread)
    if kept:
        follow.append(say(job.asker, still_assigned(await bot.directory.assignee(kept) or "")))
    elif job.listed:
        follow.append(await _said(bot, job, actor, thread))
    return [*follow, *(_noted(job, actor) if job.note else _told(job, actor))]


async def _wait(bot: Bot, job: Change, card: Card, by: Note) -> None:
    """Who is archived waits no longer, and who is opened again may."""
    if job.verb == "reopen":
        await bot.waiting.reopened(job.thread_id, woken=card.snoozed is not None)
    elif job.verb in CLOSING:
        await bot.waiting.closed(job.thread_id, by.at.timestamp())


async def _said(bot: Bot, job: Change, actor: Actor, thread: Thread) -> Job:
    """Who has it now, where neither a card nor a list shows that to who asked."""
    own = thread.assignee_id == actor.member.id
    has = "you" if own else await bot.directory.assignee(thread.assignee_id) or ""
    return say(job.asker, assigned_now(who_text(thread.person), has))


def _told(job: Change, actor: Actor) -> list[Job]:
    """The new assignee hears of it, unless they did it themselves."""
    if job.verb != "assign_to" or job.assignee in ("", actor.member.id):
        return []
    back = job.asker if job.note else None
    told = TellAssignee(thread_id=job.thread_id, member_id=job.assignee, by=actor.name, note=job.note, asker=back)
    return [told]


def _noted(job: Change, actor: Actor) -> list[Job]:
    """A note reaches the assignee, also one who had the conversation already; one to oneself reaches nobody."""
    if not job.note:
        return []
    told = _told(job, actor)
    return told or given_back(job.asker, NOTE_TO_NOBODY, job.note)


async def _gone(bot: Bot, job: Change, error: Gone) -> list[Job]:
    """Inbox says 404 to a change. The thread tells whether it is gone; a 404 without a code tells nothing."""
    try:
        await bot.inbox.thread(job.thread_id)
    except Gone as gone:
        if not gone.code:
            raise
        await bot.cards.bury(job.thread_id)
        await bot.waiting.closed(job.thread_id, utc_now().timestamp())
        await bot.snoozes.end(job.thread_id)
        await answers.note(bot, job, "gone")
        return [*_instead(job, words.GONE), Render(thread_id=job.thread_id)]
    log.warning("changed_nothing", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
    await answers.note(bot, job, "not found")
    return _instead(job, words.not_found(job.ref))


def _assignee(job: Change, actor: Actor) -> str | None:
    match job.verb:
        case "assign_to_me" | "claim":
            return actor.member.id
        case "assign_to":
            return job.assignee
    return None


def _already(job: Change, card: Card, thread: Thread, actor: Actor) -> str:
    """What to say when `thread` leaves nothing to do; "" when it does."""
    by = card.archived.who if card.archived else None
    match job.verb:
        case "archive" if thread.archived and not card.snoozed:
            return already("archived", by)
        case "reopen" if not thread.archived:
            return already("open", by)
        case "assign_to_me" if thread.assignee_id == actor.member.id:
            return already("assigned to you")
        case "assign_to" if thread.assignee_id == job.assignee:
            return already("assigned to " + ("you" if job.assignee == actor.member.id else "that colleague"))
        case "unassign" if thread.assignee_id is None:
            return already("unassigned")
    return ""
