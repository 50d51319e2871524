"""What speaks against a first message: a colleague or a campaign wrote already, or the account or the plan forbids it.

A conversation in which both sides have written is none of it: there, anybody may go on.

Raises `NotNow` where Inbox does not tell; any other refusal is the send's to explain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from bot.address import Candidate
from bot.context import Bot
from bot.dm import words
from bot.errors import InboxError, NotNow
from bot.models import AccountLink, Member, Message
from bot.people.access import Actor
from bot.queue.job import Job, utc_now
from bot.send.store import Wrote
from bot.text import platform_name

RECENT: Final = timedelta(days=7)
READ: Final = 50  # of the newest messages of a conversation
THREADS: Final = 5  # conversations with one person that are read


class Verdict(NamedTuple):
    """`doubts` are mrkdwn; `first` says that nobody of the team and the person have exchanged a message."""

    doubts: list[str]
    first: bool


async def judge(
    bot: Bot, to: Candidate, known: Sequence[Candidate], links: Sequence[AccountLink], actor: Actor, job: Job
) -> Verdict:
    """What to ask before `actor` writes to `to`; `known` are all conversations with them, and perhaps others'.

    What the API sent after the `job` was asked for is their own message: Redis went back, and this is worked once
    more. Nor does it count that a worker which died began the same attempt.
    """
    writers = await bot.attempts.writers(to.person, but=job.key)
    same = [one for one in known if one.person.platform_id == to.person.platform_id]
    threads = {one.thread_id: one.account_link_id or "" for one in (to, *same) if one.thread_id}
    if actor.user in writers or (set(threads) == {to.thread_id} and await _wrote_to_us(bot, to.thread_id or "")):
        return Verdict([], first=False)
    talks = {one: await _messages(bot, one) for one in list(threads)[:THREADS]}
    here = {one.direction for one in talks.get(to.thread_id or "", [])}
    if len(here) == 2:
        return Verdict([], first=False)
    labels = {one.id: one.label for one in links}
    ours = [
        (one, labels.get(threads[thread], ""))
        for thread, talk in talks.items()
        for one in talk
        if not (one.author == "api" and one.created_at > job.at)
    ]
    doubts = await _written(bot, ours, writers, actor) + await _account(bot, to.account_link_id or "", links)
    first = not (writers or any(talks.values()))
    # With v2 the add-on is for who is no contact of the team's yet; v1 knows no contacts, and asks it for anybody new.
    refused = await bot.attempts.plan_refused() if first and not to.person.contact_id else None
    return Verdict([*doubts, *([words.plan_refused(refused)] if refused else [])], first)


async def _wrote_to_us(bot: Bot, thread_id: str) -> bool:
    """Whether a card shows that they wrote: then an answer is no first message, and nothing has to be read."""
    card = await bot.cards.get(thread_id)
    seen = (card.latest, card.thread.last_message) if card else ()
    return any(one is not None and one.inbound for one in seen)


async def _messages(bot: Bot, thread_id: str) -> list[Message]:
    try:
        return await bot.inbox.messages(thread_id, READ)
    except NotNow:
        raise
    except InboxError:
        return []


async def _written(
    bot: Bot, messages: Sequence[tuple[Message, str]], writers: Mapping[str, Wrote], actor: Actor
) -> list[str]:
    """The latest that somebody else of the team wrote in the last days, unless `actor` has written too.

    `messages` come with the label of their account; `writers` wrote through this bot, as the API names nobody.
    """
    wrote = [(one.at, f"<@{user}>", one.account) for user, one in writers.items()]
    for one, account in messages:
        if one.inbound or one.deleted or one.created_at < utc_now() - RECENT or (one.author == "api" and writers):
            continue
        who = await _writer(bot, one, actor)
        if who is None:
            return []
        wrote.append((one.created_at, who, account))
    return [words.wrote_before(who, account, at) for at, who, account in sorted(wrote)[-1:]]


async def _writer(bot: Bot, message: Message, actor: Actor) -> str | None:
    """Who wrote it, as mrkdwn; None for `actor`."""
    if message.author not in ("member", "agent") or message.writer_id is None:
        return words.somebody(message.author)
    if message.writer_id in (actor.member.id, actor.member.user_id):
        return None
    return words.colleague(await _member(bot, message.writer_id))


async def _member(bot: Bot, writer_id: str) -> Member | None:
    members = await bot.directory.members()
    return next((one for one in members if writer_id in (one.id, one.user_id)), None)


async def _account(bot: Bot, account_link_id: str, links: Sequence[AccountLink]) -> list[str]:
    """Why the account cannot send; what was known for a while is asked again before it is held against anybody."""
    if not any(one.id == account_link_id and _is_closed(one) for one in links):
        return []
    fresh = await bot.directory.account_links(fresh=True)
    return [
        words.account_closed(one.label, one.status, platform_name(one.platform))
        for one in fresh
        if one.id == account_link_id and _is_closed(one)
    ]


def _is_closed(link: AccountLink) -> bool:
    """v1 does not tell capabilities: none named means none known."""
    return link.status != "active" or bool(link.capabilities and "message:send" not in link.capabilities)
