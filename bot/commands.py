"""`/inbox`: finds the feature whose word was typed, and makes the help of all words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from bot import accept, words
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature, Word
from bot.people.answers import say
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, asker


def commands(features: Feature) -> Feature:
    """What listens to `/inbox` and answers it, for the words of these features."""
    feature = Feature()

    @feature.command("/inbox")
    async def inbox_command(ack: Ack, body: Body, bot: Bot) -> None:
        """Help is answered at once, a form opened at once, everything else done by a worker."""
        word, _ = split(str(body.get("text") or ""))
        if word in ("", "help"):
            await ack(text=help_of(features.words.values()))
        elif opener := features.openers.get(word):
            await opener(ack, body, bot)
        else:
            who = asker(body)
            await accept.asked(bot, who, Console(words=str(body.get("text") or "").strip(), asker=who))
            await ack()

    @feature.handles(Console)
    async def run(job: Console, _: Keep, bot: Bot) -> list[Job]:
        """What was typed and cannot be understood is answered with the sentence that says how to type it."""
        name, typed = split(job.words)
        word = features.words.get(name)
        if word is None or word.run is None:
            return [say(job.asker, unknown(name, features.words))]
        try:
            return list(await word.run(job, typed, bot))
        except Mistake as mistake:
            return [say(job.asker, str(mistake))]

    return feature


def split(asked: str) -> tuple[str, str]:
    """The word in lower case, and what stands behind it."""
    word, _, typed = asked.strip().partition(" ")
    return word.lower(), typed.strip()


def unknown(name: str, known: Iterable[str]) -> str:
    """What somebody reads who typed a word that there is not."""
    return words.unknown_word(name, next(iter(get_close_matches(name, known, 1, 0.7)), ""))


def help_of(known: Iterable[Word]) -> str:
    """Every word once, those for admins apart."""
    lines = {one.name: one for one in known}.values()
    return words.inbox_help(
        [(one.name, one.help) for one in lines if not one.admins], [(one.name, one.help) for one in lines if one.admins]
    )
