"""All that was set in Slack, as a whole: for `bot show`, and for the Home of admins."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bot.admin import words
from bot.channels import views as channels
from bot.channels.said import said_times
from bot.channels.store import Away, ChannelChoices, PersonChoices, Preferences
from bot.people.links import Links
from bot.people.rights import Rights
from bot.routing.said import named, said_rules
from bot.routing.store import Routes
from bot.snippets.store import TEAM, Snippets
from bot.targets import views as targets
from bot.thread_replies.words import prefix_is
from bot.waits import views as waits

_NONE_SET: Final = "Nothing: every channel shows the whole text and is reminded after 4 hours."


class Part(NamedTuple):
    """Lines (mrkdwn) that belong together."""

    title: str
    lines: Sequence[str]


class Stores(NamedTuple):
    """What it is read from."""

    routes: Routes
    preferences: Preferences
    links: Links
    rights: Rights
    snippets: Snippets


async def of_the_team(
    stores: Stores, default: str | None, names: Mapping[str, str], most: float = math.inf
) -> list[Part]:
    """Rules, channels and who may act; `default` is NOTIFY_CHANNEL, `names` are those of members, accounts, tags and
    statuses by id, as far as known.

    Of more than `most` people who are linked, or were unlinked on purpose, their number.
    """
    rules, channels = await stores.routes.rules(), await stores.preferences.channels()
    consents, guests = await stores.rights.consents(), await stores.rights.guests()
    count = await stores.links.count()
    links = await stores.links.links() if count <= most else {}
    acts = [words.acts_as(user, names.get(one, one)) for user, one in links.items()]
    acts = acts if count <= most else [words.many_act(count)]
    unlinked = await stores.links.unlinked()
    acts += map(words.stays_unlinked, unlinked) if len(unlinked) <= most else [words.many_unlinked(len(unlinked))]
    said = [line for channel, one in channels.items() for line in _channel(channel, one)]
    said += [f"{words.consent(channel, given=True)} (<@{admin}>)" for channel, admin in consents.items()]
    return [
        Part("Which conversations go where", said_rules(named(rules, names), default).splitlines()),
        Part("Channels", said or [_NONE_SET]),
        Part("Who acts as whom", acts),
        Part("Guests who may act", [f"<@{one}>" for one in guests] or ["None."]),
    ]


async def of_people(stores: Stores) -> list[Part]:
    """What people set for themselves, and how many saved replies there are."""
    count = Counter(one.owner for one in await stores.snippets.everything())
    own = sum(number for owner, number in count.items() if owner != TEAM)
    return [
        _own(await stores.preferences.people()),
        Part("Saved replies", [f"{count[TEAM]} of the team, {own} of single people. `bot snippets` shows them."]),
    ]


async def of_linked(stores: Stores, most: float) -> list[Part]:
    """What people who are linked set for themselves: nobody looks through all of Redis. Of more than `most`, none."""
    if await stores.links.count() > most:
        return []
    return [_own(await stores.preferences.of([*await stores.links.links()]))]


def _own(people: Mapping[str, PersonChoices]) -> Part:
    lines = [line for user, one in people.items() for line in _person(user, one)]
    return Part("What people set for themselves", lines or ["Nothing."])


def _channel(channel: str, one: ChannelChoices) -> list[str]:
    made = one.reminders
    said = [
        waits.broadcast(channel, one.broadcast),
        *said_times(made),
        *targets.said(made.target, made.holidays, report=made.report),
        *([targets.escalates(channel, one.escalate_after, one.escalate_to)] if one.escalate_to else []),
        *([prefix_is(channel, one.replies)] if one.replies else []),
        *([] if one.reply_assigns else ["A reply takes no conversation."]),
    ]
    return [channels.saved(channel, privacy=one.privacy, said=said)]


def _person(user: str, one: PersonChoices) -> list[str]:
    quiet = [f"quiet from {one.quiet.begins:%H:%M} to {one.quiet.ends:%H:%M} ({one.quiet.zone})"] if one.quiet else []
    heard = {"mention": [], "message": ["told of waits in a direct message"], "nothing": ["not told of waits"]}
    told = [] if one.told_of_assignment else ["not told of assignments"]
    hold = [f"what they send waits {one.hold} s"] if one.hold else []
    said = [*_away(one.away), *quiet, *heard[one.heard], *told, *hold]
    return [f"<@{user}>: {', '.join(said)}"] if said else []


def _away(away: Away | None) -> list[str]:
    if away is None or not away.holds(datetime.now(UTC)):
        return []
    until = f" until {away.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if away.until else ""
    return [f"away{until}, so rules assign them nothing"]
