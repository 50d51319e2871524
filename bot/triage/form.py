"""`/inbox triage`: one conversation after the other in a form, from each of which something leads to the next."""

from __future__ import annotations

from datetime import datetime
from typing import Final, get_args

from bot import accept
from bot.bulk.wanted import Filter, find, understood
from bot.context import Bot
from bot.errors import InboxError, Mistake
from bot.feature import Feature
from bot.lists import words as lists
from bot.lists.find import waiting_first
from bot.people import forms
from bot.people.access import Actor
from bot.queue.job import Job, Keep
from bot.reply.jobs import Reply
from bot.routing.store import Condition
from bot.slack.blocks import loading_modal
from bot.slack.payloads import (
    Ack,
    Body,
    asker,
    block_of,
    button_value,
    from_modal,
    more_of,
    picked_now,
    submitted,
    ticked,
)
from bot.snippets.put import unsendable
from bot.snooze.times import CHOICES
from bot.triage import words
from bot.triage.jobs import CloseTriage, OpenTriage, StepTriage, Verb
from bot.triage.show import following
from bot.triage.store import Triage
from bot.triage.views import TITLE

MOST: Final = 200  # conversations
HELP: Final = "one conversation after the other: those that wait, yours and nobody's, or `triage tag:vip`"
feature = Feature()


# --- what people press -----------------------------------------------------------------------------------------------


@feature.opens("triage", help=HELP, alone=False)
async def ask(ack: Ack, body: Body, bot: Bot) -> None:
    """`/inbox triage …`."""
    who, typed = asker(body), "".join(str(body.get("text") or "").split(maxsplit=1)[1:])
    await accept.form(bot, who, TITLE, lambda view: OpenTriage(view_id=view, typed=typed, asker=who), typed)
    await ack()


@feature.action("triage_archive", "triage_take", "triage_skip", "triage_anyway")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The buttons; each is called as what it does."""
    verb = str(body["actions"][0]["action_id"]).removeprefix("triage_")
    await _step(body, bot, next(one for one in get_args(Verb) if one == verb), button_value(body))
    await ack()


@feature.action("triage_snooze")
async def snooze(ack: Ack, body: Body, bot: Bot) -> None:
    """A time was chosen in the menu."""
    choice, _, thread_id = picked_now(body).partition("|")
    if choice in CHOICES:
        await _step(body, bot, "snooze", thread_id, choice)
    await ack()


async def _step(body: Body, bot: Bot, verb: Verb, thread_id: str, choice: str = "") -> None:
    job = StepTriage(
        view_id=body["view"]["id"],
        triage=more_of(body),
        thread_id=thread_id,
        verb=verb,
        choice=choice,
        typed=submitted(body, "text"),
        asker=asker(body),
    )
    await accept.asked(bot, job)


@feature.view("triage")
async def replied(ack: Ack, body: Body, bot: Bot) -> None:
    """What can be seen to be wrong with a reply is said beside the field; else it is sent, and the next one comes."""
    thread_id, who = from_modal(body)
    said, triage_id = submitted(body, "text"), more_of(body)
    if wrong := await _wrong(bot, body, triage_id, thread_id):
        await ack(response_action="errors", errors={block_of(body, "text"): wrong})
        return
    archives = next((datetime.fromisoformat(one) for one in ticked(body, "archive")), None)
    reply = Reply(thread_id=thread_id, text=said, archives=archives, asker=who)
    view_id = body["view"]["id"]
    step = StepTriage(view_id=view_id, triage=triage_id, thread_id=thread_id, verb="reply", asker=who)
    await accept.once(bot, reply, f"triage:{triage_id}:{thread_id}:{body['view'].get('hash')}", step)
    await ack(response_action="update", view=loading_modal(TITLE))


async def _wrong(bot: Bot, body: Body, triage_id: str, thread_id: str) -> str:
    """Why that cannot be sent; "" where it can, and nobody else gets the conversation before them from now on."""
    if why := unsendable(body):
        return why
    return "" if (await bot.triages.take(triage_id, [thread_id])).thread_id else words.TAKEN_FIELD


@feature.view_closed("triage")
async def closed(ack: Ack, body: Body, bot: Bot) -> None:
    """*Done*, or Esc."""
    _, who = from_modal(body)
    job = CloseTriage(view_id=body["view"]["id"], triage=more_of(body), asker=who)
    await accept.once(bot, job, f"closed:{body['view']['id']}")
    await ack()


# --- what becomes of it ----------------------------------------------------------------------------------------------


@feature.handles(OpenTriage)
async def open_form(job: OpenTriage, _: Keep, bot: Bot) -> list[Job]:
    """The longest waiting one first."""
    actor = await forms.actor(bot, job, TITLE, job.typed)
    if actor is None:
        return []
    try:
        wanted = await understood(bot, job.typed) if job.typed else _mine(actor)
        found = await find(bot, wanted)
    except Mistake as mistake:
        return await forms.notice(bot, job, TITLE, str(mistake), job.typed)
    except InboxError as error:
        return await forms.notice(bot, job, TITLE, lists.not_listed(error, job.ref), job.typed)
    if not found.threads:
        return await forms.notice(bot, job, TITLE, words.empty(wanted.said if job.typed else ""))
    ids = tuple(one.id for one in waiting_first(found.threads)[:MOST])
    kept = Triage(user=actor.user, conditions=wanted.conditions, waiting=wanted.waiting, left=ids)
    return await following(bot, job, actor, job.key, kept)


def _mine(actor: Actor) -> Filter:
    """Those that wait for an answer of theirs, or of nobody's yet."""
    own = Condition(field="assignee", values=("", actor.member.id), shown=("none", "you"))
    return Filter((own,), waiting=True)


@feature.handles(CloseTriage)
async def close(job: CloseTriage, _: Keep, bot: Bot) -> list[Job]:
    """Colleagues may have what was before this person."""
    kept = await bot.triages.kept.get(job.triage)
    if kept and kept.user == job.asker.user and kept.now:
        await bot.triages.give_back(job.triage, kept.now)
    return []
