"""What a process has one of: built once in `bot.app`, and passed to every listener and handler as an argument."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.bulk.store import Stops
from bot.cards.posts_store import Posts
from bot.cards.standing_store import Standing
from bot.cards.store import Cards
from bot.channels.store import Preferences
from bot.contact.store import Contacts
from bot.events.store import Feed
from bot.inbox.client import Inbox
from bot.inbox.version import Spoken
from bot.later.store import Schedule
from bot.lists.store import Listings, Ticks
from bot.people.access import KNOWN_WITHIN, Access
from bot.people.audit_store import AuditLog
from bot.people.directory import Directory
from bot.people.groups import Groups
from bot.people.line_store import Lines
from bot.people.links import Links
from bot.people.notices import AFTER, Notices
from bot.people.refused_channels import LOOK_AGAIN, RefusedChannels
from bot.people.rights import Rights
from bot.people.sharing import SharedChannels
from bot.queue.lanes import SOON, Lanes
from bot.queue.retries import PAUSES
from bot.queue.worker import BREATH
from bot.reminders.store import Waiting
from bot.reply.store import Replies
from bot.routing.store import Routes
from bot.rules.mention_store import MentionStore
from bot.rules.turn_store import TurnStore
from bot.send.store import Attempts
from bot.settings import Settings
from bot.slack.boundary import ACK_WITHIN
from bot.slack.client import Slack
from bot.slack.workspace import Installation
from bot.snippets.store import Snippets
from bot.snooze.store import Snoozes
from bot.stats.store import Counts
from bot.store.health import Health
from bot.store.installation import InstallState
from bot.store.quota import Quota
from bot.targets.store import Targets
from bot.triage.store import Triages
from bot.upkeep.store import Lifetimes
from bot.waits.store import Noticed


@dataclass(frozen=True)
class Timing:
    """What tests make shorter: how long a dead worker's job waits, and how far apart posts in one channel are.

    `breath`: how many seconds a worker waits for work before it looks whether something is due or it is to stop.
    `version_every`: how many seconds lie between two looks at which API version other processes speak.
    `replying`: how many seconds somebody with the reply form open is believed to be replying. `pauses`: seconds between
    tries of work that waits, and of sends. `look_again`: seconds until a channel that takes no posts is tried again.
    `away`: how many seconds Slack or Inbox may be away before admins hear of it. `soon`: seconds after which somebody
    is told that what they asked for takes longer. `ack_within`: seconds in which what is done is accepted,
    `event_within`: an event of Inbox's, `known_within`: in which the help finds out who asks, and `typing_within`: in
    which a menu finds what was typed; Slack waits three, and nobody who types does. `ready_within`: seconds in which
    Redis takes a write, or the bot is not ready.
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
    sends_pause: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 10.0)
    away: float = AFTER
    soon: float = SOON
    ack_within: float = ACK_WITHIN
    event_within: float = 2.5
    known_within: float = KNOWN_WITHIN
    typing_within: float = 1.0
    ready_within: float = 1.0


@dataclass(frozen=True, slots=True)
class Bot:
    """`inbox` is for people's acts; `background` stops short of the quota that people may need.

    `help`: of `/inbox`, for who may be an admin or is none.
    """

    settings: Settings
    timing: Timing
    installation: Installation
    help: Callable[[bool], str]
    slack: Slack
    inbox: Inbox
    background: Inbox
    spoken: Spoken
    lanes: Lanes
    quota: Quota
    install: InstallState
    health: Callable[[], Awaitable[Health]]

    access: Access
    directory: Directory
    links: Links
    rights: Rights
    admins: frozenset[str]
    sharing: SharedChannels
    record: AuditLog
    notices: Notices
    lines: Lines
    refused: RefusedChannels
    groups: Groups

    cards: Cards
    lifetimes: Lifetimes
    posts: Posts
    standing: Standing
    replies: Replies
    attempts: Attempts
    feed: Feed
    contacts: Contacts
    routes: Routes
    turns: TurnStore
    mentions: MentionStore
    waiting: Waiting
    noticed: Noticed
    targets: Targets
    snoozes: Snoozes
    schedule: Schedule
    counts: Counts
    listings: Listings
    ticks: Ticks
    stops: Stops
    triages: Triages
    preferences: Preferences
    snippets: Snippets
