"""People who may not act ask the admins, who let them in or say who they are in Inbox.

Nothing of a conversation is shown to anybody here.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import get_args

from bot import accept
from bot.admin import views, words
from bot.admin.jobs import AskAdmins, GrantAccess, Want
from bot.admin.links import direct, home_of, linked
from bot.context import Bot
from bot.errors import Guest, NotLinked, SlackError
from bot.feature import Feature
from bot.models import Member
from bot.people import forms
from bot.people.announce import announced
from bot.people.answers import explain, say
from bot.people.jobs import Tell, TellAdmins
from bot.people.rights import Request
from bot.queue.job import DAY, Job, Keep
from bot.slack.blocks import Msg
from bot.slack.payloads import Ack, Body, asker, button_value

feature = Feature()


@feature.action("ask_admin")
async def ask_admin(ack: Ack, body: Body, bot: Bot) -> None:
    """The button below the reason why somebody was refused, in a message, a modal or Home."""
    who, view = asker(body), body.get("view") or {}
    await accept.asked(bot, AskAdmins(asker=who, view_id=view["id"] if view.get("type") == "modal" else ""))
    await ack()


@feature.action("access_allow")
async def allow(ack: Ack, body: Body, bot: Bot) -> None:
    """An admin lets a guest in."""
    await accept.asked(bot, GrantAccess(asker=asker(body), user=button_value(body), want="allow"))
    await ack()


@feature.action("access_link")
async def link(ack: Ack, body: Body, bot: Bot) -> None:
    """An admin says which member somebody is."""
    who, pressed = asker(body), body["actions"][0]
    user, member = pressed["block_id"].partition("|")[2], pressed["selected_option"]["value"]
    await accept.asked(bot, GrantAccess(asker=who, user=user, want="link", member=member))
    await ack()


@feature.action("access_no")
async def decline(ack: Ack, body: Body, bot: Bot) -> None:
    """An admin does neither."""
    want, _, user = button_value(body).partition("|")
    await accept.asked(bot, GrantAccess(asker=asker(body), user=user, want=_want(want), granted=False))
    await ack()


@feature.handles(AskAdmins)
async def ask_admins(job: AskAdmins, _: Keep, bot: Bot) -> list[Job]:
    """Once a day for each person and for each thing that they lack."""
    want: Want
    try:
        await bot.access.actor(job.asker, fresh=True)
    except Guest:
        want = "allow"
    except NotLinked:
        want = "link"
    else:
        return await _say(bot, job, views.MAY_ALREADY)
    question = await _question(bot, job.asker.user, want)
    if not await _is_new(bot, job, want):
        return await _say(bot, job, views.ASKED_ALREADY)
    told = await _say(bot, job, views.ASKED)
    return [*told, TellAdmins(text=question["text"], blocks=question["blocks"])]


async def _is_new(bot: Bot, job: AskAdmins, want: Want) -> bool:
    """Whether nobody was asked today; true again when this job is worked once more."""

    def renewed(kept: Request | None) -> Request:
        recent = kept is not None and (job.at - kept.at).total_seconds() < DAY
        return kept if kept is not None and recent else Request(at=job.at, ref=job.ref)

    return (await bot.rights.requests.change(_about(job.asker.user, want), renewed)).ref == job.ref


async def _question(bot: Bot, user: str, want: Want) -> Msg:
    if want == "allow":
        return views.asks_to_be_let_in(user)
    taken, profile = await bot.links.linked_members(), await bot.directory.profiles.get(user)
    free = [one for one in await bot.directory.members() if one.id not in taken]
    return views.asks_to_be_linked(user, _likeliest_first(free, profile.name if profile else ""))


def _likeliest_first(members: Sequence[Member], name: str) -> list[Member]:
    def likeness(one: Member) -> float:
        return SequenceMatcher(None, name.casefold(), one.label.casefold()).ratio()

    return sorted(members, key=lambda one: (-likeness(one), one.label.casefold()))


async def _say(bot: Bot, job: AskAdmins, sentence: str) -> list[Job]:
    """In the modal where they pressed; else, and where Slack does not take that now, where they are told everything."""
    try:
        return await forms.told(bot, job, job.view_id, "Ask an admin", sentence)
    except SlackError:
        return [say(job.asker, sentence)]


@feature.gives_up(AskAdmins)
async def not_asked(job: AskAdmins, error: Exception, bot: Bot) -> list[Job]:
    """Nobody was asked, so they may ask again at once."""
    for want in get_args(Want):
        about = _about(job.asker.user, want)
        if (kept := await bot.rights.requests.get(about)) and kept.ref == job.ref:
            await bot.rights.requests.drop(about)
    return [say(job.asker, explain(bot, error, job.ref, job.doing))]


@feature.handles(GrantAccess)
async def grant(job: GrantAccess, _: Keep, bot: Bot) -> list[Job]:
    """The first admin decides; who comes later reads what was done. Raises `Refused` for everybody else."""
    await bot.access.admin(job.asker)
    about = _about(job.user, job.want)
    kept = await bot.rights.requests.get(about)
    if kept is None:
        return [Tell(asker=job.asker, text=views.TOO_OLD, replace=True)]
    if kept.by != job.ref and (done := kept.outcome or await _is_done(bot, job)):
        return [Tell(asker=job.asker, text=done, replace=True)]
    member = await bot.access.member(job.member) if job.member else None
    if job.member and member is None:
        return [Tell(asker=job.asker, text=views.GONE)]
    await bot.rights.requests.put(about, kept.having(by=job.ref))  # from now on it is done, not found
    told, *others = await _decide(bot, job, member)
    assert isinstance(told, Tell)
    outcome = views.decided(job.asker.user, told.text)
    await bot.rights.requests.put(about, kept.having(by=job.ref, outcome=outcome))
    return [told.having(replace=True), *others]


async def _is_done(bot: Bot, job: GrantAccess) -> str:
    """What makes the request needless, as when another admin typed `/inbox link`; "" where nothing does."""
    if job.want == "allow":
        return views.is_let_in(job.user) if await bot.rights.guest_allowed(job.user) else ""
    linked_to = await bot.links.link(job.user)
    member = await bot.access.member(linked_to) if linked_to else None
    return views.is_linked(job.user, member.label) if member else ""


async def _decide(bot: Bot, job: GrantAccess, member: Member | None) -> list[Job]:
    """Do it; first comes what the admin reads, then what the others do."""
    user, admin = job.user, job.asker.user
    if not job.granted:
        told = await announced(bot, job, f"not now: {job.want}", user, views.declined(user))
        return [*told, *direct(user, job, views.turned_down(admin))]
    if member:
        return await linked(bot, job, user, member)
    await bot.rights.allow_guest(user)
    told = await announced(bot, job, "allow", user, words.guest(user, allowed=True))
    return [*told, *direct(user, job, views.let_in(admin)), home_of(bot, user)]


def _about(user: str, want: Want) -> str:
    return f"{user}:{want}"


def _want(typed: str) -> Want:
    return "allow" if typed == "allow" else "link"
