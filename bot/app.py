"""The composition root: the only place that constructs. Settings in, a bridge out; closing it closes everything."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import aiohttp
import structlog
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.types import ASGIApp

from bot import jobs
from bot.admins import Admins
from bot.answers import PAUSES as SENDS_PAUSE
from bot.answers import Answers
from bot.assigning import Assigning
from bot.board import Board
from bot.buried import Buried
from bot.channel_settings import ChannelSettings
from bot.checkup import Checkup, Store
from bot.choosing import Choosing
from bot.consent import Consent
from bot.console import Command
from bot.desk import Desk
from bot.echo import Echoes
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
from bot.finding import Finding, drawn_again
from bot.first_touch import FirstTouch
from bot.forms import Forms
from bot.gate import Gate
from bot.home import Home
from bot.inbox import Either, Http, Inbox, Shared, Spoken, choose_version, end_of, http_client, is_pinned, open_inbox
from bot.listeners import register
from bot.listeners.dispatch import Dispatch
from bot.listeners.front import Front
from bot.listeners.talk import Talk
from bot.models import Installation
from bot.news import News
from bot.notices import AFTER, Notices
from bot.receipts import Receipts
from bot.refused_channels import LOOK_AGAIN, RefusedChannels
from bot.reminders import Reminding
from bot.replying import Replying
from bot.retries import PAUSES
from bot.routing import Router
from bot.sending import Sending
from bot.settings import Settings
from bot.slack import TIMEOUT, Slack
from bot.socket_mode import SocketMode
from bot.stats import Stats
from bot.steering import Steering
from bot.store import embedded
from bot.store.audit import Audit
from bot.store.cards import Cards
from bot.store.connect import check, connect
from bot.store.feed import Feed
from bot.store.health import health, write
from bot.store.install import Install
from bot.store.intents import Intents
from bot.store.lanes import Lanes
from bot.store.layout import migrate
from bot.store.listings import Listings
from bot.store.pace import Pace
from bot.store.people import People
from bot.store.posts import Posts
from bot.store.preferences import Preferences
from bot.store.replies import Replies
from bot.store.rights import Rights
from bot.store.routes import Routes
from bot.store.tally import Tally
from bot.store.waiting import Waiting
from bot.thread_posts import ThreadPosts
from bot.ticker import Ticker
from bot.versions import Versions
from bot.web import Web
from bot.worker import BREATH, Handlers, Worker, cancelled
from bot.writing import Writing

log = structlog.get_logger(__name__)

T = TypeVar("T")
START_WITHIN: Final = 20.0  # seconds that Slack and Inbox have to answer at the first start


@dataclass
class Bridge:
    """A bot that is ready: its web app, its Bolt app, and what makes workers."""

    settings: Settings
    installation: Installation
    inbox: Inbox
    lanes: Lanes
    bolt: AsyncApp
    web: ASGIApp
    watch: ASGIApp
    worker: Worker
    ticker: Ticker
    socket_mode: SocketMode | None


@dataclass(frozen=True)
class Paces:
    """What tests make shorter: how long a dead worker's job waits, and how far apart posts in one channel are.

    `breath`: how many seconds a worker waits for work before it looks whether something is due or it is to stop.
    `version_every`: how many seconds lie between two looks at which API version other processes speak.
    `replying`: how many seconds somebody with the reply form open is believed to be replying. `pauses`: seconds between
    tries of work that waits, and of sends. `look_again`: seconds until a channel that takes no posts is tried again.
    `away`: how many seconds Slack or Inbox may be away before admins hear of it.
    """

    breath: float = BREATH
    claim_idle: float = 15.0
    channel_interval: float = 1.0
    inbox_per_minute: int = 300
    look_again: float = LOOK_AGAIN
    poll: float = 3.0
    replying: float = 600.0
    version_every: float = 5.0
    pauses: tuple[float, ...] = PAUSES
    sends_pause: tuple[float, ...] = SENDS_PAUSE
    away: float = AFTER


@asynccontextmanager
async def bridge(settings: Settings, paces: Paces = Paces()) -> AsyncIterator[Bridge]:  # frozen
    """Build everything, and close it in the end.

    Raises `SettingsError` for what an operator must set right, and `BotError`s when Redis, Slack or Inbox does not
    answer and has never answered before.
    """
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(opened_redis(settings))
        await migrate(redis)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT), trust_env=False)
        )
        http = await stack.enter_async_context(http_client())
        install = Install(redis)
        slack = Slack(settings.slack_bot_token.get_secret_value(), settings.slack_api_base_url, session)
        installation = await _installation(slack, install)
        lanes, rights = Lanes(redis, _consumer(), paces.claim_idle), Rights(redis)
        await lanes.open()
        pace = Pace(redis, paces.channel_interval, paces.inbox_per_minute)
        notices = Notices(lanes, rights, install, paces.away)
        slack.heard = notices.slack_answered
        refused = RefusedChannels(notices, pace, paces.look_again)
        people, cards, feed, intents = People(redis), Cards(redis), Feed(redis), Intents(redis)
        await feed.began()
        first_start = await install.inbox_version() is None
        spoken, moved = await _spoken(settings, http, install, pace, paces.version_every)
        await Versions(spoken, people, install, lanes, rights).begin(moved=moved, first_start=first_start)
        await stack.enter_async_context(_kept(spoken))
        inbox, paced = (_inbox(settings, http, spoken, pace, notices, background=one) for one in (False, True))
        audit, admins_named = Audit(redis, settings.audit_days), frozenset(settings.bot_admins)
        gate = Gate(installation, slack, inbox, people, rights, admins_named)
        answers = Answers(gate, rights, audit, paces.sends_pause)
        preferences, replies = Preferences(redis), Replies(redis, paces.replying)
        forms = Forms(gate, slack, answers)
        desk = Desk(gate, inbox, people, cards, answers, preferences)
        first_touch = FirstTouch(inbox, people, cards, intents)
        sender = settings.inbox_account_link_id
        writing = Writing(gate, slack, inbox, people, intents, answers, first_touch, sender)
        replying = Replying(
            gate, slack, inbox, people, cards, replies, intents, preferences, lanes, forms, answers, writing
        )
        assigning = Assigning(gate, slack, inbox, people, cards, preferences, forms)
        receipts = Receipts(slack, cards, replies, pace, Consent(slack, rights), preferences, refused)
        sending = Sending(inbox, people, cards, intents, answers)
        waiting, routes = Waiting(redis), Routes(redis)
        router = Router(routes, settings.notify_channel)
        posts = Posts(redis)
        news = News(paced, people, cards, feed, router, routes, waiting, posts, lanes)
        about_channels = (pace, rights, preferences, installation)
        board = Board(slack, paced, people, cards, feed, *about_channels, replies, posts, refused)
        thread_posts = ThreadPosts(board, slack, paced, cards, feed, posts, routes, replies)
        consent = Consent(slack, rights)
        reminding = Reminding(gate, slack, paced, people, cards, preferences, waiting, pace, consent, refused)
        steering = Steering(gate, slack, inbox, people, cards, routes, router, audit)
        channel_settings = ChannelSettings(gate, slack, preferences, waiting, answers, audit)
        admins = Admins(gate, slack, people, rights, audit, lanes, admins_named)
        echoes = Echoes(gate, slack, inbox, people, cards, intents, preferences, consent, answers, audit, writing)
        tally = Tally(redis)
        await tally.since()
        stats = Stats(gate, slack, inbox, people, cards, tally)
        store = Store(partial(health, redis), lanes, feed, people, install, preferences, routes)

        async def background() -> Inbox:
            return paced

        choosing = Choosing(gate, preferences, answers)
        checkup = Checkup(settings, slack, background, store)
        listings = Listings(redis)
        finding = Finding(gate, inbox, people, cards, listings)
        console = Command(
            gate, people, audit, admins, checkup, steering, channel_settings, choosing, echoes, stats, finding
        )
        has_channel = settings.notify_channel is not None
        start_page = Home(gate, slack, finding, listings, preferences, answers, has_channel=has_channel)
        handlers: Handlers = {
            **_of_people(desk, writing, sending, slack),
            **_of_inbox(news, board, thread_posts),
            **_of_channels(steering, channel_settings, reminding),
            **_of_cards(replying, assigning, receipts),
            jobs.Console: console.run,
            jobs.LookUp: finding.look_up,
            jobs.ShowAgain: finding.show_again,
            jobs.OpenHome: start_page.open,
            jobs.DrawHome: start_page.draw,
            jobs.SetChoices: start_page.set_choices,
            jobs.TellAdmins: admins.tell,
            jobs.LookAtBuried: Buried(paced, cards).look,
            jobs.Echo: echoes.echo,
            jobs.Revise: echoes.revise,
            jobs.Mark: echoes.mark,
            jobs.Count: stats.count,
            jobs.Chart: stats.chart,
        }
        sound = partial(_answer, slack, paced)
        worker = Worker(lanes, handlers, answers.failed, sound, install.revoked, paces.breath, paces.pauses)
        ticker = Ticker(pace, feed, lanes, paces.poll, waiting)
        bolt, dispatch = _bolt(settings, installation, slack), Dispatch()
        talk = Talk(lanes, cards, preferences)
        register(dispatch, Front(lanes, cards, slack, install, installation), talk, slack)
        bolt.use(dispatch)
        web = Web(settings, bolt, feed, lanes, slack, paced, install, pace, spoken, partial(write, redis))
        socket_mode = None
        if settings.slack_app_token is not None:
            sockets = await stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
            socket_mode = SocketMode(slack, sockets, bolt, settings.slack_app_token.get_secret_value())
        yield Bridge(settings, installation, inbox, lanes, bolt, web.app, web.watch, worker, ticker, socket_mode)


def _of_people(desk: Desk, writing: Writing, sending: Sending, slack: Slack) -> Handlers:
    async def tell(job: jobs.Tell, _: object) -> list[jobs.Job]:
        message = {"text": job.text, "blocks": job.blocks}
        how = {"seconds_ago": job.age, "lasting": job.lasting, "replace": job.replace}
        await slack.tell(job.asker, message, **how)  # type: ignore[arg-type]  # a Msg
        return []

    return {
        jobs.Change: drawn_again(desk.change),
        jobs.Dm: writing.dm,
        jobs.OpenDm: writing.open_dm,
        jobs.OpenChoice: writing.open_choice,
        jobs.Choose: writing.choose,
        jobs.SendAgain: writing.send_again,
        jobs.Answer: writing.answer,
        jobs.Send: sending.send,
        jobs.Tell: tell,
    }


def _of_cards(replying: Replying, assigning: Assigning, receipts: Receipts) -> Handlers:
    return {
        jobs.OpenReply: replying.open,
        jobs.Reply: replying.reply,
        jobs.StopReplying: replying.stop,
        jobs.Fade: replying.fade,
        jobs.Receipt: receipts.show,
        jobs.OpenAssign: assigning.open,
        jobs.TellAssignee: assigning.tell,
    }


def _of_inbox(news: News, board: Board, thread_posts: ThreadPosts) -> Handlers:
    return {
        jobs.Notify: news.notify,
        jobs.Refresh: news.refresh,
        jobs.Recheck: news.recheck,
        jobs.RefreshPerson: news.refresh_person,
        jobs.Digest: news.digest,
        jobs.Sync: news.sync,
        jobs.Outbound: news.outbound,
        jobs.Campaign: news.campaign,
        jobs.Move: board.move,
        jobs.Leave: board.leave,
        jobs.Post: thread_posts.post,
        jobs.Amend: thread_posts.amend,
        jobs.Announce: board.announce,
        jobs.Missed: board.missed,
        jobs.Render: board.render,
    }


def _of_channels(steering: Steering, settings: ChannelSettings, reminding: Reminding) -> Handlers:
    return {
        jobs.Why: steering.why,
        jobs.MoveTo: steering.move,
        jobs.OpenSettings: settings.open,
        jobs.SaveSettings: settings.save,
        jobs.Due: reminding.due,
        jobs.Nudge: reminding.nudge,
        jobs.Morning: reminding.morning,
    }


async def _answer(slack: Slack, inbox: Inbox) -> bool:
    """Whether Slack and Inbox answer anything at all."""
    try:
        await inbox.team()
    except InboxError as error:
        if not error.answered or error.status >= 500 or isinstance(error, VersionEnded):
            return False
    try:
        await slack.installation()
    except SlackError:
        return False
    return True


def _consumer() -> str:
    """A name for this process among all that share the Redis."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@asynccontextmanager
