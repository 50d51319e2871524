"""`/inbox snippets`: the saved replies in a form, to read, add, change and remove; the team's by admins alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot import accept
from bot.context import Bot
from bot.errors import InboxError, Refused, SlackAway
from bot.feature import Feature
from bot.people import answers, forms
from bot.people.access import Actor
from bot.people.answers import given_back, say
from bot.queue.job import Asker, Filled, Job, Keep, utc_now
from bot.slack.blocks import View, loading_modal
from bot.slack.payloads import Ack, Body, asker, block_of, button_value, from_modal, picked_now, remembered, submitted
from bot.snippets import places, views, words
from bot.snippets.jobs import OpenSnippet, OpenSnippets, RemoveSnippet, SaveSnippet
from bot.snippets.store import TEAM, Clash, Snippet
from bot.snippets.views import NEW, TITLE, Shown

CALLED: Final = {"name": words.NAME_TAKEN, "full": words.FULL, "removed": words.GONE_MEANWHILE}
feature = Feature()


# --- what people press -----------------------------------------------------------------------------------------------


@feature.opens("snippets", help="saved replies for *Reply* and `/dm`: yours, and the team's")
async def ask(ack: Ack, body: Body, bot: Bot) -> None:
    """`/inbox snippets`."""
    who = asker(body)
    await accept.form(bot, who, TITLE, lambda view: OpenSnippets(view_id=view, asker=who))
    await ack()


@feature.action("snippets_back", "snippets_on", "snippets_list")
async def turn(ack: Ack, body: Body, bot: Bot) -> None:
    """Another page of the list, or back to it."""
    _, who = from_modal(body)
    await accept.asked(bot, OpenSnippets(view_id=body["view"]["id"], page=int(button_value(body)), asker=who))
    await ack()


@feature.action("snippet_edit", "snippet_find")
async def choose(ack: Ack, body: Body, bot: Bot) -> None:
    """One of the list, one that was looked for, or a new one."""
    _, who = from_modal(body)
    if key := picked_now(body) or button_value(body):
        wanted = "" if key == NEW else key
        await accept.asked(bot, OpenSnippet(view_id=body["view"]["id"], snippet=wanted, asker=who))
    await ack()


@feature.action("snippet_remove")
async def remove_pressed(ack: Ack, body: Body, bot: Bot) -> None:
    """Slack has asked whether they mean it."""
    _, who = from_modal(body)
    key, _, rev = button_value(body).partition(" ")
    await accept.asked(bot, RemoveSnippet(view_id=body["view"]["id"], snippet=key, rev=rev, asker=who))
    await ack()


@feature.view("snippet")
async def submit(ack: Ack, body: Body, bot: Bot) -> None:
    """The form: what can be seen to be wrong is said beside the field."""
    about, who = from_modal(body)
    key, _, rev = about.partition(" ")
    name, text = submitted(body, "name").strip(), submitted(body, "snippet_text").strip()
    wrong = {} if name else {block_of(body, "name"): words.NO_NAME}
    if not text:
        wrong[block_of(body, "snippet_text")] = words.NO_TEXT
    elif unknown := places.unknown(text):
        wrong[block_of(body, "snippet_text")] = words.unknown_place(unknown)
    if wrong:
        await ack(response_action="errors", errors=wrong)
        return
    owner = key.partition(":")[0] or (TEAM if submitted(body, "whose") == TEAM else who.user)
    view = body["view"]
    job = SaveSnippet(view_id=view["id"], snippet=key, rev=rev, owner=owner, name=name, text=text, asker=who)
    await accept.once(bot, job, f"view:{view['id']}:{view.get('hash')}")  # several may be saved in one view
    await ack(response_action="update", view=loading_modal(TITLE))


# --- what becomes of it ----------------------------------------------------------------------------------------------


@feature.handles(OpenSnippets)
async def open_list(job: OpenSnippets, _: Keep, bot: Bot) -> list[Job]:
    """All that who asks may use."""
    if (actor := await forms.actor(bot, job, TITLE)) is not None:
        await forms.fill(bot, job.view_id, await _list(bot, job, actor, page=job.page))
    return []


@feature.handles(OpenSnippet)
async def open_one(job: OpenSnippet, _: Keep, bot: Bot) -> list[Job]:
    """To change it, or to read it where they may not; an empty one to add."""
    actor = await forms.actor(bot, job, TITLE)
    if actor is None:
        return []
    admin, known = await _is_admin(bot, job.asker), await bot.snippets.get(job.snippet, actor.user)
    if job.snippet and known is None:
        view = await _list(bot, job, actor, said=words.GONE)
    elif known is None:
        whose = TEAM if admin else None
        metadata = remembered("", job.asker)
        view = views.edit(name="", text="", metadata=metadata, stamp=job.ref, whose=whose)
    else:
        view = _one(job, known, admin=admin)
    await forms.fill(bot, job.view_id, view)
    return []


@feature.handles(SaveSnippet)
async def save(job: SaveSnippet, _: Keep, bot: Bot) -> list[Job]:
    """Once, and never over what somebody else saved meanwhile: then both are shown."""
    actor = await _who_may(bot, job, job.owner, job.text)
    if actor is None:
        return []
    snippet_id = job.snippet.partition(":")[2] or job.key
    made = Snippet(
        id=snippet_id, owner=job.owner, name=job.name, text=job.text, rev=job.key, by=actor.user, at=utc_now()
    )
    try:
        await bot.snippets.save(made, job.rev)
    except Clash as clash:
        then = given_back(job.asker, words.not_saved(job.name), job.text)
        return await _shown(bot, job, await _again(bot, job, clash), then)
    await bot.record.note(job.asker, "snippet saved", made.key, "done", job.ref, actor.member.id)
    said = words.saved(made.name)
    return await _shown(bot, job, await _list(bot, job, actor, said=said), [say(job.asker, said)])


@feature.gives_up(SaveSnippet)
async def not_saved(job: SaveSnippet, error: Exception, bot: Bot) -> list[Job]:
    """What was written is handed back."""
    return given_back(job.asker, answers.explain(bot, error, job.ref), job.text)


@feature.handles(RemoveSnippet)
async def remove(job: RemoveSnippet, _: Keep, bot: Bot) -> list[Job]:
    """Unless somebody changed it meanwhile: they may not know that it was not wanted."""
    actor = await _who_may(bot, job, job.snippet.partition(":")[0])
    if actor is None:
        return []
    known = await bot.snippets.get(job.snippet, actor.user)
    try:
        if known:
            await bot.snippets.remove(known, job.rev)
    except Clash as clash:
        there = clash.there or known
        assert there is not None  # or it would have been removed
        said = words.changed_before_removing(_mention(there))
        return await _shown(bot, job, _one(job, there, admin=True, said=said), [say(job.asker, said)])
    await bot.record.note(job.asker, "snippet removed", job.snippet, "done", job.ref, actor.member.id)
    said = words.removed(known.name) if known else words.GONE
    return await _shown(bot, job, await _list(bot, job, actor, said=said), [say(job.asker, said)])


async def _who_may(bot: Bot, job: Filled, owner: str, typed: str = "") -> Actor | None:
    """Who asks, where they may change what is `owner`'s; else None, which the form then says."""
    actor = await forms.actor(bot, job, TITLE, typed)
    if actor is None or owner == actor.user:
        return actor
    try:
        await bot.access.admin(job.asker)
    except Refused as error:
        await answers.note(bot, job, answers.outcome(error), actor.member.id)
        await forms.notice(bot, job, TITLE, answers.explain(bot, error, job.ref), typed)
        return None
    return actor if owner == TEAM else None


