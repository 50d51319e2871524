"""`/inbox reply-assigns` and `/inbox assignments`: what a channel and a person choose about assignment."""

from __future__ import annotations

from bot.answers import Answers, say
from bot.gate import Gate
from bot.jobs import Console, Job, TellAdmins
from bot.store.preferences import Preferences
from bot.views import words


class Choosing:
    """Raises `Refused` for people who may not choose that."""

    def __init__(self, gate: Gate, preferences: Preferences, answers: Answers) -> None:
        self._gate, self._preferences, self._answers = gate, preferences, answers

    async def choose(self, job: Console, what: str, how: str) -> list[Job]:
        """`what` is `reply-assigns` (an admin, for the channel) or `assignments` (anyone, for themselves)."""
        if what == "assignments":
            return await self._assignments(job, on=how == "on")
        return await self._reply_assigns(job, how)

    async def _assignments(self, job: Console, *, on: bool) -> list[Job]:
        user = (await self._gate.insider(job.asker)).id
        mine = await self._preferences.person(user)
        await self._preferences.save_person(user, mine.model_copy(update={"told_of_assignment": on}))
        return [say(job.asker, words.told_of_assignment(on=on))]

    async def _reply_assigns(self, job: Console, how: str) -> list[Job]:
        await self._gate.admin(job.asker)
        channel = job.asker.channel or ""
        if not channel.startswith(("C", "G")):
            return [say(job.asker, words.REPLY_ASSIGNS_USAGE)]
        on = how == "on"
        chosen = await self._preferences.channel(channel)
        await self._preferences.save_channel(channel, chosen.model_copy(update={"reply_assigns": on}))
        await self._answers.note(job, "done")
        said = words.reply_assigns(channel, on=on)
        return [say(job.asker, said), TellAdmins(text=words.announced(job.asker.user, said), but=job.asker.user)]
