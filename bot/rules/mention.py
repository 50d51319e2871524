"""Mentions whom a rule names below the card: once for a wait, never in quiet hours, no more than a channel bears.

Slack notifies members of a channel alone: who is in none of it reads it in a direct message, where they may act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.card import Card
from bot.cards.posting import post_below, post_once, slot
from bot.context import Bot
from bot.errors import InboxError, Unidentified
from bot.feature import Feature
from bot.people.answers import tell
from bot.people.present import ALONE, Present, members, present, token
from bot.queue.job import Asker, Job, Keep, Later, utc_now
from bot.routing.said import said_conditions
from bot.rules import words
from bot.rules.found import Found, as_called, found, remember
from bot.rules.jobs import MentionByRule, MentionsLeft
from bot.slack.blocks import Msg
from bot.store.quota import LATER, NEW
from bot.waits.notice import can_mention, sleeps_on

SHOWN = 15  # conversations in one summary
feature = Feature()


class Left(NamedTuple):
    """A conversation of the summary: its card, whose rule wanted a mention, and who is there."""

    card: Card
    by: Found
    whom: Present


@feature.handles(MentionByRule)
async def mention_by_rule(job: MentionByRule, _: Keep, bot: Bot) -> list[Job]:
    """Nothing where nobody waits any more, or people were mentioned for this wait."""
    if job.waits:
        return [job.back()]
    by, card = await found(bot, job.rule), await bot.cards.get(job.thread_id)
    place = await bot.cards.place(job.thread_id)
    if by is None or card is None or place is None or not _waits(card):
        return []
    if await bot.mentions.is_done(card) or not await bot.sharing.shows(place.channel):
        return []
    whom = await _whom(bot, by, card)
    if not whom.ids:
        return [job.later(whom.until)] if whom.until else []
    here, alone = await _reached(bot, place.channel, whom.ids)
    if here:
        if not await bot.mentions.has_room(place.channel, _wait(card), job.rule):
            return [MentionsLeft(channel=place.channel)]
        async with bot.refused.waiting(job, place.channel):
            await slot(bot, job, place.channel, NEW)
            text = words.mention([token(one) for one in here], card.thread.who, by.number, await _said(bot, by))
            mark = f"mention-{job.message_id}-{job.rule}"
            await post_below(bot, job, mark, job.thread_id, place, words.message(text))
    link = bot.installation.permalink(*place) or ""
    text = words.mention([], card.thread.who, by.number, await _said(bot, by), link)
    await _tell(bot, alone, words.message(text), _wait(card))
    await bot.mentions.done(card)
    await remember(bot, by, job.thread_id, "mentioned", words.mentioned_it([token(one) for one in whom.ids]))
    return []


async def _said(bot: Bot, by: Found) -> str:
    return said_conditions((await as_called(bot, by)).rule.conditions)


async def _tell(bot: Bot, users: Iterable[str], message: Msg, about: str) -> None:
    """Each in a direct message, once, whoever dies over it."""
    for user in users:
        job = tell(Asker(user=user, team=bot.installation.team), message)
        await bot.lanes.accept(job, once=f"mention:{about}:{user}")


async def _reached(bot: Bot, channel: str, ids: Iterable[str]) -> tuple[list[str], list[str]]:
    """Whom a mention in the channel reaches, and the users whom a direct message reaches, also those of a group."""
    here, alone = list[str](), list[str]()
    for one in ids:
        users = (await members(bot, one))[:ALONE] if one.startswith("S") else [one]
        outside = [user for user in users if await _is_outside(bot, channel, user)]
        alone += outside
        here += [] if outside == [one] else [one]
    return here, list(dict.fromkeys(alone))


async def _is_outside(bot: Bot, channel: str, one: str) -> bool:
    """Whether a direct message has to reach them, and may; while nobody tells that, the conversation's posts go on."""
    if await can_mention(bot, channel, one):
        return False
    try:
        return await bot.access.colleague(one) is not None
    except (InboxError, Unidentified):
        return False


