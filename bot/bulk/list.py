"""`/inbox list`: open conversations by the conditions of rules, with a box at each."""

from __future__ import annotations

from typing import Final

from bot.bulk import words
from bot.bulk.wanted import find, understood
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Console, Feature
from bot.lists import words as words_find
from bot.lists.find import begin, waiting_first
from bot.people.answers import say
from bot.queue.job import Job

SHOWN: Final = 200  # conversations
HELP: Final = "open conversations, to do one thing with many: `list waiting tag:vip`, with the conditions of `route`"
feature = Feature()


@feature.word("list", help=HELP)
async def listed(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Those that wait longest come first."""
    await bot.access.actor(job.asker)
    try:
        wanted = await understood(bot, typed)
        found = await find(bot, wanted)
    except InboxError as error:
        return [say(job.asker, words_find.not_listed(error, job.ref))]
    notes = [one for one in (wanted.note, words_find.looked_at(found.looked) if found.looked else "") if one]
    if not found.threads:
        return [say(job.asker, "\n".join([words.empty(wanted.said), *notes]))]
    threads = waiting_first(found.threads)
    notes += [words_find.first_of(SHOWN)] if len(threads) > SHOWN else []
    heading = words.title(wanted.said, len(threads))
    return [await begin(bot, job, heading, tuple(threads[:SHOWN]), notes, boxes=True)]
