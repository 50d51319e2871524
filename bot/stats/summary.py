"""What the counted days come to: for 7 and 30 days, by colleague, account and tag, and within the targets.

Asks Inbox for nothing but names, which are cached. Answers are judged by the targets that channels have now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, timedelta
from statistics import median
from typing import Final

from bot.context import Bot
from bot.hours import Reminders
from bot.queue.job import utc_now
from bot.stats import views
from bot.stats.figures import Answer, Day, Figures, Kept, Period, Share

PERIODS: Final = (7, 30)  # days
Judged = tuple[Answer, bool | None]
"""An answer, and whether it came within the target; None where there was none."""


async def summary(bot: Bot, until: date | None = None) -> Figures:
    """The figures up to the end of the day `until` (UTC), or up to now."""
    last = until or utc_now().astimezone(UTC).date()
    days = await bot.counts.days([last - timedelta(days=back) for back in reversed(range(max(PERIODS)))])
    names, ids = await bot.directory.member_names(), await bot.waiting.everybody()
    targets = {one: choices.reminders for one, choices in (await bot.preferences.channels()).items()}
    accounts = await bot.directory.account_names()
    tags = await bot.directory.tag_names()
    periods = tuple(_period(days[-length:], names, accounts, tags, targets) for length in PERIODS)
    return Figures(
        since=await bot.counts.since(),
        days=tuple(days),
        periods=periods,
        waiting=await _waiting(bot, names, ids),
        late=await bot.targets.late(ids),
    )


async def _waiting(bot: Bot, names: dict[str, str], ids: list[str]) -> tuple[tuple[str, int], ...]:
    """How many conversations wait for an answer, by assignee; nobody's is ""."""
    known = await bot.cards.threads(ids)
    still = [one for one in ids if not (one in known and known[one].archived)]
    assigned = (known[one].assignee_id if one in known else None for one in still)
    return tuple(Counter(names.get(one, views.SOMEONE) if one else "" for one in assigned).most_common())


def in_time(answer: Answer, targets: Mapping[str, Reminders]) -> bool | None:
    """Whether an answer came within the target of its channel; None where that has none, or is not known."""
    fact = answer.fact
    wanted = targets.get(fact.channel) if fact else None
    if fact is None or wanted is None or wanted.target is None:
        return None
    asked = fact.at - timedelta(seconds=answer.seconds)
    if fact.woken and asked < fact.woken <= fact.at:
        asked = fact.woken
    if (fact.at - asked).total_seconds() <= wanted.target * 60:  # working hours pass no faster than others
        return True
    by = wanted.answer_by(asked)
    return by is not None and fact.at <= by


def _period(
    days: Sequence[Day],
    names: Mapping[str, str],
    accounts: Mapping[str, str],
    tags: Mapping[str, str],
    targets: Mapping[str, Reminders],
) -> Period:
    answers: list[Judged] = [(one, in_time(one, targets)) for day in days for one in day.answers]
    threads = [one for day in days for one in day.received]

    def writer(one: Answer) -> list[str]:
        return [names.get(one.member, views.SOMEONE) if one.member else views.UNKNOWN_WRITER]

    def account(one: Answer) -> list[str]:
        return [accounts[one.fact.account]] if one.fact and one.fact.account in accounts else []

    def tagged(one: Answer) -> list[str]:
        return [tags[tag] for tag in (one.fact.tags if one.fact else ()) if tag in tags]

    return Period(
        days=len(days),
        received=len(threads),
        threads=len(set(threads)),
        answered=len(answers),
        median=median(one.seconds for one, _ in answers) if answers else None,
        shares=_shares(answers, writer),
        accounts=_shares(answers, account),
        tags=_shares(answers, tagged),
        kept=_kept(within for _, within in answers),
    )


def _shares(answers: Sequence[Judged], names: Callable[[Answer], list[str]]) -> tuple[Share, ...]:
    """Whoever answered most comes first."""
    by_name: dict[str, list[Judged]] = {}
    for one in answers:
        for name in names(one[0]):
            by_name.setdefault(name, []).append(one)
    shares = (
        Share(
            name=name,
            answered=len(some),
            median=median(one.seconds for one, _ in some),
            kept=_kept(within for _, within in some),
        )
        for name, some in by_name.items()
    )
    return tuple(sorted(shares, key=lambda one: (-one.answered, one.name)))


def _kept(within: Iterable[bool | None]) -> Kept:
    known = [one for one in within if one is not None]
    return Kept(judged=len(known), in_time=sum(known))