def _waits(card: Card) -> bool:
    return card.waiting_since is not None and not card.gone and not sleeps_on(card)


def _wait(card: Card) -> str:
    """The wait by name: its thread, and since when."""
    assert card.waiting_since is not None
    return f"{card.thread.id}:{card.waiting_since.timestamp()!r}"


async def _whom(bot: Bot, by: Found, card: Card) -> Present:
    """Who has the conversation already is mentioned by the post of the message."""
    has_it = await bot.links.users(card.thread.assignee_id) if card.thread.assignee_id else []
    return await present(bot, by.rule.mention, utc_now(), has_it)


@feature.handles(MentionsLeft)
async def mentions_left(job: MentionsLeft, _: Keep, bot: Bot) -> list[Job]:
    """One post, once the channel bears a mention again, of all that wait still."""
    left = await bot.mentions.left(job.channel)
    if not left:
        return []
    if rests := await bot.mentions.rests(job.channel):
        raise Later(rests, job)
    still = await _still(bot, left)
    later: list[Job] = [_later(one) for one in still if one.whom.until and not one.whom.ids]
    now = [one for one in still if one.whom.ids or not one.whom.until]
    if now and await bot.sharing.shows(job.channel):
        await _sum_up(bot, job, now)
    for one in now:
        await bot.mentions.done(one.card)
        if one.whom.ids:
            mentioned = words.mentioned_it([token(who) for who in one.whom.ids])
            await remember(bot, one.by, one.card.thread.id, "mentioned", mentioned)
    await bot.mentions.summed_up(job.channel, left)
    return later


async def _sum_up(bot: Bot, job: MentionsLeft, now: list[Left]) -> None:
    """Who is not in the channel reads of those alone for which a rule names them."""
    named = dict.fromkeys(who for one in now for who in one.whom.ids)
    reached = {who: await _reached(bot, job.channel, [who]) for who in named}
    here, alone = [who for who in named if who in reached[who][0]], dict[str, list[Left]]()
    for one in now:
        for user in dict.fromkeys(user for who in one.whom.ids for user in reached[who][1]):
            alone.setdefault(user, []).append(one)
    async with bot.refused.waiting(job, job.channel):
        await slot(bot, job, job.channel, LATER)
        summary = await _summary(bot, here, now)
        await post_once(bot, job, f"mentions-{job.ref}", job.channel, summary)
    for user, theirs in alone.items():
        await _tell(bot, [user], await _summary(bot, [], theirs), job.ref)


async def _summary(bot: Bot, mentioned: Iterable[str], now: Sequence[Left]) -> Msg:
    lines = [await _line(bot, one.card) for one in now[:SHOWN]]
    return words.mentions_left([token(one) for one in mentioned], lines, len(now))


def _later(one: Left) -> Job:
    """All whom its rule names have quiet hours: they are mentioned afterwards, as ever."""
    message = one.card.latest.id if one.card.latest else "later"
    return MentionByRule(
        thread_id=one.card.thread.id, message_id=message, rule=one.by.rule.id, waits=True, until=one.whom.until
    )


async def _still(bot: Bot, left: Mapping[str, str]) -> list[Left]:
    """Those that wait still and nobody was mentioned for, and whom their rules name."""
    found_ones = list[Left]()
    for wait, rule in left.items():
        card, by = await bot.cards.get(wait.partition(":")[0]), await found(bot, rule)
        if card and by and _waits(card) and _wait(card) == wait and not await bot.mentions.is_done(card):
            found_ones.append(Left(card, by, await _whom(bot, by, card)))
    return found_ones


async def _line(bot: Bot, card: Card) -> str:
    place, who = await bot.cards.place(card.thread.id), card.thread.person
    link = bot.installation.permalink(*place) if place else None
    return words.waiter(who.label if who else "Someone", card.waiting_since or utc_now(), link)
