"""`/dm` and the form behind it, also filled from a message; a full command needs no form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot import accept, text, words
from bot.context import Bot
from bot.dm import words as dm_words
from bot.dm.command import command
from bot.dm.jobs import Dm, OpenDm
from bot.dm.views import KNOWN, dm_modal, help_message
from bot.errors import InboxError, Mistake, NotThere
from bot.feature import Feature
from bot.later.form import fields, send_at
from bot.models import AccountLink
from bot.people import forms
from bot.people.answers import explain, given_back
from bot.people.mentions import decoded
from bot.queue.job import Filled, Job, Keep
from bot.recipient import Recipient, Unreadable, is_definite, read
from bot.slack.blocks import WHOLE
from bot.slack.boundary import hand_back
from bot.slack.inputs import INPUT
from bot.slack.payloads import Ack, Body, asker, block_of, filled_in, from_modal, more_of, remembered, submitted
from bot.slack.visible_text import seen
from bot.snippets import put

TITLE: Final = "New DM"
feature = Feature()


@feature.command("/dm")
async def dm_command(ack: Ack, body: Body, bot: Bot) -> None:
    """`/dm`, `/dm help`, `/dm recipient` and `/dm recipient text`."""
    typed, who = str(body.get("text") or ""), asker(body)
    if typed.strip().lower() == "help":
        await ack(**help_message())
        return
    try:
        asked = command(typed)
    except Unreadable as error:
        await hand_back(bot.slack, ack, body, words.unreadable(error.why))
        return
    if len(asked.text) > (WHOLE if asked.to else INPUT):
        await hand_back(bot.slack, ack, body, dm_words.TOO_LONG if asked.to else dm_words.TOO_LONG_FOR_FORM)
        return
    if asked.to and asked.text:
        await accept.asked(bot, Dm(recipient=asked.to.key, text=asked.text, asker=who))
    else:
        form = OpenDm(view_id="", asker=who, recipient=asked.typed, text=asked.text)
        await accept.form(bot, who, TITLE, lambda view: form.having(view_id=view), text.decode(typed))
    await ack()


@feature.shortcut("send_as_dm")
async def send_as_dm(ack: Ack, body: Body, bot: Bot) -> None:
    """The message shortcut that fills the form with a message's text."""
    who, said = asker(body), seen(body["message"])
    await accept.form(bot, who, TITLE, lambda view: OpenDm(view_id=view, asker=who, text=said))
    await ack()


@feature.handles(OpenDm)
async def open_dm(job: OpenDm, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the form, or with the reason why there is none."""
    links = await accounts(bot, job, TITLE, job.typed)
    if links is None:
        return []
    later, clock = await fields(bot, job.asker)
    limits = {one: await bot.directory.characters(one) for one in sorted({link.platform for link in links})}
    view = dm_modal(
        links=links,
        recipient=job.recipient,
        text=await decoded(bot, job.text),
        account_link_id=bot.settings.inbox_account_link_id,
        metadata=remembered("", job.asker, " ".join([clock, *(f"{one}={n}" for one, n in limits.items() if n)])),
        later=later,
        check=bool(job.recipient and job.text),  # or it would have been sent
        limits=limits,
    )
    await put.fill(bot, job, view, job.typed)
    return []


async def accounts(bot: Bot, job: Filled, title: str, typed: str = "") -> list[AccountLink] | None:
    """The team's accounts for who may send; else None, with the reason in the view, and what they `typed`."""
    if await forms.actor(bot, job, title, typed) is None:
        return None
    try:
        return await bot.directory.account_links()
    except InboxError as error:
        await forms.notice(bot, job, title, explain(bot, error, job.ref), typed)
        return None


@feature.gives_up(OpenDm)
async def no_form(job: OpenDm, error: Exception, bot: Bot) -> list[Job]:
    """What was typed is handed back."""
    return given_back(job.asker, why_no_form(bot, job, error), job.typed)


def why_no_form(bot: Bot, job: Filled, error: Exception) -> str:
    return dm_words.FORM_CLOSED if isinstance(error, NotThere) else explain(bot, error, job.ref)


@feature.view("dm")
async def written(ack: Ack, body: Body, bot: Bot) -> None:
    """The form was submitted: what can be seen to be wrong is said beside the field."""
    _, who = from_modal(body)
    said = submitted(body, "text")
    clock, *limits = more_of(body).split(" ")
    until, wrong = send_at(body, clock)
    if why := put.unsendable(body):
        wrong[block_of(body, "text")] = why
    recipient = ""
    try:
        recipient = _whom(body)
        if why := _too_long(said, recipient, limits):
            wrong[block_of(body, "text")] = why
    except Unreadable as error:
        wrong["recipient"] = words.unreadable_field(error.why)
    except Mistake as mistake:
        wrong[KNOWN] = str(mistake)
    if wrong:
        await ack(response_action="errors", errors=wrong)
        return
    account = submitted(body, "account") or None
    job = Dm(recipient=recipient, text=said, asker=who, account_link_id=account, send_at=until)
    await accept.submitted(bot, body, job)
    await ack()


def _too_long(said: str, recipient: str, limits: Sequence[str]) -> str:
    """By how much, where that is certain: `limits` are the platforms' as `twitter=10000`, of those that are known."""
    known = {one: int(n) for one, _, n in (limit.partition("=") for limit in limits)}
    platform, length = Recipient.of(recipient).platform, text.characters(text.decode(said))
    most = known.get(platform or "", length)
    return dm_words.too_long(platform or "", length - most, most) if length > most else ""


def _whom(body: Body) -> str:
    """The `Recipient.key` that was chosen or typed. Raises `Unreadable`, and `Mistake` where both may be meant.

    A bare name from the command that nobody has changed since is what somebody was looked for by.
    """
    typed, chosen = submitted(body, "recipient").strip(), submitted(body, KNOWN)
    if not chosen:
        return read(typed).key
    if typed and (typed != filled_in(body, "recipient") or is_definite(typed.split()[0])):
        raise Mistake(dm_words.TWO_NAMED)
    return chosen
