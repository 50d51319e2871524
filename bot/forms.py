"""Modals that are opened at once and filled by a worker: who may see one, and what stands there when nobody may."""

from __future__ import annotations

from bot.answers import Answers
from bot.errors import InboxError, NotThere, Refused
from bot.gate import Actor, Gate
from bot.jobs import Asker, OpenAssign, OpenReply
from bot.slack import Slack
from bot.views import View, notice_modal


class Forms:
    """Raises `SlackAway`; what Inbox refuses is said in the view."""

    def __init__(self, gate: Gate, slack: Slack, answers: Answers) -> None:
        self._gate, self._slack, self._answers = gate, slack, answers

    async def actor(self, job: OpenReply | OpenAssign, title: str) -> Actor | None:
        """Who asks for the form; None when they may not have it, which the view then says."""
        try:
            return await self._gate.actor(job.asker)
        except (Refused, InboxError) as error:
            await self._answers.refused(job.asker, error, job.ref)
            await self.notice(job, title, self._answers.explain(error, job.asker, job.ref))
            return None

    async def notice(self, job: OpenReply | OpenAssign, title: str, sentence: str) -> None:
        """Say `sentence` (mrkdwn) instead of the form."""
        await self.fill(job.view_id, notice_modal(title, sentence))

    async def fill(self, view_id: str, view: View) -> bool:
        """Show `view` in place of what is there; False when the person has closed it."""
        try:
            await self._slack.update_view(view_id, view)
        except NotThere:
            return False
        return True


def remembered(about: str, asker: Asker) -> str:
    """What a modal remembers: what it is about, and where its result is told."""
    return f"{about}|{asker.channel or ''}|{asker.thread_ts or ''}"
