"""Mentions whom a rule names below the card: once for a wait, never in quiet hours, no more than a channel bears."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from bot.card import Card
from bot.cards.posting import post_below, post_once, slot
from bot.context import Bot
from bot.errors import SlackAway
from bot.feature import Feature
from bot.models import Place
from bot.queue.job import Job, Keep, Later, utc_now
from bot.routing.said import said_conditions
from bot.rules import words
from bot.rules.found import Found, found, remember
from bot.rules.jobs import MentionByRule, MentionsLeft
from bot.store.quota import LATER, NEW
from bot.waits.notice import sleeps_on

SHOWN = 15  # conversations in one summary
ALONE = 20  # people of a group who are mentioned by name, where others in it have quiet hours
feature = Feature()


class Whom(NamedTuple):
    """Slack's tokens of those who are mentioned; where there are none, until when all are away, as far as is known."""

    tokens: tuple[str, ...]
    until: datetime | None = None


@feature.handles(MentionByRule)
async def mention_by_rule(job: MentionByRule, _: Keep, bot: Bot) -> list[Job]:
    """Nothing where nobody waits any more, or people were mentioned for this wait."""
    if job.waits:
        if job.until and (left := (job.until - utc_now()).total_seconds()) > 0:
            raise Later(left, job)
        return [job.model_copy(update={"waits": False, "until": None})]
    by, card = await found(bot, job.rule), await bot.cards.get(job.thread_id)
    place = await bot.cards.place(job.thread_id)
    if by is None or card is None or place is None or not _waits(card):
        return []
    if await bot.mentions.is_done(card) or not await bot.sharing.shows(place.channel):
        return []
    whom = await _whom(bot, by, card)
    if not whom.tokens:
        again = {"waits": True, "until": whom.until}
        return [job.model_copy(update=again)] if whom.until else []
    if not await bot.mentions.has_room(place.channel, _wait(card), job.rule):
        return [MentionsLeft(channel=place.channel)]
    async with bot.refused.waiting(job, place.channel):
        await slot(bot, job, place.channel, NEW)
        await _post(bot, job, by, card, place, whom)
    await bot.mentions.done(card)
    await remember(bot, by, job.thread_id, "mentioned", words.mentioned_it(whom.tokens))
    return []


def _waits(card: Card) -> bool:
    return card.waiting_since is not None and not card.gone and not sleeps_on(card)


def _wait(card: Card) -> str:
    """The wait by name: its thread, and since when."""
    assert card.waiting_since is not None
    return f"{card.thread.id}:{card.waiting_since.timestamp()!r}"


async def _post(bot: Bot, job: MentionByRule, by: Found, card: Card, place: Place, whom: Whom) -> None:
    text = words.mention(whom.tokens, card.thread.who, by.number, said_conditions(by.rule.conditions))
    mark = f"mention-{job.message_id}-{job.rule}"
    await post_below(bot, job, mark, job.thread_id, place, words.message(text))


async def _whom(bot: Bot, by: Found, card: Card) -> Whom:
    """Who has the conversation already is mentioned by the post of the message."""
    has_it = await bot.links.users(card.thread.assignee_id) if card.thread.assignee_id else []
    tokens, ends = list[str](), list[datetime]()
    for one in by.rule.mention:
        users = await _members(bot, one) if one.startswith("S") else [one]
        absent = {user: await _absent(bot, user) for user in users}
        present = [user for user in users if user not in has_it and absent[user] is None]
        ends += [end for end in absent.values() if isinstance(end, datetime)]
        if one.startswith("S") and len(present) == len(users):
            tokens.append(words.group(one))
        else:
            tokens += [words.user(user) for user in present[:ALONE]]
    return Whom(tuple(dict.fromkeys(tokens)), min(ends, default=None))


async def _members(bot: Bot, group: str) -> list[str]:
    """None where Slack does not tell: then the group is mentioned as a whole."""
    try:
        return list(await bot.groups.users(group))
    except SlackAway:
        return []


async def _absent(bot: Bot, user: str) -> datetime | bool | None:
    """Until when somebody has quiet hours or is away, True where that is not known; None where they are there."""
    choices, now = await bot.preferences.person(user), utc_now()
    if choices.away and choices.away.holds(now):
        return choices.away.until or True
    return choices.quiet.until(now) if choices.quiet else None


@feature.handles(MentionsLeft)
async def mentions_left(job: MentionsLeft, _: Keep, bot: Bot) -> list[Job]:
    """One post, once the channel bears a mention again, of all that wait still."""
    left = await bot.mentions.left(job.channel)
    if not left:
        return []
    if rests := await bot.mentions.rests(job.channel):
        raise Later(rests, job)
    cards, tokens = await _still(bot, left)
    if cards and await bot.sharing.shows(job.channel):
        async with bot.refused.waiting(job, job.channel):
            await slot(bot, job, job.channel, LATER)
            text = words.mentions_left(tokens, [await _line(bot, one) for one in cards[:SHOWN]], len(cards))
            await post_once(bot, job, f"mentions-{job.ref}", job.channel, words.message(text))
    for card in cards:
        await bot.mentions.done(card)
    await bot.mentions.summed_up(job.channel, left)
    return []


async def _still(bot: Bot, left: Mapping[str, str]) -> tuple[list[Card], list[str]]:
    """Those that wait still and nobody was mentioned for, and whom their rules name."""
    cards, tokens = list[Card](), dict[str, None]()
    for wait, rule in left.items():
        card, by = await bot.cards.get(wait.partition(":")[0]), await found(bot, rule)
        if card and by and _waits(card) and _wait(card) == wait and not await bot.mentions.is_done(card):
            cards.append(card)
            tokens |= dict.fromkeys((await _whom(bot, by, card)).tokens)
    return cards, list(tokens)


async def _line(bot: Bot, card: Card) -> str:
    place, who = await bot.cards.place(card.thread.id), card.thread.person
    link = bot.installation.permalink(*place) if place else None
    return words.waiter(who.label if who else "Someone", card.waiting_since or utc_now(), link)
