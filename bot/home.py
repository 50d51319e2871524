"""App Home: what the bot does, for those who may use it, and for the others why they may not."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import InboxError, Refused
from bot.gate import Gate
from bot.jobs import Asker, Job, OpenHome
from bot.slack import Slack
from bot.views import closed_home, home

Explain = Callable[[Exception, Asker, str], str]


class Home:
    """`explain` turns a refusal into words."""

    def __init__(self, gate: Gate, slack: Slack, explain: Explain) -> None:
        self._gate, self._slack, self._explain = gate, slack, explain

    async def open(self, job: OpenHome, _: object) -> list[Job]:
        """Slack shows what was published last, so a refusal replaces what somebody saw while they still might."""
        try:
            await self._gate.actor(job.asker)
        except (Refused, InboxError) as error:
            view = closed_home(self._explain(error, job.asker, job.ref))
        else:
            view = home()
        await self._slack.publish_home(job.asker.user, view)
        return []