async def opened_redis(settings: Settings) -> AsyncIterator[Redis]:
    """The Redis of REDIS_URL or the embedded Valkey, once it answers. Raises `StoreUnavailable`."""
    own = embedded.start(settings.bot_data_dir, settings.bot_data_sync) if settings.redis_url is None else None
    redis = connect(own.url if own else settings.redis_url.get_secret_value(), name=_consumer())  # type: ignore[union-attr]  # one of both
    try:
        log.info("redis", version=await check(redis), embedded=own is not None)
        yield redis
    finally:
        if own:
            await own.stop(redis)
        await redis.aclose()


async def _installation(slack: Slack, install: Install) -> Installation:
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


async def _spoken(settings: Settings, http: Http, install: Install, pace: Pace, every: float) -> tuple[Spoken, bool]:
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
    shared = Shared(install.inbox_version, install.speak, partial(pace.turn, "inbox-version"))
    pinned = is_pinned(base, asked)
    return Spoken(version, pinned=pinned, certain=certain, choose=choose, shared=shared, every=every), moved


def _inbox(settings: Settings, http: Http, spoken: Spoken, pace: Pace, notices: Notices, *, background: bool) -> Inbox:
    """The client for people, or the one that leaves them their share of the quota."""

    async def learn(headers: Mapping[str, str], status: int) -> None:
        await pace.learn(headers, status)
        await notices.inbox_answered(headers, status)

    base, token = settings.inbox_api_base_url, settings.inbox_api_token.get_secret_value()
    spend = partial(pace.inbox, background=background)
    return Either(spoken, lambda version: open_inbox(http, base, token, version, pace=spend, learn=learn))


@asynccontextmanager
async def _kept(spoken: Spoken) -> AsyncIterator[None]:
    """As long as the block lasts, the version is followed and asked for."""
    keeping = asyncio.create_task(spoken.keep())
    try:
        yield
    finally:
        await cancelled([keeping])


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


def _bolt(settings: Settings, installation: Installation, slack: Slack) -> AsyncApp:
    """Signatures are checked over the raw bytes before Bolt parses anything, so not again here.

    Whose installation it is was asked once at the start; https://github.com/slackapi/bolt-python asks per request.
    """

    async def authorize(**_: object) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=installation.enterprise,
            team_id=installation.team,
            bot_user_id=installation.bot_user,
            bot_token=settings.slack_bot_token.get_secret_value(),
        )

    return AsyncApp(
        name="inbox-bridge",  # else Bolt reads the source of the whole call stack to find one
        logger=logging.getLogger("slack_bolt"),
        client=slack.client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
    )