async def _is_admin(bot: Bot, who: Asker) -> bool:
    try:
        await bot.access.admin(who)
    except (Refused, InboxError):
        return False
    return True


async def _list(bot: Bot, job: Filled, actor: Actor, *, page: int = 0, said: str = "") -> View:
    some = [_as_shown(one) for one in await bot.snippets.for_user(actor.user)]
    admin = await _is_admin(bot, job.asker)
    return views.listed(some, page=page, metadata=remembered("", job.asker), said=said, admin=admin)


def _one(job: Filled, known: Snippet, *, admin: bool, said: str = "") -> View:
    """The form of one that is there."""
    shown = _as_shown(known)
    if shown.teams and not admin:
        return views.read(shown, remembered("", job.asker))
    metadata = remembered(f"{shown.key} {shown.rev}", job.asker)
    return views.edit(name=shown.name, text=shown.text, metadata=metadata, stamp=job.ref, old=shown, said=said)


async def _again(bot: Bot, job: SaveSnippet, clash: Clash) -> View:
    """The form with what they wrote, why it is not saved, and what somebody else saved meanwhile."""
    changed = clash.there if clash.why == "changed" else None
    if changed:
        about, said = f"{changed.key} {changed.rev}", words.changed_meanwhile(_mention(changed))
    else:
        about = f"{job.snippet} {job.rev}" if job.snippet and clash.why != "removed" else ""
        said = CALLED[clash.why]
    admin = not about and await _is_admin(bot, job.asker)
    whose = (TEAM if job.owner == TEAM else "me") if admin else None
    theirs = _as_shown(changed) if changed else None
    metadata = remembered(about, job.asker)
    return views.edit(
        name=job.name, text=job.text, metadata=metadata, stamp=job.ref, whose=whose, said=said, theirs=theirs
    )


async def _shown(bot: Bot, job: Filled, view: View, otherwise: Sequence[Job]) -> list[Job]:
    """Show the view; what follows where it is closed, or Slack does not show it now."""
    try:
        return [] if await forms.fill(bot, job.view_id, view) else list(otherwise)
    except SlackAway:
        return list(otherwise)


def _as_shown(one: Snippet) -> Shown:
    return Shown(one.key, one.rev, one.name, one.text, one.owner == TEAM)


def _mention(one: Snippet) -> str:
    return f"<@{one.by}>" if one.by else ""
