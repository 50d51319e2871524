"""Who acts as whom: what people say for themselves, and what admins say for others."""

from __future__ import annotations

import structlog

from bot import text, words
from bot.admin.commands import answer, direct, home_of, resume, user_in
from bot.context import Bot
from bot.feature import Console, Feature
from bot.lists.jobs import OpenHome
from bot.models import Member
from bot.people.announce import announced
from bot.queue.job import Asked, Job

log = structlog.get_logger(__name__)
feature = Feature()


@feature.word("whoami", help="which Inbox member you are")
async def whoami(job: Console, typed: str, bot: Bot) -> list[Job]:
    member = (await bot.access.actor(job.asker)).member
    return [answer(job, words.whoami(member.label, member.email, member.role))]


async def _link_me(bot: Bot, job: Console, address: str | None) -> list[Job]:
    """Nobody claims a colleague's seat: only one's own address, as Slack vouches for it, links oneself."""
    profile = await bot.access.insider(job.asker)
    if address is not None and address.casefold() != (profile.email or "").casefold():
        await bot.record.note(job.asker, "link", job.asker.user, "refused: another address", job.ref)
        return [answer(job, words.OWN_ADDRESS_ONLY)]
    member = await bot.access.own_member(profile)
    others = [one for one, has in (await bot.links.links()).items() if has == member.id and one != profile.id]
    await bot.links.save_link(profile.id, member.id)
    log.info("linked", ref=job.ref, user=profile.id, member=member.id, by=profile.id)
    await bot.record.note(job.asker, "link", profile.id, f"done: {member.id}", job.ref, member.id)
    resumed = await resume(bot, profile.id)
    return [answer(job, words.linked(profile.id, member.label, others) + (words.RESUMED if resumed else ""))]


async def _unlink_me(bot: Bot, job: Console) -> list[Job]:
    profile = await bot.access.insider(job.asker)
    await bot.links.remove_link(profile.id)
    log.info("unlinked", ref=job.ref, user=profile.id, by=profile.id)
    await bot.record.note(job.asker, "unlink", profile.id, "done", job.ref)
    return [answer(job, words.UNLINKED_YOU), OpenHome(asker=job.asker)]


@feature.word("link", help="be matched to Inbox by your e-mail address; admins: `@user name@company.com`")
async def link(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Oneself, or by an admin somebody else."""
    match typed.split():
        case []:
            return await _link_me(bot, job, None)
        case [address] if user_in(address) is None:
            return await _link_me(bot, job, text.decode(address))
        case [mention, address]:
            return await _link(bot, job, mention, address)
    return [answer(job, words.LINK_USAGE)]


@feature.word("unlink", help="end that; admins: `@user`")
async def unlink(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Oneself, or by an admin somebody else."""
    return await (_unlink(bot, job, typed) if typed else _unlink_me(bot, job))


async def _link(bot: Bot, job: Console, mention: str, address: str) -> list[Job]:
    """Somebody acts as a member from now on, and the click that was refused before is done."""
    await bot.access.admin(job.asker)
    user, email = user_in(mention), text.decode(address)
    if user is None:
        return [answer(job, words.LINK_USAGE)]
    member = await bot.access.member_with(email)
    if member is None:
        return [answer(job, words.no_member(email))]
    return await linked(bot, job, user, member)


async def linked(bot: Bot, job: Asked, user: str, member: Member) -> list[Job]:
    """An admin says that `user` acts as `member`, and what `user` could not do before is done."""
    shared = [one for one, has in (await bot.links.links()).items() if has == member.id and one != user]
    await bot.links.save_link(user, member.id)
    log.info("linked", ref=job.ref, user=user, member=member.id, by=job.asker.user)
    said = words.linked(user, member.label, shared)
    told = await announced(bot, job, "link", user, said, member=member.id)
    resumed = await resume(bot, user)
    return [*told, *direct(user, job, words.linked_you(job.asker.user, member.label, resumed=resumed))]


async def _unlink(bot: Bot, job: Console, mention: str) -> list[Job]:
    await bot.access.admin(job.asker)
    user = user_in(mention)
    if user is None:
        return [answer(job, words.LINK_USAGE)]
    await bot.links.remove_link(user)
    log.info("unlinked", ref=job.ref, user=user, by=job.asker.user)
    told = await announced(bot, job, "unlink", user, words.unlinked(user))
    return [*told, home_of(bot, user)]


@feature.word("links", help="who acts as whom", admins=True)
async def links(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Who acts as whom; a member who is gone, or whom two people act as, stands out."""
    await bot.access.admin(job.asker)
    lines = []
    known = await bot.links.links()
    for user, member_id in known.items():
        member = await bot.access.member(member_id)
        twice = list(known.values()).count(member_id) > 1
        lines.append(words.link_line(user, member.label if member else None, member.email if member else "", twice))
    return [answer(job, words.listed(lines, words.NO_LINKS))]
