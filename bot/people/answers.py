"""What people are told of what they asked for, and what goes on record of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot import words
from bot.context import Bot
from bot.errors import InboxError, NotLinked, Refused, SlackAway, Unidentified
from bot.feature import LastWord
from bot.people.jobs import Tell
from bot.people.views import way_on
from bot.queue.job import Asked, Asker, Job, utc_now
from bot.slack.blocks import Msg, handed_back, section


def explain(bot: Bot, error: Exception, ref: str, doing: words.Doing = "change", *, account: str = "") -> str:
    """What the person who asked for `doing` reads about `error`."""
    if isinstance(error, Unidentified):
        return words.UNIDENTIFIED
    if isinstance(error, SlackAway):
        return words.slack_away(ref)
    if isinstance(error, TimeoutError):
        return words.too_long(ref)
    if isinstance(error, (Refused, InboxError)):
        team = bot.access.installation.name
        return words.explain(error, team=team, account=account or "The account", reference=ref, doing=doing)
    return words.unexpected(ref)


async def failed(job: Job, error: Exception, bot: Bot, last_words: Mapping[type[Job], LastWord[Any]]) -> Sequence[Job]:
    """The last word on a job that will not be tried again: on record, and said to whoever waits for it.

    `last_words` are those that features have for jobs of their own.
    """
    if isinstance(job, Asked):
        if job.resumed and isinstance(error, NotLinked):
            again = {"at": utc_now(), "tries": 0, "asker": job.asker.having(trigger=None)}
            await bot.rights.keep_click(job.asker.user, job.having(**again))
        if job.noted:
            await note(bot, job, outcome(error))
    if last_word := last_words.get(type(job)):
        return _with_way_on(await last_word(job, error, bot), error)
    told = [say(job.asker, explain(bot, error, job.ref, job.doing))] if isinstance(job, Asked) else []
    return _with_way_on(told, error)


def _with_way_on(jobs: Sequence[Job], error: Exception) -> Sequence[Job]:
    """The same, with a button where an admin could let the person act."""
    ways, last = way_on(error), jobs[-1] if jobs else None
    if not (ways and isinstance(last, Tell)):
        return jobs
    blocks = last.blocks or [section(last.text)]
    return [*jobs[:-1], last.having(blocks=[*blocks, *ways])]


async def note(bot: Bot, job: Asked, how: str, member: str = "") -> None:
    """On record: how it ended."""
    await bot.record.note(job.asker, *job.described, how, job.ref, member)


async def note_of_ours(bot: Bot, job: Job, what: str, about: str, how: str, member: str = "") -> None:
    """On record: what the bot did of itself."""
    await bot.record.note(Asker(user=bot.installation.bot_user), what, about, how, job.ref, member)


def outcome(error: Exception) -> str:
    """`refused: Outsider`, `failed: Unavailable`."""
    return f"{'refused' if isinstance(error, Refused) else 'failed'}: {type(error).__name__}"


def say(asker: Asker, sentence: str) -> Tell:
    """A job that says one sentence to one person."""
    return tell(asker, {"text": sentence, "blocks": []})


def meanwhile(asker: Asker, sentence: str) -> Tell:
    """The same while what they asked for goes on: what they are told in the end takes its place."""
    return Tell(asker=asker, text=sentence, meanwhile=True)


def given_back(asker: Asker, why: str, typed: str, *, lasting: bool = False) -> list[Job]:
    """Jobs that say `why` (mrkdwn) nothing became of what somebody `typed`, and show it to them, all of it."""
    return [tell(asker, one, lasting=lasting) for one in handed_back(why, typed)]


def tell(asker: Asker, message: Msg, *, lasting: bool = False, meanwhile: bool = False) -> Tell:
    """A job that shows a message to one person; `meanwhile`, until they are told what came of it."""
    return Tell(asker=asker, text=message["text"], blocks=message["blocks"], lasting=lasting, meanwhile=meanwhile)
