"""Why a card is where it is, and moving it by hand: the shortcut and the form."""

from __future__ import annotations

from bot import accept, words
from bot.cards.jobs import Move
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.models import Message, Thread
from bot.people import forms
from bot.people.answers import say, tell
from bot.people.jobs import Tell
from bot.queue.job import Asker, Job, Keep, utc_now
from bot.routing import decide, views
from bot.routing.commands import conversations, name_of, unfit
from bot.routing.decide import Decision
from bot.routing.jobs import MoveTo, Why
from bot.routing.said import named, said_did, said_rule
from bot.routing.store import Pin
from bot.slack.payloads import Ack, Body, asker, button_value, from_modal, modal_of, remembered, submitted

feature = Feature()


@feature.action("why_here")
@feature.shortcut("why_here")
async def why_here(ack: Ack, body: Body, bot: Bot) -> None:
    """The button of *This message…*; a message shortcut before 2026-11."""
    view_id = modal_of(body)
    await accept.on_thread(bot, body, lambda thread_id, who: Why(thread_id=thread_id, view_id=view_id, asker=who))
    await ack()


@feature.action("move_thread")
async def move_thread(ack: Ack, body: Body, bot: Bot) -> None:
    """The form that asks where to; it shows nothing, and its submission is checked."""
    who = asker(body)
    view = views.move_modal(remembered(button_value(body), who))
    await accept.show(bot, who, view, instead_of=modal_of(body))
    await ack()


@feature.view("move_thread")
async def chosen(ack: Ack, body: Body, bot: Bot) -> None:
    """A channel was chosen, or none: where the rules want it."""
    thread_id, who = from_modal(body)
    await accept.submitted(bot, body, MoveTo(thread_id=thread_id, to=submitted(body, "channel") or None, asker=who))
    await ack()


@feature.word("why", help="why a conversation is in its channel, and moving it: `why @handle`")
async def ask_why(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox why @handle`; Slack does not tell a command in which thread it was typed."""
    await bot.access.actor(job.asker)
    if not typed:
        raise Mistake(views.WHY_USAGE)
    return [await _why(bot, job.asker, *one) for one in await conversations(bot, typed)]


@feature.handles(Why)
async def tell_why(job: Why, _: Keep, bot: Bot) -> list[Job]:
    """About the thread on whose card or below whose card somebody asks."""
    await bot.access.actor(job.asker)
    card = await bot.cards.get(job.thread_id)
    if card is None:
        return [say(job.asker, words.NO_CARD)]
    said = await _why(bot, job.asker, card.thread, card.their_last)
    if not job.view_id:
        return [said]
    await forms.fill(bot, job.view_id, views.why_modal(said.blocks, remembered(job.thread_id, job.asker)))
    return []


async def _why(bot: Bot, asker: Asker, thread: Thread, message: Message | None) -> Tell:
    place, decision = await bot.cards.place(thread.id), await decide.decide(bot, thread, message)
    here = place.channel if place else None
    moves = decision.channel is not None and here is not None and decision.channel != here
    said = views.why(
        name_of(thread),
        views.placed(here, bot.access.installation.permalink(place.channel, place.ts) if place else None),
        await _reason(bot, decision),
        views.will_move(decision.channel) if moves and decision.channel else "",
        *await _done(bot, thread.id),
    )
    return tell(asker, views.why_message(said, thread.id, movable=place is not None))


async def _done(bot: Bot, thread_id: str) -> list[str]:
    """What rules did with it, the first one first."""
    rules, did = await bot.routes.rules(), (await bot.routes.memory(thread_id)).did
    return [said_did(one, rules) for one in sorted(did, key=lambda one: one.at)]


async def _reason(bot: Bot, decision: Decision) -> str:
    if decision.pin:
        return views.because_pin(decision.pin.by, decision.pin.at, decision.pin.channel)
    if decision.trial:
        trial = decision.trial
        (rule,) = named([trial.rule], await bot.directory.names())
        if rule.no_card:
            return views.because_no_card(trial.number, said_rule(rule))
        return views.because_rule(trial.number, said_rule(rule), before=bool(trial.unmet))
    if decision.channel:
        return views.because_default(decision.channel, rules=bool(await bot.routes.rules()))
    return views.UNROUTED


@feature.handles(MoveTo)
async def move_by_hand(job: MoveTo, _: Keep, bot: Bot) -> list[Job]:
    """Pin the conversation to a channel, or let the rules have it again; its card follows."""
    await bot.access.actor(job.asker, fresh=True)
    card, place = await bot.cards.standing(job.thread_id)
    if card is None or place is None:
        return [say(job.asker, words.NO_CARD)]
    if job.to is None:
        return await _release(bot, job, card.thread, card.latest)
    if code := await unfit(bot, job.to):
        return [say(job.asker, views.cannot_post(job.to, code))]
    await bot.routes.pin(job.thread_id, Pin(channel=job.to, by=job.asker.user, at=utc_now()))
    await bot.record.note(job.asker, "move", job.thread_id, f"done: {job.to}", job.ref)
    move = Move(channel=job.to, thread_id=job.thread_id, mover=job.asker)  # though it is there: it may be on its way
    await bot.lanes.hurry(move)  # what waits for another channel
    return [move]


async def _release(bot: Bot, job: MoveTo, thread: Thread, message: Message | None) -> list[Job]:
    await bot.routes.pin(job.thread_id, None)
    await bot.record.note(job.asker, "move", job.thread_id, "done: by the rules", job.ref)
    channel = (await decide.decide(bot, thread, message)).channel
    then: list[Job] = [say(job.asker, views.released(name_of(thread), channel))]
    if channel:
        then.append(Move(channel=channel, thread_id=job.thread_id))
    return then
