"""Whom `/dm` means, and from which account: found, or left to the person to choose."""

from __future__ import annotations

from collections.abc import Sequence

from bot import words
from bot.address import Candidate
from bot.context import Bot
from bot.dm import choice, first_message
from bot.dm import words as dm_words
from bot.dm.jobs import Choice, Dm
from bot.errors import NotNow, PlatformUnknown, Unidentified
from bot.feature import Feature
from bot.models import AccountLink
from bot.people.mentions import decoded
from bot.queue.job import Job, Keep
from bot.recipient import Recipient
from bot.send.outcome import given_up, not_begun, not_sent

feature = Feature()
feature.gives_up(Dm)(not_begun)


@feature.handles(Dm)
async def dm(job: Dm, _: Keep, bot: Bot) -> list[Job]:
    """Find out whom `/dm` means, then send, or let the person choose."""
    to = Recipient.of(job.recipient)
    try:
        return await _dm(job, to, bot)
    except PlatformUnknown:
        return [await not_sent(bot, job, words.platform_unknown(to.platform or ""), "platform unknown")]
    except (NotNow, Unidentified) as error:
        return [await not_sent(bot, job, given_up(bot, job, error), "failed")]


async def _dm(job: Dm, to: Recipient, bot: Bot) -> list[Job]:
    actor = await bot.access.actor(job.asker, fresh=True)
    links = await bot.directory.account_links()
    found = await _find(bot, to, links)
    if not links:
        return [await not_sent(bot, job, dm_words.NO_ACCOUNT, "no account")]
    if not found:
        return [await not_sent(bot, job, _nobody(to, links), "nobody found")]
    ways = _ways(bot, found, links, job.account_link_id)
    if not ways:
        why = words.NO_WAY if job.account_link_id else dm_words.NO_ACCOUNT
        return [await not_sent(bot, job, why, "no account")]
    body = await decoded(bot, job.text)
    if len(ways) == 1:
        return await first_message.begin(bot, ways[0], found, body, job, links, actor, job.send_at)
    kept = Choice(recipient=job.recipient, text=body, candidates=tuple(ways), user=job.asker.user, send_at=job.send_at)
    return await choice.offer(bot, job, kept)


async def _find(bot: Bot, to: Recipient, links: Sequence[AccountLink]) -> list[Candidate]:
    known = await bot.directory.lookup(to.key)
    if known is None:
        known = await bot.inbox.find(to, links)
        await bot.directory.save_lookup(to.key, known)
    return [one for one in known if to.is_at(one.person.platform)]


def _ways(bot: Bot, found: Sequence[Candidate], links: Sequence[AccountLink], wanted: str | None) -> list[Candidate]:
    """The ways to send that are left to choose from, each with its account.

    An existing conversation comes before a new one, the account the person asked for before all, and
    INBOX_ACCOUNT_LINK_ID decides between several.
    """
    left: list[Candidate] = []
    people = {_who(one): one for one in reversed(found)}
    for who, one in reversed(people.items()):
        threads = {c.account_link_id: c for c in found if c.account_link_id and _who(c) == who}
        accounts = [link.id for link in links if link.platform == one.person.platform]
        new = {a: one.having(account_link_id=a, thread_id=None, thread_url=None) for a in accounts}
        ways = {**new, **threads}
        if wanted and wanted not in ways:
            continue  # the account they asked for cannot reach this person, and no other was asked for
        for account in (wanted, bot.settings.inbox_account_link_id if len(threads) != 1 else None):
            if account in ways:
                ways = {account: ways[account]}
                break
        else:
            ways = dict(threads) or ways
        left += ways.values()
    return left


def _who(candidate: Candidate) -> tuple[str, str]:
    return candidate.person.platform, candidate.person.platform_id


def _nobody(to: Recipient, links: Sequence[AccountLink]) -> str:
    """Why there is nobody to write to; without an account on their platform, that is the reason."""
    if to.platform and to.platform not in {link.platform for link in links}:
        return dm_words.no_account_on(to.platform)
    return words.nobody(to.name, to.platform)
