"""Puts a saved reply behind what is written in a form, with its places filled in, so that one reads what goes out."""

from __future__ import annotations

from collections.abc import Mapping

from bot import accept
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Feature
from bot.models import AccountLink, Person, handle
from bot.people import forms
from bot.people.access import Actor
from bot.people.answers import given_back
from bot.people.known import READ
from bot.queue.job import Filled, Job, Keep
from bot.recipient import Recipient, Unreadable, X, read
from bot.slack.blocks import View
from bot.slack.payloads import Ack, Body, block_of, from_modal, picked_now, submitted
from bot.snippets import places, words
from bot.snippets.jobs import PutSnippet
from bot.snippets.store import Form, Snippet
from bot.snippets.views import menu, missing_in, text_field, with_text, without_value

feature = Feature()


async def fill(bot: Bot, job: Filled, view: View, typed: str = "") -> bool:
    """Show a form with a text field, and above that the menu, where whoever asks has saved replies to choose from."""
    view = await _still_missing(bot, job.view_id, view)
    if await bot.snippets.any_for(job.asker.user):
        at = view["blocks"].index(text_field(view))
        view = {**view, "blocks": [*view["blocks"][:at], menu(), *view["blocks"][at:]]}
        await bot.snippets.forms.put(job.view_id, Form(view=view))
    return await forms.fill(bot, job.view_id, view, typed)


async def _still_missing(bot: Bot, view_id: str, view: View) -> View:
    """`view`, where the text in its field stood there before it was shown anew, as in triage."""
    field = text_field(view)
    before = await bot.snippets.forms.get(view_id) if field["element"].get("initial_value") else None
    if before is None or _about(before.view) != _about(view):
        return view
    return without_value(view, missing_in(text_field(before.view)["block_id"]))


def _about(view: View) -> str:
    return str(view.get("private_metadata")).partition("|")[0]


def unsendable(body: Body) -> str:
    """Beside the text field of a form, why what somebody wrote there can't be sent; "" where it can."""
    return words.unsendable(submitted(body, "text"), missing_in(block_of(body, "text")))


@feature.action("snippet")
async def choose(ack: Ack, body: Body, bot: Bot) -> None:
    """One was chosen in the menu of a form."""
    (about, who), key = from_modal(body), picked_now(body)
    if key:
        job = PutSnippet(
            view_id=body["view"]["id"],
            snippet=key,
            typed=submitted(body, "text"),
            field=block_of(body, "text"),
            thread_id=about,
            recipient=submitted(body, "recipient"),
            known=submitted(body, "known"),
            account=submitted(body, "account"),
            asker=who,
        )
        await accept.asked(bot, job)
    await ack()


@feature.handles(PutSnippet)
async def put(job: PutSnippet, _: Keep, bot: Bot) -> list[Job]:
    """Written down first: whoever takes over shows the same once more, and what was typed since stays."""
    actor = await bot.access.actor(job.asker)
    snippet, form = await bot.snippets.get(job.snippet, actor.user), await bot.snippets.forms.get(job.view_id)
    if form is None:
        values = await _values(bot, job, actor) if snippet else {}
        if snippet is None:
            return given_back(job.asker, words.GONE, "")
        missing = places.missing(snippet.text, values)
        return given_back(job.asker, words.form_too_old(missing), places.filled(snippet.text, values))
    if _about(form.view) != job.thread_id:
        return []  # the form is about somebody else by now
    if form.by != job.ref:
        form = await _put(bot, job, actor, form, snippet)
        await bot.snippets.forms.put(job.view_id, form)
    await forms.fill(bot, job.view_id, form.view)
    return []


async def _put(bot: Bot, job: PutSnippet, actor: Actor, form: Form, snippet: Snippet | None) -> Form:
    """The form with the saved reply, or with the reason why it is not there."""
    field, turn = text_field(form.view), form.turn + 1
    if snippet is None:
        view = with_text(form.view, turn, None, words.GONE_TEXT_KEPT)
        return form.having(view=view, turn=turn, by=job.ref)
    # Chosen before the last one was to be seen: that one stays, unless something else was typed into the old field.
    seen = job.field == field["block_id"] or job.typed != form.before
    values = await _values(bot, job, actor)
    text = _behind(job.typed if seen else form.text, places.filled(snippet.text, values))
    missing = missing_in(field["block_id"]) | places.missing(snippet.text, values)
    most = field["element"]["max_length"]
    if len(text) > most:
        view = with_text(form.view, turn, None, words.too_long(snippet.name, len(text) - most, most))
        return form.having(view=view, turn=turn, by=job.ref)
    view = with_text(form.view, turn, text, missing=missing)
    to = _recipient(job)
    return Form(view=view, recipient=to.key if to else "", turn=turn, text=text, before=job.typed, by=job.ref)


def _behind(written: str, more: str) -> str:
    """With one blank between them, unless there is white space already."""
    between = "" if not written or written[-1].isspace() else " "
    return written + between + more


async def _values(bot: Bot, job: PutSnippet, actor: Actor) -> Mapping[str, str]:
    """What is known for each place."""
    if job.thread_id:
        card = await bot.cards.get(job.thread_id)
        person = card.thread.person if card else None
        name, at = _known(person) if person else ("", "")
        link = await bot.directory.account(card.thread.account_link_id) if card else None
        account = _called(link) if link else ""
    else:
        name, at = await _named(bot, job)
        account = await _account(bot, job.account)
    first = next(iter(name.split()), "")
    return {"first_name": first, "name": name, "handle": at, "me": actor.name, "account": account}


async def _named(bot: Bot, job: PutSnippet) -> tuple[str, str]:
    """Name and handle of whom the fields of `/dm` mean, as far as the bot has seen them."""
    to = _recipient(job)
    if to is None:
        return "", ""
    if person := await _seen(bot, to):
        return _known(person)
    return "", handle(to.platform or X, to.username) if to.username else ""


def _recipient(job: PutSnippet) -> Recipient | None:
    """Whom the fields of `/dm` mean; None where that is nobody, or the form is about a conversation."""
    if job.thread_id:
        return None
    try:
        return Recipient.of(job.known) if job.known else read(job.recipient)
    except Unreadable:
        return None


def _known(person: Person) -> tuple[str, str]:
    """Name and handle, "" for what nobody knows: an id is neither."""
    return person.name, handle(person.platform, person.username) if person.username else ""


def _called(link: AccountLink) -> str:
    return link.label if link.username or link.name else ""


async def _seen(bot: Bot, to: Recipient) -> Person | None:
    """The only person whom that recipient names among those that the bot has seen."""
    if to.platform and to.platform_id:
        return await bot.directory.known.one(to.platform, to.platform_id)
    found = [one for one in await bot.directory.known.like(to.name, most=READ) if one.username or to.platform_id]
    meant = [one for one in found if to.means(one)]
    return meant[0] if len(meant) == 1 else None


async def _account(bot: Bot, chosen: str) -> str:
    """The label of the account that sends: the one chosen, the default, or the only one; "" where that is open."""
    try:
        links = await bot.directory.account_links()
    except InboxError:
        return ""
    wanted = chosen or bot.settings.inbox_account_link_id
    fitting = [_called(one) for one in links if wanted in (None, one.id)]
    return fitting[0] if len(fitting) == 1 else ""
