"""What admins are told without asking: once, with the remedy, and that it is over; and again when it comes back.

Each process watches what Slack and Inbox answer to it. Redis knows what was told, so that admins hear it from one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from bot.errors import Posting, SlackDown, SlackError, SlackRevoked, SlackUnknown, StoreUnavailable
from bot.people import notice_words as words
from bot.people.jobs import TellAdmins
from bot.people.rights import Rights
from bot.queue.job import utc_now
from bot.queue.lanes import Lanes
from bot.slack.codes import RESTRICTED
from bot.store.installation import InstallState

log = structlog.get_logger(__name__)

REFUSES: Final = "inbox-refuses-us"
INBOX_AWAY: Final = "inbox-away"
SLACK_AWAY: Final = "slack-away"
AFTER: Final = 120.0  # seconds without an answer after which admins are told
FEWEST: Final = 3  # calls that fail in that time: one that nobody repeated tells nothing
RENEWED: Final = 60.0  # seconds between two notes that Slack refuses the token; each holds for five minutes

_UNDECIDED: Final[dict[Posting, set[str]]] = {
    "post": {"restricted_action_non_threadable_channel"},
    "reply": {
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "posting_to_general_channel_denied",
    },
    "change": set(),
}
"""Refusals of which that says nothing: some channels take posts and no replies, or replies alone."""


@dataclass
class Absence:
    """How long a neighbour has been away, as this process sees it, and whether that was told; None: not known yet."""

    after: float
    since: float = 0.0
    calls: int = 0
    told: bool | None = None
    began: str = ""

    def is_to_be_told(self) -> bool:
        """One more call failed: whether that is long enough now."""
        if not self.calls:
            self.since, self.began = time.monotonic(), f"{utc_now():%H:%M} UTC"
        self.calls += 1
        return not self.told and self.calls >= FEWEST and time.monotonic() - self.since >= self.after

    def over(self) -> None:
        self.calls, self.told = 0, False


class Notices:
    """`after` is how many seconds Slack or Inbox may be away before admins hear of it."""

    def __init__(self, lanes: Lanes, rights: Rights, install: InstallState, after: float = AFTER) -> None:
        self._lanes, self._rights, self._install = lanes, rights, install
        self._inbox, self._slack = Absence(after), Absence(after)
        self._inbox_refuses: bool | None = None  # None before Inbox has answered
        self._slack_refuses: bool | None = None
        self._noted = 0.0  # when it was last noted that Slack refuses the token
        self._channels: dict[tuple[str, Posting], bool] = {}  # whether they refuse it, as far as this process knows
        self._unknown: set[str] = set()  # Slack's codes that nobody knows

    async def inbox_answered(self, _: Mapping[str, str], status: int) -> None:
        """Look at the status of each answer; 0 stands for none. Raises `StoreUnavailable`."""
        if status == 0 or status >= 500 or status == 408:
            if self._inbox.is_to_be_told():
                await self._tell(INBOX_AWAY, words.inbox_away(self._inbox.began))
                self._inbox.told = True
            return
        if self._inbox.told is not False:
            await self._over(words.INBOX_IS_BACK, INBOX_AWAY)
        self._inbox.over()
        if status == 401 and not self._inbox_refuses:
            await self._tell(REFUSES, words.INBOX_REFUSES)
            self._inbox_refuses = True
        elif 200 <= status < 300 and self._inbox_refuses is not False:
            await self._over(words.INBOX_TAKES_US, REFUSES)
            self._inbox_refuses = False

    async def slack_answered(self, error: SlackError | None) -> None:
        """Look at the outcome of each call with the bot's token. Raises nothing: a call's outcome must not be lost."""
        try:
            if isinstance(error, SlackRevoked):
                await self._slack_refuses_us(error)
            elif self._slack_refuses is not False and not isinstance(error, SlackDown):
                await self._install.accepted()
                self._slack_refuses = False
            if isinstance(error, SlackUnknown) and error.code not in self._unknown:
                log.error("unknown_slack_code", code=error.code)
                await self._tell(f"slack-code:{error.code}", words.unknown_slack_code(error.code))
                self._unknown.add(error.code)
            await self._slack_is_there(isinstance(error, (SlackDown, SlackRevoked)))
        except StoreUnavailable as unavailable:
            log.warning("store_unavailable", error=str(unavailable))

    async def _slack_is_there(self, away: bool) -> None:
        """What is told of Slack's absence waits for its end, as all that is said there."""
        if away:
            if self._slack.is_to_be_told():
                log.error("slack_away", since=self._slack.began)
                await self._tell(SLACK_AWAY, words.slack_was_away(self._slack.began))
                self._slack.told = True
            return
        if self._slack.told is not False:
            await self._rights.well(SLACK_AWAY)
        self._slack.over()

    async def _slack_refuses_us(self, error: SlackRevoked) -> None:
        if not self._slack_refuses:
            remedy = "put the app's bot token into SLACK_BOT_TOKEN, or install the app again, and restart"
            log.error("slack_refuses_the_token", code=error.code, remedy=remedy)
        if not self._slack_refuses or time.monotonic() - self._noted > RENEWED:
            self._slack_refuses, self._noted = True, time.monotonic()
            await self._install.refuse(error.code)

    async def channel_refuses(self, channel: str, code: str, *, change: bool) -> None:
        """Told once for each remedy; that it lets nothing be changed goes without saying where it takes no posts.

        Raises `StoreUnavailable`.
        """
        refused: tuple[Posting, ...] = ("change",) if change else ("post", "reply")
        if not any(self._channels.get((channel, one)) for one in refused):
            log.warning("channel_refuses", channel=channel, code=code, change=change)
        self._channels |= {(channel, one): True for one in refused}
        if not change:
            await self._rights.well(*_names(channel, "change"))
        elif await self._rights.told(*_names(channel, "post"), *_names(channel, "reply")):
            return
        await self._tell(_name(channel, code, change=change), words.lost_channel(channel, code, change=change))

    async def channel_takes(self, channel: str, took: Posting, *, doubtful: bool) -> None:
        """`doubtful` when another process may know that the channel refused it. Raises `StoreUnavailable`."""
        if doubtful or self._channels.get((channel, took)) is not False:
            await self._over(words.channel_is_back(channel, change=took == "change"), *_names(channel, took))
            self._channels[channel, took] = False

    async def _tell(self, name: str, text: str) -> None:
        await self._lanes.accept(TellAdmins(name=name, text=text))

    async def _over(self, text: str, *names: str) -> None:
        """Say so, where admins were told that it had begun."""
        if await self._rights.well(*names):
            await self._lanes.accept(TellAdmins(text=text))


def _name(channel: str, code: str, *, change: bool) -> str:
    about = f"{'changes' if change else 'channel'}:{channel}"
    if code.startswith(RESTRICTED) and code not in words.REMEDIES:
        code = RESTRICTED
    return f"{about}:{code}" if code in words.REMEDIES else about


def _names(channel: str, took: Posting) -> list[str]:
    """All under which it may have been told what is over, as the channel took that."""
    codes = [one for one in ("", *words.REMEDIES) if one not in _UNDECIDED[took]]
    return [_name(channel, one, change=took == "change") for one in codes]
