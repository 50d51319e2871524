"""What must be known before a bot can be built, and while it runs: Redis, the workspace, and Inbox's API version."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, NamedTuple, TypeVar, cast

import structlog
from redis.asyncio import Redis

from bot.context import Bot, Timing
from bot.errors import (
    InboxError,
    RateLimited,
    SettingsError,
    SlackDown,
    SlackError,
    SlackRefused,
    SlackRevoked,
    Unavailable,
    VersionEnded,
)
from bot.events.store import Feed
from bot.inbox.client import Http, Inbox, choose_version, is_pinned, open_inbox
from bot.inbox.either import Either
from bot.inbox.version import Shared, Spoken, end_of
from bot.metrics import ANSWERS
from bot.network import network_of
from bot.people.notices import Notices
from bot.people.rights import Rights
from bot.people.versions import Versions
from bot.queue.job import Kinds
from bot.queue.lanes import Lanes
from bot.queue.worker import cancelled
from bot.settings import Settings
from bot.slack.client import Slack
from bot.slack.session import slack_session
from bot.slack.workspace import Installation
from bot.store import embedded
from bot.store.connect import check, connect
from bot.store.embedded import Valkey
from bot.store.installation import InstallState
from bot.store.quota import Quota

log = structlog.get_logger(__name__)

T = TypeVar("T")
START_WITHIN: Final = 20.0  # seconds that Slack and Inbox have to answer at the first start


def process_name() -> str:
    """A name for this process among all that share the Redis."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@asynccontextmanager
async def opened_redis(settings: Settings, begun: Callable[[], Valkey] | None = None) -> AsyncIterator[Redis]:
    """The Redis of REDIS_URL or the embedded Valkey, which may have `begun`, once it answers.

    Raises `StoreUnavailable`, and `SettingsError` where that Valkey cannot be had.
    """
    valkey = begun or partial(embedded.start, settings.bot_data_dir, settings.bot_data_sync)
    own = valkey() if settings.redis_url is None else None
    redis = connect(own.url if own else settings.redis_url.get_secret_value(), name=process_name())  # type: ignore[union-attr]  # one of both
    try:
        log.info("redis", version=await check(redis), embedded=own is not None)
        yield redis
    finally:
        if own:
            await own.stop(redis)
        await redis.aclose()


@asynccontextmanager
async def opened_slack(settings: Settings) -> AsyncIterator[Slack]:
    """Slack with the bot's token, which nothing was asked yet."""
    network = network_of(settings)
    async with slack_session(network) as session:
        yield Slack(settings.slack_bot_token.get_secret_value(), settings.slack_api_base_url, session, network)


async def inbox_that_answers(settings: Settings, http: Http) -> Inbox:
    """Inbox by the version that answers now. Raises `InboxError`s."""
    base, token = settings.inbox_api_base_url, settings.inbox_api_token.get_secret_value()
    return open_inbox(http, base, token, await choose_version(http, base, token, settings.inbox_api_version))


class Started(NamedTuple):
    """What a bot is built of once Redis, Slack and Inbox were asked.

    `moved`: Inbox was spoken to by another API version before. `first_start`: nothing was before.
    """

    install: InstallState
    installation: Installation
    lanes: Lanes
    rights: Rights
    quota: Quota
    notices: Notices
    feed: Feed
    spoken: Spoken
    moved: bool
    first_start: bool


async def started(settings: Settings, timing: Timing, redis: Redis, slack: Slack, http: Http, kinds: Kinds) -> Started:
    """Asks Redis, Slack and Inbox, of which each may have been known before. Raises `SettingsError` and `BotError`s."""
    install, rights, feed = InstallState(redis), Rights(redis, kinds), Feed(redis)
    installation = await installed(slack, install)
    lanes = Lanes(redis, process_name(), kinds, timing.claim_idle, timing.soon)
    await lanes.open()
    quota = Quota(redis, timing.channel_interval, timing.inbox_per_minute)
    notices = Notices(lanes, rights, install, timing.away)
    slack.heard = notices.slack_answered
    await feed.began()
    first_start = await install.inbox_version() is None
    spoken, moved = await version_spoken(settings, http, install, quota, timing.version_every)
    return Started(install, installation, lanes, rights, quota, notices, feed, spoken, moved, first_start)


