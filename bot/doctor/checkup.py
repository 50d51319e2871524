"""What is well, what is not, and what to do about it: for `bot doctor` and `/inbox doctor`.

Every look is on its own: what one cannot see does not hide what the others find.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Set
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple, TypeVar

from bot.channels.store import Preferences
from bot.errors import (
    Forbidden,
    InboxError,
    NotWritable,
    RateLimited,
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackRefused,
    SlackRevoked,
    SlackUnknown,
    StoreUnavailable,
    Unauthorized,
    VersionEnded,
)
from bot.events.store import Feed
from bot.inbox.client import Inbox, is_pinned
from bot.inbox.spoken import end_of
from bot.manifest import FOR_REPLIES, SCOPES
from bot.models import AccountLink, Installation, Member
from bot.people import version_words
from bot.people.links import Links
from bot.queue.lanes import DeadLetter, Lanes
from bot.routing.store import Routes
from bot.settings import Settings
from bot.slack.client import Slack
from bot.store.health import UNKNOWN, Health
from bot.store.installation import Install
from bot.version import version

T = TypeVar("T")
Level = Literal["ok", "warning", "failed"]
OLDEST_REDIS: Final = (6, 2)
SLOW: Final = 0.05  # seconds for one answer of Redis
BEHIND: Final = 180.0  # seconds without a reading of the feed; the longest time between two is 60
CLOCKS: Final = 60.0  # seconds that this machine's clock may differ from Slack's
WAITING: Final = 60.0  # seconds that work which can be done lies there
LOOKED_UP: Final = 30  # members of whom Slack is asked, at about 50 a minute
LETTERS: Final = 5  # dead letters in full
_ADD_SCOPES: Final = (
    "Add them under OAuth & Permissions → Scopes (or paste `bot manifest`), then Reinstall to Workspace."
)
_NO_REDIS: Final = "Start it, or correct REDIS_URL."
_NO_WRITES: Final = "Let REDIS_URL name the primary, and see to its memory, its disk and its replicas."
CHANNEL_REMEDIES: Final = {
    "channel_not_found": "NOTIFY_CHANNEL names no channel that the bot can see: copy the channel's id (C…) from its "
    "details, and if it is private write `/invite @Inbox` in it.",
    "not_in_channel": "Write `/invite @Inbox` in that channel.",
    "is_archived": "Unarchive the channel in Slack, or set NOTIFY_CHANNEL to another one.",
}


class Finding(NamedTuple):
    """One line: what was looked at, how it is, what was seen, and what is to be done."""

    what: str
    level: Level
    seen: str
    remedy: str = ""


class Store(NamedTuple):
    """What a checkup reads of Redis."""

    health: Callable[[], Awaitable[Health]]
    lanes: Lanes
    feed: Feed
    links: Links
    install: Install
    preferences: Preferences
    routes: Routes


class Checkup:
    """Looks at everything the bot depends on, with the calls that the bot itself makes."""

    def __init__(
        self, settings: Settings, slack: Slack, inbox: Callable[[], Awaitable[Inbox]], store: Store | None
    ) -> None:
        """`inbox` opens the client, which may fail; without `store`, nothing is said of what is in Redis."""
        self._settings, self._slack, self._open_inbox, self._store = settings, slack, inbox, store

    async def findings(self) -> list[Finding]:
        """All of them, in the order in which things depend on each other."""
        return [one async for one in self._all()]

    async def _all(self) -> AsyncIterator[Finding]:
        installation: Installation | None = None
        yield Finding("version", "ok", version())
        if self._store:
            async for one in self._redis(self._store):
                yield one
        try:
            installation = await self._slack.installation()
        except (SlackRefused, SlackRevoked) as error:
            yield Finding("Slack", "failed", str(error), _bot_token(error.code))
        except SlackError as error:
            yield Finding("Slack", "failed", str(error), _slack_remedy(error))
        if installation:
            async for one in self._workspace(installation):
                yield one
        try:
            inbox = await self._open_inbox()
            async for one in self._inbox(inbox, installation is not None):
                yield one
        except InboxError as error:
            yield Finding("Inbox", "failed", str(error), _inbox_remedy(error, self._settings))
        except StoreUnavailable as error:
            yield Finding("Redis", "failed", str(error), _NO_REDIS)

    # -- Redis

    async def _redis(self, store: Store) -> AsyncIterator[Finding]:
        try:
            found = await store.health()
            yield _server(found)
            if found.eviction not in ("noeviction", UNKNOWN):
                how = "Set `maxmemory-policy noeviction`: Redis may throw away accepted work when it is full."
                yield Finding("eviction", "failed", f"maxmemory-policy is {found.eviction}", how)
            if found.appendonly is False:
                how = "Set `appendonly yes`: when Redis stops, what was accepted since its last save is lost."
                yield Finding("persistence", "warning", "no append-only file", how)
            if UNKNOWN in (found.version, found.eviction):
                how = "See there yourself that the version is 6.2 or newer, with `appendonly yes` and `noeviction`."
                yield Finding("Redis's settings", "warning", "its user may not use INFO, so they are unknown", how)
            yield await self._queue(store)
            yield await self._letters(store)
        except NotWritable as error:
            yield Finding("Redis", "failed", f"it takes no writes ({error})", _NO_WRITES)
        except StoreUnavailable as error:
            yield Finding("Redis", "failed", str(error), _NO_REDIS)

    async def _queue(self, store: Store) -> Finding:
        depth, oldest = await store.lanes.depth(), await store.lanes.oldest()
        seen = f"{depth['people']} of people, {depth['background']} in the background, {depth['delayed']} waiting"
        if oldest > WAITING:
            how = "Start a worker: `python -m bot worker`, or `python -m bot serve` without `--no-worker`."
            return Finding("queue", "failed", f"{seen}; the oldest for {oldest:.0f} s", how)
        return Finding("queue", "ok", seen)

    async def _letters(self, store: Store) -> Finding:
        letters = await store.lanes.dead_letters()
        if not letters:
            return Finding("dead letters", "ok", "none")
        shown = "".join(f"\n    {_letter(one)}" for one in letters[:LETTERS])
        how = "Remove the cause, then `python -m bot retry ID` tries one again."
        return Finding("dead letters", "failed", f"{len(letters)}{shown}", how)

    # -- Slack

    async def _workspace(self, installation: Installation) -> AsyncIterator[Finding]:
        known = await self._known(lambda store: store.install.workspace())
        if known and known.team != installation.team:
            how = "Give each workspace a Redis of its own: change REDIS_URL, or SLACK_BOT_TOKEN."
            yield Finding("Slack", "failed", f"Redis holds the data of {known.name}, not of {installation.name}", how)
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
        except SlackError as error:
            yield Finding("Slack", "warning", f"{error}; the rest was not looked at", "Try again in a minute.")

    def _scopes(self, granted: Set[str]) -> Finding:
        missing = [scope for scope in SCOPES if scope not in granted]
        if missing:
            return Finding("scopes", "failed", f"missing: {', '.join(missing)}", _ADD_SCOPES)
        return Finding("scopes", "ok", ", ".join(sorted(granted)))

    async def _replies(self, granted: Set[str]) -> list[Finding]:
        """What only some channels need, and only if they were given it from Slack."""
        choices = await self._known(lambda store: store.preferences.channels()) or {}
        wanting = [channel for channel, one in choices.items() if one.replies]
        missing = sorted(FOR_REPLIES - granted)
        if not (wanting and missing):
            return []
        seen = f"on in {', '.join(wanting)}, where nothing is sent without {', '.join(missing)}"
        return [Finding("replies", "warning", seen, f"{_ADD_SCOPES} Or say `/inbox replies off` there.")]

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
            how = CHANNEL_REMEDIES.get(error.code, "Correct NOTIFY_CHANNEL, and invite the bot to that channel.")
            return Finding("channel", "failed", f"{channel}: {error.code}", how)
        return Finding("channel", "ok", channel)

    async def _routed(self, installation: Installation) -> list[Finding]:
        """The channels of rules that take no posts."""
        found = []
        rules = await self._known(lambda store: store.routes.rules()) or []
        for channel in dict.fromkeys(rule.channel for rule in rules):
            try:
                await self._slack.try_channel(channel, installation.bot_user)
            except (SlackRefused, SlackUnknown) as error:
                how = "Write `/invite @Inbox` in that channel, or give its conversations another: `/inbox route list`."
                found.append(Finding("route", "failed", f"{channel}: {error.code}", how))
        return found

    async def _admins(self) -> list[Finding]:
        unknown = []
        for user in self._settings.bot_admins:
            try:
                await self._slack.profile(user)
            except SlackRefused:
                unknown.append(user)
        how = "Correct BOT_ADMINS: Slack user ids (U…), from a person's profile → ⋮ → Copy member ID."
        return [Finding("admins", "warning", f"nobody is {', '.join(unknown)}", how)] if unknown else []

    # -- Inbox

    async def _inbox(self, inbox: Inbox, with_slack: bool) -> AsyncIterator[Finding]:
        team = await inbox.team()
        yield Finding("Inbox", "ok", f"API {inbox.version}, team {team.name}")
        if ends := end_of(inbox.version, inbox.sunset):
            yield self._ends(inbox.version, ends)
        for one in self._accounts(await inbox.account_links()):
            yield one
        if with_slack:
            yield await self._members(await inbox.members())
        if self._store:
            yield await self._webhook(self._store)
            yield await self._cursor(self._store, inbox)

    def _ends(self, version: str, ends: datetime) -> Finding:
        days = (ends - datetime.now(UTC)).days
        pinned = is_pinned(self._settings.inbox_api_base_url, self._settings.inbox_api_version)
        level: Level = "warning" if days >= 0 else "failed"
        seen = f"{version} ends on {version_words.day(ends)}, in {days} days"
        return Finding("API version", level, seen, version_words.remedy(pinned=pinned))

    def _accounts(self, links: list[AccountLink]) -> list[Finding]:
        if not links:
            return [Finding("accounts", "failed", "none", "Connect one in Inbox → Settings → Accounts.")]
        several = len(links) > 1  # then one may be INBOX_ACCOUNT_LINK_ID
        seen = ", ".join(f"{link.label} ({link.id})" if several else link.label for link in links)
        found = [Finding("accounts", "ok", seen)]
        offline = [link.label for link in links if link.status != "active"]
        if offline:
            how = f"In Inbox → Settings → Accounts, reconnect {', '.join(offline)}."
            found = [Finding("accounts", "failed", f"signed out: {', '.join(offline)}", how)]
        chosen = self._settings.inbox_account_link_id
        if chosen and chosen not in {link.id for link in links}:
            known = ", ".join(f"{link.id} ({link.label})" for link in links)
            how = f"Set INBOX_ACCOUNT_LINK_ID to one of {known}, or leave it unset."
            found.append(Finding("default account", "failed", f"{chosen} is no account of this team", how))
        return found

    async def _members(self, members: list[Member]) -> Finding:
        linked = await self._known(lambda store: store.links.linked_members()) or set()
        asked = [member for member in members if member.id not in linked]
        limit = asyncio.Semaphore(4)

        async def unmatched(member: Member) -> bool:
            async with limit:
                return await self._slack.user_with(member.email) is None

        try:
            lost = await asyncio.gather(*(unmatched(member) for member in asked[:LOOKED_UP]))
        except SlackError as error:
            told = isinstance(error, ScopeMissing)  # by the line on scopes
            seen, how = f"{len(members)}, not compared: {error}", "Try again in a minute."
            return Finding("members", "ok", seen) if told else Finding("members", "warning", seen, how)
        names = [member.label for member, gone in zip(asked, lost, strict=False) if gone]
        if names:
            how = "For each, an admin writes `/inbox link @user name@company.com`; without it they cannot act in Slack."
            seen = f"{len(members) - len(names)} of {len(members)} matched; not in Slack by e-mail: {', '.join(names)}"
            return Finding("members", "warning", seen, how)
        return Finding("members", "ok", f"{len(members)}, all matched")

    async def _webhook(self, store: Store) -> Finding:
        if self._settings.inbox_webhook_secret is None:
            return Finding("webhook", "ok", "none: the event feed is read")
        _, since = await store.feed.quiet_for()
        if since == float("inf"):
            how = (
                "In Inbox → Settings → Webhooks, point one at https://YOUR-HOST/inbox/webhook and put its secret into "
                "INBOX_WEBHOOK_SECRET; the bot's log says not_signed when they differ."
            )
            return Finding("webhook", "warning", "a secret is set, but no webhook ever came", how)
        return Finding("webhook", "ok", f"last seen {_ago(since)}")

    async def _cursor(self, store: Store, inbox: Inbox) -> Finding:
        read_at, cursor = await store.feed.read_at(), await store.feed.cursor()
        if read_at is None:
            return Finding("events", "warning", "never read", "Start the bot: `python -m bot serve`.")
        since = (datetime.now(UTC) - read_at).total_seconds()
        page = await inbox.events(cursor)
        behind = f"{len(page.events)}{'+' if page.has_more else ''} behind, read {_ago(since)}"
        if since > BEHIND:
            how = "Start a worker: nobody reads Inbox's events. They are kept for seven days."
            return Finding("events", "failed", behind, how)
        return Finding("events", "ok", behind)

    async def _known(self, read: Callable[[Store], Awaitable[T]]) -> T | None:
        """What Redis knows; None when it does not answer, which a line of its own says."""
        try:
            return await read(self._store) if self._store else None
        except StoreUnavailable:
            return None


def _server(found: Health) -> Finding:
    kept = {True: "append-only file, ", False: "no append-only file, ", None: ""}[found.appendonly]
    eviction = "" if found.eviction == UNKNOWN else f"{found.eviction}, "
    seen = f"version {found.version}, {kept}{eviction}{found.latency * 1000:.1f} ms"
    numbers = tuple(int(part) for part in found.version.split(".")[:2] if part.isdigit())
    if numbers and numbers < OLDEST_REDIS:
        return Finding("Redis", "failed", seen, "Use Redis 6.2 or newer, or Valkey.")
    if found.latency > SLOW:
        return Finding("Redis", "warning", seen, "Put Redis nearer to the bot: every click waits for it.")
    return Finding("Redis", "ok", seen)


def clock(theirs: datetime, ours: datetime) -> Finding:
    """This machine's clock beside Slack's: signatures are good for five minutes."""
    ahead = round((ours - theirs).total_seconds())
    if abs(ahead) <= CLOCKS:
        return Finding("clock", "ok", f"within {CLOCKS:.0f} s of Slack's")
    seen = f"{abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} Slack's"
    how = "Set this machine's clock (`timedatectl set-ntp true`): beyond 300 s, what Slack and Inbox sign is refused."
    return Finding("clock", "warning", seen, how)


def _slack_remedy(error: SlackError) -> str:
    if isinstance(error, SlackBusy):
        return f"Wait {error.retry_after:.0f} s, and ask again."
    return "Check the network, SLACK_API_BASE_URL, and https://slack-status.com."


def _bot_token(code: str) -> str:
    if code == "not_allowed_token_type":
        return "SLACK_BOT_TOKEN must be the bot token (xoxb-…) from OAuth & Permissions, not the app's or a user's."
    return "Copy SLACK_BOT_TOKEN (xoxb-…) anew from your Slack app's OAuth & Permissions page."


def _inbox_remedy(error: InboxError, settings: Settings) -> str:
    if isinstance(error, Unauthorized):
        return "Make a new INBOX_API_TOKEN in Inbox → Settings → API."
    if isinstance(error, Forbidden):
        return "Inbox has locked this team or plan: look at Inbox → Settings → Billing."
    if isinstance(error, RateLimited):
        return f"Wait {error.retry_after:.0f} s. The team's quota is used up: which of its tools spends it?"
    if isinstance(error, VersionEnded) and is_pinned(settings.inbox_api_base_url, settings.inbox_api_version):
        return version_words.SET_AUTO
    if error.status >= 500:
        return "That is trouble on Inbox's side: the bot goes on by itself when it is over."
    if error.answered and settings.inbox_api_version != "auto":
        return f"INBOX_API_VERSION is {settings.inbox_api_version}: set it to auto, and check INBOX_API_BASE_URL."
    return "Check the network, and INBOX_API_BASE_URL."


def _letter(letter: DeadLetter) -> str:
    kind = f"{letter.job.kind} {letter.job.ref}" if letter.job else "unreadable"
    return f"{letter.id}  {kind}  {letter.reason}"


def _ago(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
