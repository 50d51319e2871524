"""Whom rules name and who can get nothing: people without a seat in Inbox, and user groups that cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from bot.doctor.finding import Finding
from bot.errors import NotThere, ScopeMissing, SlackRefused
from bot.models import Member
from bot.people.links import Links
from bot.routing.store import Rule
from bot.slack.client import Slack

MOST: Final = 40  # people of whom Slack is asked, at about 50 a minute
_SEAT: Final = (
    "For each, an admin writes `/inbox link @user name@company.com`, or gives them a seat in Inbox; until then rules "
    "pass them over."
)
_GROUP: Final = (
    "Add the scope usergroups:read under OAuth & Permissions → Scopes (or paste `bot manifest`), then Reinstall to "
    "Workspace; or let the rule name people: `/inbox assign list`."
)


async def rules_findings(slack: Slack, links: Links, rules: Sequence[Rule], members: Sequence[Member]) -> list[Finding]:
    """Nothing where no rule assigns. Raises `SlackError` where Slack does not answer, and `StoreUnavailable`."""
    groups = [one for rule in rules for one in rule.mention if one.startswith("S")]
    named = list(dict.fromkeys([*(one for rule in rules if rule.turns for one in rule.turns.to), *groups]))
    if not named:
        return []
    users, unread = list[str](), list[str]()
    for one in named:
        try:
            users += await slack.group_members(one) if one.startswith("S") else [one]
        except (ScopeMissing, NotThere):
            unread.append(one)
    ids, addresses = {one.id for one in members}, [one.email.casefold() for one in members]
    lost = [
        name
        for user in dict.fromkeys(users[:MOST])
        if (name := await _without_seat(slack, user, await links.link(user), ids, addresses))
    ]
    found = []
    if unread:
        seen = f"they name user groups that can't be read: {', '.join(unread)}"
        found.append(Finding("rules", "warning", seen, _GROUP))
    if lost:
        seen = f"they name people without a seat in Inbox: {', '.join(lost)}"
        found.append(Finding("rules", "warning", seen, _SEAT))
    return found or [Finding("rules", "ok", "everybody whom they name has a seat")]


async def _without_seat(
    slack: Slack, user: str, linked: str | None, ids: Collection[str], addresses: Sequence[str]
) -> str:
    """Their name where they have no seat, else ""."""
    if linked in ids:
        return ""
    try:
        profile = await slack.profile(user)
    except SlackRefused:
        return user
    has_address = profile.email is not None and addresses.count(profile.email.casefold()) == 1
    usable = has_address and profile.confirmed and not (profile.deleted or profile.bot or profile.guest)
    return "" if usable and linked != "" else profile.name