async def begun(bot: Bot, *, moved: bool, first_start: bool) -> None:
    """What is done before anything else once a bot is built."""
    versions = Versions(bot.spoken, bot.directory, bot.install, bot.lanes, bot.rights)
    await versions.begin(moved=moved, first_start=first_start)
    await bot.feed.stir()  # whoever starts the bot watches it
    await bot.counts.since()


async def installed(slack: Slack, install: InstallState) -> Installation:
    """The workspace; when Slack is down, the one of the last start."""
    known = await install.workspace()
    try:
        found = await _patiently(slack.installation, known is not None)
    except (SlackRefused, SlackRevoked) as error:
        raise SettingsError(
            f"SLACK_BOT_TOKEN is wrong: Slack answers {error.code}. "
            "Copy it anew from your app's OAuth & Permissions page."
        ) from error
    except SlackError:
        if known is None:
            raise
        log.warning("slack_unavailable_at_start")
        return known
    if known is not None and known.team != found.team:
        raise SettingsError(
            "REDIS_URL holds the data of another Slack workspace: give each workspace a Redis of its own."
        )
    await install.save_workspace(found)
    await install.restore()
    return found


async def version_spoken(
    settings: Settings, http: Http, install: InstallState, quota: Quota, every: float
) -> tuple[Spoken, bool]:
    """The API version to speak, and whether it was another one before.

    When Inbox is down, it is the one of the last start, and asked for again soon.
    """
    known, certain, moved = await install.inbox_version(), True, False
    base, asked = settings.inbox_api_base_url, settings.inbox_api_version
    choose = partial(choose_version, http, base, settings.inbox_api_token.get_secret_value(), asked)
    try:
        version: str = await _patiently(choose, known is not None)
        moved = await install.speak(version)
    except InboxError as error:
        if error.status == 401:
            raise SettingsError(
                "INBOX_API_TOKEN is wrong: Inbox answers 401. Make a new one in Inbox under Settings → API."
            ) from error
        if known is None:
            raise
        log.warning("inbox_unavailable_at_start", status=error.status)
        version, certain = known, False
    log.info("inbox", version=version, certain=certain, ends=str(end_of(version, None) or "not announced"))
    shared = Shared(install.inbox_version, install.speak, partial(quota.turn, "inbox-version"))
    pinned = is_pinned(base, asked)
    return Spoken(version, pinned=pinned, certain=certain, choose=choose, shared=shared, every=every), moved


def inbox_client(
    settings: Settings, http: Http, spoken: Spoken, quota: Quota, notices: Notices, *, background: bool
) -> Inbox:
    """The client for people, or the one that leaves them their share of the quota."""

    async def learn(headers: Mapping[str, str], status: int) -> None:
        ANSWERS.labels(str(status)).inc()
        await quota.learn(headers, status)
        await notices.inbox_answered(headers, status)

    base, token = settings.inbox_api_base_url, settings.inbox_api_token.get_secret_value()
    spend = partial(quota.inbox, background=background)
    either = Either(spoken, lambda version: open_inbox(http, base, token, version, spend=spend, learn=learn))
    return cast(Inbox, either)


@asynccontextmanager
async def followed(spoken: Spoken) -> AsyncIterator[None]:
    """As long as the block lasts, the version is followed and asked for."""
    keeping = asyncio.create_task(spoken.keep())
    try:
        yield
    finally:
        await cancelled([keeping])


async def both_answer(slack: Slack, inbox: Inbox) -> bool:
    """Whether Slack and Inbox answer anything at all."""
    try:
        await inbox.team()
    except InboxError as error:
        if isinstance(error, Unavailable):
            return False
    try:
        await slack.installation()
    except SlackError:
        return False
    return True


async def _patiently(call: Callable[[], Awaitable[T]], known: bool) -> T:
    """`call`, repeated for a while when nobody has answered yet and nothing is known from an earlier start."""
    deadline = asyncio.get_running_loop().time() + (0 if known else START_WITHIN)
    while True:
        try:
            return await call()
        except VersionEnded:
            raise  # no version answers at that address
        except (SlackDown, Unavailable, RateLimited):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(1.0)
