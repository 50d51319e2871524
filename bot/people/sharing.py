"""May a channel show what people write to the team? Not where another organisation reads along, unless an admin agreed.

Slack is asked, and its answer holds for five minutes: a channel may become shared later. While Slack does not answer,
its last word holds; where it refuses to say, the channel counts as shared. As soon as its word has changed, all that
stands in the channel is drawn anew. Consent is for those who read there when it is given, and ends with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog

from bot.cards.jobs import Redraw
from bot.errors import ScopeMissing, SlackBusy, SlackDown, SlackError, SlackRevoked
from bot.people.jobs import TellAdmins
from bot.people.notice_words import consent_ended
from bot.people.rights import Rights, Sharing
from bot.queue.job import utc_now
from bot.queue.lanes import Lanes
from bot.slack.client import Slack
from bot.slack.workspace import Outside

log = structlog.get_logger(__name__)

NEVER_TOLD: Final = {"unknown_method", "http_404"}
FRESH: Final = 300.0  # seconds


class SharedChannels:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, slack: Slack, rights: Rights, lanes: Lanes, ours: frozenset[str]) -> None:
        """`ours` are the ids that Slack has for us."""
        self._ours = ours
        self._slack, self._rights, self._lanes = slack, rights, lanes
        self._warned = False

    async def shows(self, channel: str) -> bool:
        """Whether names and texts may stand in `channel`."""
        agreed, known = await self._rights.seen_outside(channel)
        if known and (utc_now() - known.at).total_seconds() < FRESH:
            return agreed or not known.shared
        return not await self._asked(channel, known) or await self._rights.consent(channel) is not None

    async def is_shared(self, channel: str) -> bool:
        """What Slack says now, of whom somebody consents to; what it does not tell counts as shared."""
        began = utc_now()
        try:
            return await self._said(channel, await self._slack.outside(channel, self._ours), began)
        except SlackError:
            await self._rights.unsaid(channel)
            return True

    async def is_known_as_shared(self, channel: str) -> bool:
        """Whether Slack has said so: then the admins hear of it by what is drawn anew."""
        known = await self._rights.sharings.get(channel)
        return known is not None and known.shared

    async def look(self, channel: str) -> None:
        """Ask Slack again, if it was ever asked about this channel, or somebody consented for it."""
        agreed, known = await self._rights.seen_outside(channel)
        if agreed or known:
            await self._asked(channel, known)

    async def is_news(self, channel: str) -> bool:
        """Whether nothing was drawn yet by what Slack says now."""
        known = await self._rights.sharings.get(channel)
        return known is not None and known.undrawn

    async def draws(self, channel: str, *, begun: bool = True) -> None:
        """What stands in the channel is being drawn by what Slack said last; or it is not, for whoever asks next."""
        if known := await self._rights.sharings.get(channel):
            drawn = {"undrawn": not begun}
            await self._rights.sharings.change(channel, lambda now: (now or known).having(**drawn))

    async def known(self) -> list[str]:
        """Every channel that Slack was asked about, as something was to stand in it, or somebody consented for."""
        return await self._rights.known_channels()

    async def _asked(self, channel: str, known: Sharing | None) -> bool:
        """What Slack says now; where that is new, all is to be drawn by it, which whoever asks next sees to as well.

        An answer that comes after that of a later question is none.
        """
        began = utc_now()
        try:
            said = await self._slack.outside(channel, self._ours)
        except SlackError as error:
            return self._unknown(known, error)
        return await self._said(channel, said, began)

    async def _said(self, channel: str, said: Outside, asked_at: datetime) -> bool:
        """What follows from it; what is not done when this process dies is done by whoever asks next."""
        noted = Sharing(shared=said.shared, at=asked_at, teams=said.teams)
        now = await self._rights.saw(channel, noted, self._ours)
        if now.undrawn:
            await self._lanes.accept(Redraw(channel=channel))
        if now.ended:
            await self._lanes.accept(TellAdmins(name=f"consent:{channel}:{now.ended}", text=consent_ended(channel)))
            await self._rights.sharings.change(channel, lambda kept: (kept or now).having(ended=None))
        return now.shared

    def _unknown(self, known: Sharing | None, error: SlackError) -> bool:
        """Slack did not say. Without the scope it never will: then only a channel known to be shared counts as such."""
        if isinstance(error, ScopeMissing) or error.code in NEVER_TOLD:
            if not self._warned:
                log.warning("sharing_unknown", remedy="add the scopes channels:read and groups:read, and reinstall")
                self._warned = True
            return known is not None and known.shared
        log.warning("sharing_not_told", error=str(error))
        if known is None and isinstance(error, (SlackBusy, SlackDown, SlackRevoked)):
            raise error  # it cannot be posted now either: both are tried again
        return known.shared if known else True
