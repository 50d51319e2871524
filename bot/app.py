"""The composition root: settings in, a bridge out; closing it closes everything. `bot.start` asks before it builds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis
from starlette.types import ASGIApp

from bot.bulk.store import Stops
from bot.cards.posts_store import Posts
from bot.cards.standing_store import Standing
from bot.cards.store import Cards
from bot.channels.store import Preferences
from bot.commands import help_of
from bot.contact.store import Contacts
from bot.context import Bot, Timing
from bot.feature import Handler, Listener
from bot.features import FEATURES, KINDS
from bot.inbox.client import Http, Inbox
from bot.inbox.transport import http_client
from bot.later.store import Schedule
from bot.lists.store import Listings, Ticks
from bot.people import answers
from bot.people.access import Access
from bot.people.audit_store import AuditLog
from bot.people.directory import Directory
from bot.people.groups import Groups
from bot.people.line_store import Lines
from bot.people.links import Links
from bot.people.refused_channels import RefusedChannels
from bot.people.sharing import SharedChannels
from bot.queue import work
from bot.queue.job import Job, Keep
from bot.queue.lanes import Lanes
from bot.queue.timer import Timer
from bot.queue.worker import Worker
from bot.reminders.store import Waiting
from bot.reply.store import Replies
from bot.routing.store import Routes
from bot.rules.mention_store import MentionStore
from bot.rules.turn_store import TurnStore
from bot.send.store import Attempts
from bot.settings import Settings
from bot.slack.bolt import bolt_app
from bot.slack.boundary import bounded
from bot.slack.client import Slack
from bot.slack.dispatch import Dispatch
from bot.slack.dispatch import Listener as Answering
from bot.slack.payloads import Ack, Body
from bot.slack.session import slack_session
from bot.slack.socket_mode import SocketMode
from bot.slack.workspace import Installation
from bot.snippets.store import Snippets
from bot.snooze.store import Snoozes
from bot.start import Started, begun, both_answer, followed, inbox_client, opened_redis, opened_slack, started
from bot.stats.store import Counts
from bot.store.embedded import Valkey
from bot.store.health import health, write
from bot.store.layout import migrate
from bot.targets.store import Targets
from bot.triage.store import Triages
from bot.upkeep.store import Lifetimes
from bot.waits.store import Noticed
from bot.web import Web


@dataclass
class Bridge:
    """A bot that is ready: its web app, and what makes workers."""

    settings: Settings
    installation: Installation
    inbox: Inbox
    lanes: Lanes
    snippets: Snippets
    web: ASGIApp
    watch: ASGIApp
    worker: Worker
    timer: Timer
    socket_mode: SocketMode | None


@asynccontextmanager
async def bridge(
    settings: Settings, timing: Timing | None = None, valkey: Callable[[], Valkey] | None = None
) -> AsyncIterator[Bridge]:
    """Build everything, and close it in the end. `valkey` waits for the embedded one where that was begun before.

    Raises `SettingsError` for what an operator must set right, and `BotError`s when Redis, Slack or Inbox does not
    answer and has never answered before.
    """
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(opened_redis(settings, valkey))
        await migrate(redis)
        slack = await stack.enter_async_context(opened_slack(settings))
        http = await stack.enter_async_context(http_client(settings.inbox_api_base_url, slack.network))
        timing = timing or Timing()
        at = await started(settings, timing, redis, slack, http, KINDS)
        bot = _bot(settings, timing, redis, slack, http, at)
        await begun(bot, moved=at.moved, first_start=at.first_start)
        await stack.enter_async_context(followed(bot.spoken))
        listeners = {name: _bound(listener, bot) for name, listener in FEATURES.listeners.items()}
        answer = Dispatch(listeners, bolt_app(bot.installation, slack))
        web = Web(bot, answer, partial(write, redis))
        socket_mode = None
        if settings.slack_app_token is not None:
            sockets = await stack.enter_async_context(slack_session(slack.network, total=None))
            socket_mode = SocketMode(slack, sockets, answer, settings.slack_app_token.get_secret_value())
        timer = Timer(bot.quota, bot.lanes, [look(bot) for look in FEATURES.timers], bot.timing.poll)
        parts = (bot.inbox, bot.lanes, bot.snippets, web, web.watch, _worker(bot), timer, socket_mode)
        yield Bridge(settings, bot.installation, *parts)


def _bot(settings: Settings, timing: Timing, redis: Redis, slack: Slack, http: Http, at: Started) -> Bot:
    client = partial(inbox_client, settings, http, at.spoken, at.quota, at.notices)
    inbox, background = client(background=False), client(background=True)
    directory, links, admins = Directory(redis, inbox), Links(redis), frozenset(settings.bot_admins)
    return Bot(
        settings=settings,
        timing=timing,
        installation=at.installation,
        help=partial(help_of, FEATURES.words.values()),
        slack=slack,
        inbox=inbox,
        background=background,
        spoken=at.spoken,
        lanes=at.lanes,
        quota=at.quota,
        install=at.install,
        health=partial(health, redis),
        access=Access(at.installation, slack, directory, links, at.rights, admins, timing.known_within),
        directory=directory,
        links=links,
        rights=at.rights,
        admins=admins,
        sharing=SharedChannels(slack, at.rights, at.lanes, at.installation.ids),
        record=AuditLog(redis, settings.audit_days),
        notices=at.notices,
        lines=Lines(redis),
        refused=RefusedChannels(at.notices, at.quota, timing.look_again),
        groups=Groups(redis, slack),
        cards=Cards(redis, settings.conversation_days),
        lifetimes=Lifetimes(redis, settings.conversation_days),
        posts=Posts(redis),
        standing=Standing(redis),
        replies=Replies(redis, timing.replying),
        attempts=Attempts(redis),
        feed=at.feed,
        contacts=Contacts(redis),
        routes=Routes(redis),
        turns=TurnStore(redis),
        mentions=MentionStore(redis),
        waiting=Waiting(redis),
        noticed=Noticed(redis),
        targets=Targets(redis),
        snoozes=Snoozes(redis),
        schedule=Schedule(redis),
        counts=Counts(redis),
        listings=Listings(redis),
        ticks=Ticks(redis),
        stops=Stops(redis),
        triages=Triages(redis, timing.replying),
        preferences=Preferences(redis),
        snippets=Snippets(redis),
    )


def _worker(bot: Bot) -> Worker:
    def bound(handler: Handler[Job]) -> work.Handler:
        async def handle(job: Job, keep: Keep) -> Sequence[Job]:
            return await handler(job, keep, bot)

        return handle

    async def failed(job: Job, error: Exception) -> Sequence[Job]:
        return await answers.failed(job, error, bot, FEATURES.last_words)

    handlers = {kind: bound(handler) for kind, handler in FEATURES.handlers.items()}
    sound = partial(both_answer, bot.slack, bot.background)
    return Worker(bot.lanes, handlers, failed, sound, bot.install.revoked, bot.timing.breath, bot.timing.pauses)


def _bound(listener: Listener, bot: Bot) -> Answering:
    async def act(ack: Ack, body: Body) -> None:
        await listener(ack, body, bot)

    return bounded(bot.slack, act, bot.timing.ack_within)
