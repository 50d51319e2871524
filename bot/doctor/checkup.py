"""What is well, what is not, and what to do about it: for `bot doctor` and `/inbox doctor`.

Every look is on its own: what one cannot see does not hide what the others find.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Set
from datetime import UTC, datetime
from typing import Final

from bot.doctor import posts
from bot.doctor.finding import CHANNEL, Finding, bot_token, inbox_remedy, slack_remedy, weightiest_first
from bot.doctor.inbox import of_inbox
from bot.doctor.storage import NO_REDIS, Store, known, of_redis
from bot.errors import InboxError, SlackError, SlackRefused, SlackRevoked, SlackUnknown, StoreUnavailable
from bot.inbox.client import Inbox
from bot.manifest import FOR_REPLIES, SCOPES
from bot.settings import Settings
from bot.slack.client import Slack
from bot.slack.names import Names
from bot.slack.workspace import Installation
from bot.version import version

CLOCKS: Final = 60.0  # seconds that this machine's clock may differ from Slack's
_ADD_SCOPES: Final = (
    "Add them under OAuth & Permissions → Scopes (or paste `bot manifest`), then Reinstall to Workspace."
)


class Checkup:
    """Looks at everything the bot depends on, with the calls that the bot itself makes."""

    def __init__(
        self, settings: Settings, slack: Slack, inbox: Callable[[], Awaitable[Inbox]], store: Store | None
    ) -> None:
        """`inbox` opens the client, which may fail; without `store`, nothing is said of what is in Redis."""
        self._settings, self._slack, self._open_inbox, self._store = settings, slack, inbox, store
        self._names = Names(slack)

    async def findings(self) -> list[Finding]:
        """All of them: what failed first, then the warnings."""
        return weightiest_first([one async for one in self._all()])

    async def _all(self) -> AsyncIterator[Finding]:
        installation: Installation | None = None
        yield Finding("version", "ok", version())
        if self._store:
            async for one in of_redis(self._store):
                yield one
        try:
            installation = await self._slack.installation()
        except (SlackRefused, SlackRevoked) as error:
            yield Finding("Slack", "failed", str(error), bot_token(error.code))
        except SlackError as error:
            yield Finding("Slack", "failed", str(error), slack_remedy(error))
        if installation:
            async for one in self._workspace(installation):
                yield one
        try:
            inbox = await self._open_inbox()
            async for one in of_inbox(inbox, self._settings, self._store, self._slack if installation else None):
                yield one
        except InboxError as error:
            yield Finding("Inbox", "failed", str(error), inbox_remedy(error, self._settings))
        except StoreUnavailable as error:
            yield Finding("Redis", "failed", str(error), NO_REDIS)

    async def _workspace(self, installation: Installation) -> AsyncIterator[Finding]:
        before = await known(self._store, lambda store: store.install.workspace())
        if before and before.team != installation.team:
            how = "Give each workspace a Redis of its own: change REDIS_URL, or SLACK_BOT_TOKEN."
            yield Finding("Slack", "failed", f"Redis holds the data of {before.name}, not of {installation.name}", how)
        else:
            yield Finding("Slack", "ok", f"workspace {installation.name}")
        try:
            granted = await self._slack.scopes()
            yield self._scopes(granted)
            for one in await self._replies(granted):
                yield one
            if (theirs := await self._slack.clock()) is not None:
                yield clock(theirs, datetime.now(UTC))
            yield await self._transport()
            yield await self._channel(installation)
            for one in await self._routed(installation):
                yield one
            for one in await self._admins():
                yield one
            yield await posts.card(self._slack)
            for one in await self._others():
                yield one
        except SlackError as error:
            yield Finding("Slack", "warning", f"{error}; the rest was not looked at", "Try again in a minute.")

    def _scopes(self, granted: Set[str]) -> Finding:
        missing = [scope for scope in SCOPES if scope not in granted]
        if missing:
            return Finding("scopes", "failed", f"missing: {', '.join(missing)}", _ADD_SCOPES)
        return Finding("scopes", "ok", ", ".join(sorted(granted)))

    async def _replies(self, granted: Set[str]) -> list[Finding]:
        """What only some channels need, and only if they were given it from Slack."""
        choices = await known(self._store, lambda store: store.preferences.channels()) or {}
        wanting = [channel for channel, one in choices.items() if one.replies]
        missing = sorted(FOR_REPLIES - granted)
        if not (wanting and missing):
            return []
        named = [await self._names.channel(one) for one in wanting]
        seen = f"on in {', '.join(named)}, where nothing is sent without {', '.join(missing)}"
        return [Finding("replies", "warning", seen, f"{_ADD_SCOPES} Or type `/inbox replies off` there.")]

    async def _transport(self) -> Finding:
        token = self._settings.slack_app_token
        if token is None:
            return Finding("transport", "ok", "HTTP: Slack must reach /slack/events of this bot")
        try:
            await self._slack.open_socket(token.get_secret_value())
        except (SlackRefused, SlackRevoked, SlackUnknown) as error:
            how = (
                "Copy SLACK_APP_TOKEN (xapp-…, with connections:write) from Basic Information → App-Level Tokens, and "
                "turn on Socket Mode."
            )
            return Finding("transport", "failed", f"Socket Mode: {error}", how)
        return Finding("transport", "ok", "Socket Mode")

    async def _channel(self, installation: Installation) -> Finding:
        channel = self._settings.notify_channel
        if channel is None:
            how = (
                "Put a channel's id into NOTIFY_CHANNEL (channel details, at the very bottom); without it, only "
                "conversations that a rule takes (`/inbox route list`) have cards."
            )
            return Finding("channel", "warning", "none is set", how)
        try:
            await self._slack.try_channel(channel, installation.bot_user)
        except (SlackRefused, SlackUnknown) as error:
            how = CHANNEL.get(error.code, "Correct NOTIFY_CHANNEL, and invite the bot to that channel.")
            return Finding("channel", "failed", f"{await self._names.channel(channel)}: {error.code}", how)
        return Finding("channel", "ok", await self._names.channel(channel))

    async def _routed(self, installation: Installation) -> list[Finding]:
        """The channels of rules that take no posts."""
        found = []
        rules = await known(self._store, lambda store: store.routes.rules()) or []
        for channel in dict.fromkeys(rule.channel for rule in rules if rule.channel):
            try:
                await self._slack.try_channel(channel, installation.bot_user)
            except (SlackRefused, SlackUnknown) as error:
                how = "Write `/invite @Inbox` in that channel, or give its conversations another: `/inbox route list`."
                seen = f"{await self._names.channel(channel)}: {error.code}"
                found.append(Finding("route", "failed", seen, how))
        return found

    async def _others(self) -> list[Finding]:
        """Who posts besides us, and whether anybody has used the bot yet."""
        channel, store = self._settings.notify_channel, self._store
        if store is None:
            return []
        try:
            foreign = (
                await posts.second_bot(self._slack, store, channel, await self._names.channel(channel))
                if channel
                else []
            )
            return [*foreign, *await posts.first_use(store)]
        except StoreUnavailable:
            return []  # which a line of its own says

    async def _admins(self) -> list[Finding]:
        unknown = []
        for user in self._settings.bot_admins:
            try:
                await self._slack.profile(user)
            except SlackRefused:
                unknown.append(user)
        how = "Correct BOT_ADMINS: Slack user ids (U…), from a person's profile → ⋮ → Copy member ID."
        return [Finding("admins", "warning", f"nobody is {', '.join(unknown)}", how)] if unknown else []


def clock(theirs: datetime, ours: datetime) -> Finding:
    """This machine's clock beside Slack's: signatures are good for five minutes."""
    ahead = round((ours - theirs).total_seconds())
    if abs(ahead) <= CLOCKS:
        return Finding("clock", "ok", f"within {CLOCKS:.0f} s of Slack's")
    seen = f"{abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} Slack's"
    how = "Set this machine's clock (`timedatectl set-ntp true`): beyond 300 s, what Slack and Inbox sign is refused."
    return Finding("clock", "warning", seen, how)
