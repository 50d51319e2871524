"""`/inbox`: finds the feature whose word was typed, and makes the help of all words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from bot import accept
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature, Run, Word
from bot.people.answers import say
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, asker
from bot.text import clean, clip, plain

AROUND: Final = "`'\"“”.,:;!?/"  # what people type or copy with a word
FIRST: Final = ("mine", "unassigned", "requests", "snoozed", "find", "snippets", "stats")  # what people ask for most
ON_A_CARD: Final = """\
*On a conversation's card*
• *Assign to me* and *Unassign* say who answers it; *Archive* and *Reopen* close and open it.
• *Reply* answers from the card. Its ⋯ menu has *Assign to…*, *Snooze…*, *Contact…*, *Earlier…* and *Open conversation*.
• Slack's own ⋮ menu of a card, and of any message in its thread, has *Reply in Inbox*, *Archive or reopen*, *Take or \
give back*, and *This message…* for what you can do with that very message.
• The ⋮ menu of any message has *Send as DM* and *Find in Inbox*. `/dm` sends a direct message; `/dm help` explains."""


def commands(features: Feature) -> Feature:
    """What listens to `/inbox` and answers it, for the words of these features."""
    feature = Feature()

    @feature.command("/inbox")
    async def inbox_command(ack: Ack, body: Body, bot: Bot) -> None:
        """Help is answered at once, a form opened at once, everything else done by a worker."""
        who, asked = asker(body), str(body.get("text") or "").strip()
        name, typed = split(asked)
        if name in ("", "help"):
            await ack(text=bot.help(await bot.access.is_known_admin(who)))
        elif (opener := features.openers.get(name)) and not (typed and features.words[name].alone):
            await opener(ack, body, bot)
        else:
            await accept.asked(bot, Console(words=asked, asker=who))
            await ack()

    @feature.handles(Console)
    async def run(job: Console, _: Keep, bot: Bot) -> list[Job]:
        """What was typed and cannot be understood is answered with the sentence that says how to type it."""
        name, typed = split(job.words)
        try:
            return list(await _run_of(name, typed, features.words)(job, typed, bot))
        except Mistake as mistake:
            return [say(job.asker, str(mistake))]

    return feature


def split(asked: str) -> tuple[str, str]:
    """The word in lower case and without signs around it, and what stands behind it."""
    word, *typed = asked.split(maxsplit=1)[:2] or [""]
    return word.strip(AROUND).lower(), "".join(typed).strip()


def _run_of(name: str, typed: str, known: Mapping[str, Word]) -> Run:
    """What answers the word. Raises `Mistake` for one that there is not, and for what may not stand behind it."""
    word = known.get(name)
    if word and word.alone and typed:
        raise Mistake(f"I don't understand *{plain(typed, 100)}*: nothing is typed after `/inbox {name}`.")
    if word is None or word.run is None:
        near = get_close_matches(name, [*known, "help"], 1, 0.62)
        meant = f" Did you mean `{near[0]}`?" if near else ""
        raise Mistake(f"I don't know `{clip(clean(name), 40).replace('`', '')}`.{meant} `/inbox help` lists all words.")
    return word.run


def _place(word: Word) -> int:
    return FIRST.index(word.name) if word.name in FIRST else len(FIRST)


def help_of(known: Iterable[Word], admin: bool) -> str:
    """Every word once with its line, and apart what admins alone may do, where an admin reads it."""
    every = sorted({one.name: one for one in known}.values(), key=_place)
    all_may = [(one.name, one.help) for one in every if not one.admins]
    admins_may = [(one.name, one.help if one.admins else one.for_admins) for one in every]
    parts = (("Commands", all_may), ("For admins", admins_may))
    said = (
        "\n".join([f"*{title}*", *(f"• `/inbox {name}`: {line}" for name, line in some if line)])
        for title, some in parts[: 2 if admin else 1]
    )
    return "\n\n".join([ON_A_CARD, *said])
