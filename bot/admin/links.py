"""Who acts as whom, and which guests may act: what people say for themselves, and what admins say for others."""

from __future__ import annotations

import structlog

from bot import text
from bot.admin import views, words
from bot.context import Bot
from bot.errors import Mistake, SlackRefused
from bot.feature import Console, Feature
from bot.lists.jobs import OpenHome
from bot.models import Member
from bot.people.announce import announced
from bot.people.answers import say, tell
from bot.queue.job import Asked, Asker, Job
from bot.words import whoami

log = structlog.get_logger(__name__)
feature = Feature()


@feature.word("whoami", help="which Inbox member you are", alone=True)
async def who_am_i(job: Console, typed: str, bot: Bot) -> list[Job]:
    member = (await bot.access.actor(job.asker, fresh=True)).member
    return [say(job.asker, whoami(member.label, member.email, member.role))]


async def _link_me(bot: Bot, job: Console, address: str | None) -> list[Job]:
    """Nobody claims a colleague's seat: only one's own address, as Slack vouches for it, links oneself."""
    profile = await bot.access.insider(job.asker, fresh=True)
    if address is not None and address.casefold() != (profile.email or "").casefold():
        await bot.record.note(job.asker, "link", job.asker.user, "refused: another address", job.ref)
        raise Mistake(words.OWN_ADDRESS_ONLY)
    before = await bot.links.link(profile.id)
    member = await bot.access.own_member(profile)
    others = [one for one in await bot.links.users(member.id) if one != profile.id]
    if not await bot.links.match(profile.id, member.id, profile.email or "", before=before):
        raise Mistake(words.LINKED_MEANWHILE)
    log.info("linked", ref=job.ref, user=profile.id, member=member.id, by=profile.id)
    await bot.record.note(job.asker, "link", profile.id, f"done: {member.id}", job.ref, member.id)
    resumed = await _resume(bot, profile.id)
    return [say(job.asker, words.linked(profile.id, member.label, others) + (words.RESUMED if resumed else ""))]


async def _unlink_me(bot: Bot, job: Console) -> list[Job]:
    profile = await bot.access.insider(job.asker, fresh=True)
    await bot.links.remove_link(profile.id)
    log.info("unlinked", ref=job.ref, user=profile.id, by=profile.id)
    await bot.record.note(job.asker, "unlink", profile.id, "done", job.ref)
    return [say(job.asker, words.UNLINKED_YOU), OpenHome(asker=job.asker)]


@feature.word(
    "link",
    help="be matched to an Inbox member by your e-mail address",
    for_admins="say which Inbox member somebody is: `link @user name@company.com`",
)
async def link(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Oneself, or by an admin somebody else."""
    match typed.split():
        case []:
            return await _link_me(bot, job, None)
        case [address] if text.mention(address) is None:
            return await _link_me(bot, job, text.decode(address))
        case [mention, address]:
            return await _link(bot, job, mention, address)
    raise Mistake(words.LINK_USAGE)


@feature.word("unlink", help="end that", for_admins="end that for somebody: `unlink @user`")
async def unlink(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Oneself, or by an admin somebody else."""
    return await (_unlink(bot, job, typed) if typed else _unlink_me(bot, job))


async def _link(bot: Bot, job: Console, mention: str, address: str) -> list[Job]:
    """Somebody acts as a member from now on, and the click that was refused before is done."""
    await bot.access.admin(job.asker)
    user, email = text.mention(mention), text.decode(address)
    if user is None:
        raise Mistake(words.LINK_USAGE)
    member = await bot.access.member_with(email)
    if member is None:
        raise Mistake(words.no_member(email))
    return await linked(bot, job, user, member)


async def linked(bot: Bot, job: Asked, user: str, member: Member) -> list[Job]:
    """An admin says that `user` acts as `member`, and what `user` could not do before is done."""
    shared = [one for one in await bot.links.users(member.id) if one != user]
    await bot.links.save_link(user, member.id)
    log.info("linked", ref=job.ref, user=user, member=member.id, by=job.asker.user)
    said = words.linked(user, member.label, shared)
    told = await announced(bot, job, "link", user, said, member=member.id)
    resumed = await _resume(bot, user)
    return [*told, *direct(user, job, words.linked_you(job.asker.user, member.label, resumed=resumed))]


async def _unlink(bot: Bot, job: Console, mention: str) -> list[Job]:
    await bot.access.admin(job.asker)
    user = text.mention(mention)
    if user is None:
        raise Mistake(words.LINK_USAGE)
    await bot.links.remove_link(user)
    log.info("unlinked", ref=job.ref, user=user, by=job.asker.user)
    told = await announced(bot, job, "unlink", user, words.unlinked(user))
    return [*told, home_of(bot, user)]


@feature.word("links", help="who acts as whom", admins=True, alone=True)
async def links(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Who acts as whom; a member who is gone, or whom two people act as, stands out."""
    await bot.access.admin(job.asker)
    lines = []
    known = await bot.links.links()
    for user, member_id in known.items():
        member = await bot.access.member(member_id)
        twice = list(known.values()).count(member_id) > 1
        lines.append(words.link_line(user, member.label if member else None, member.email if member else "", twice))
    return [say(job.asker, words.listed(lines, words.NO_LINKS))]


@feature.word("allow", help="let a guest with a seat in Inbox act: `@guest`", admins=True)
async def allow(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox allow @guest`; without words, who may act."""
    return await _guest(bot, job, typed, allowed=True)


@feature.word("disallow", help="take that back: `@guest`", admins=True)
async def disallow(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox disallow @guest`; without words, who may act."""
    return await _guest(bot, job, typed, allowed=False)


async def _guest(bot: Bot, job: Console, typed: str, *, allowed: bool) -> list[Job]:
    """A guest may act like a member, or no longer; they need a seat in Inbox as everybody does."""
    await bot.access.admin(job.asker)
    if not typed:
        return [say(job.asker, words.guests(await bot.rights.guests()))]
    user = text.mention(typed)
    if user is None:
        raise Mistake(words.GUEST_USAGE)
    if allowed and not await _is_guest(bot, user):
        return [say(job.asker, views.no_guest(user))]
    await (bot.rights.allow_guest(user) if allowed else bot.rights.disallow_guest(user))
    said = words.guest(user, allowed=allowed)
    return [*await announced(bot, job, "allow" if allowed else "disallow", user, said), home_of(bot, user)]


async def _is_guest(bot: Bot, user: str) -> bool:
    """Whether Slack says so now. Raises `Mistake` for somebody whom Slack does not know."""
    try:
        profile = await bot.slack.profile(user)
    except SlackRefused:
        raise Mistake(words.GUEST_USAGE) from None
    return profile.guest


def home_of(bot: Bot, user: str) -> OpenHome:
    """Slack keeps what somebody's Home showed while they still might see it."""
    return OpenHome(asker=Asker(user=user, team=bot.access.installation.team))


async def _resume(bot: Bot, user: str) -> bool:
    """Accept again, once, what `user` could not have before they were linked; whether there was anything."""
    click = await bot.rights.kept_click(user)
    if click:
        await bot.lanes.accept(click, once=f"resumed:{click.ref}:{click.at.timestamp()}")
        await bot.rights.drop_click(user)
    return click is not None


def direct(user: str, job: Asked, sentence: str) -> list[Job]:
    """A direct message, unless they did it themselves."""
    return [] if user == job.asker.user else [tell(Asker(user=user), {"text": sentence, "blocks": []}, lasting=True)]
