"""How Inbox is, as a checkup finds it: its API, the team's accounts and members, and the events that it tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from bot.doctor.finding import Finding, Level, ago
from bot.doctor.rules import rules_findings
from bot.doctor.storage import Store, known
from bot.errors import ScopeMissing, SlackError, StoreUnavailable
from bot.inbox.client import Inbox, is_pinned
from bot.inbox.version import end_of
from bot.models import AccountLink, Member
from bot.people import version_words
from bot.settings import Settings
from bot.slack.client import Slack

BEHIND: Final = 180.0  # seconds without a reading of the feed; the longest time between two is 60
LOOKED_UP: Final = 30  # members of whom Slack is asked, at about 50 a minute


async def of_inbox(
    inbox: Inbox, settings: Settings, store: Store | None, slack: Slack | None
) -> AsyncIterator[Finding]:
    """`slack` is None where it does not answer, and nobody can be compared with it. Raises `InboxError`."""
    team = await inbox.team()
    yield Finding("Inbox", "ok", f"API {inbox.version}, team {team.name}")
    if ends := end_of(inbox.version, inbox.sunset):
        yield _ends(settings, inbox.version, ends)
    for one in _accounts(settings, await inbox.account_links()):
        yield one
    if slack:
        members = await inbox.members()
        yield await _members(slack, store, members)
        for one in await _turns(slack, store, members):
            yield one
    if store:
        yield await _webhook(settings, store)
        yield await _cursor(store, inbox)


def _ends(settings: Settings, version: str, ends: datetime) -> Finding:
    pinned = is_pinned(settings.inbox_api_base_url, settings.inbox_api_version)
    level: Level = "warning" if ends > datetime.now(UTC) else "failed"
    seen = f"{version} ends on {version_words.until(ends)}"
    return Finding("API version", level, seen, version_words.remedy(version, pinned=pinned))


def _accounts(settings: Settings, links: list[AccountLink]) -> list[Finding]:
    if not links:
        return [Finding("accounts", "failed", "none", "Connect one in Inbox → Settings → Accounts.")]
    several = len(links) > 1  # then one may be INBOX_ACCOUNT_LINK_ID
    seen = ", ".join(f"{link.label} ({link.id})" if several else link.label for link in links)
    found = [Finding("accounts", "ok", seen)]
    offline = [link.label for link in links if link.status != "active"]
    if offline:
        how = f"In Inbox → Settings → Accounts, reconnect {', '.join(offline)}."
        found = [Finding("accounts", "failed", f"signed out: {', '.join(offline)}", how)]
    chosen = settings.inbox_account_link_id
    if chosen and chosen not in {link.id for link in links}:
        there = ", ".join(f"{link.id} ({link.label})" for link in links)
        how = f"Set INBOX_ACCOUNT_LINK_ID to one of {there}, or leave it unset."
        found.append(Finding("default account", "failed", f"{chosen} is no account of this team", how))
    return found


async def _members(slack: Slack, store: Store | None, members: list[Member]) -> Finding:
    linked = await known(store, lambda store: store.links.linked_members()) or set()
    asked = [member for member in members if member.id not in linked]
    limit = asyncio.Semaphore(4)

    async def unmatched(member: Member) -> bool:
        async with limit:
            return await slack.user_with(member.email) is None

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


async def _turns(slack: Slack, store: Store | None, members: list[Member]) -> list[Finding]:
    """Who is named by rules and can get nothing."""
    if store is None:
        return []
    try:
        return await rules_findings(slack, store.links, await store.routes.rules(), members)
    except SlackError as error:
        return [Finding("rules", "warning", f"not compared: {error}", "Try again in a minute.")]
    except StoreUnavailable:
        return []  # which a line of its own says


async def _webhook(settings: Settings, store: Store) -> Finding:
    if settings.inbox_webhook_secret is None:
        return Finding("webhook", "ok", "none: the event feed is read")
    _, since = await store.feed.quiet_for()
    if since == float("inf"):
        how = (
            "In Inbox → Settings → Webhooks, point one at https://YOUR-HOST/inbox/webhook and put its secret into "
            "INBOX_WEBHOOK_SECRET; the bot's log says not_signed when they differ."
        )
        return Finding("webhook", "warning", "a secret is set, but no webhook ever came", how)
    return Finding("webhook", "ok", f"last seen {ago(since)}")


async def _cursor(store: Store, inbox: Inbox) -> Finding:
    read_at, cursor = await store.feed.read_at(), await store.feed.cursor()
    if read_at is None:
        return Finding("events", "warning", "never read", "Start the bot: `python -m bot serve`.")
    since = (datetime.now(UTC) - read_at).total_seconds()
    page = await inbox.events(cursor)
    behind = f"{len(page.events)}{'+' if page.has_more else ''} behind, read {ago(since)}"
    if since > BEHIND:
        how = "Start a worker: nobody reads Inbox's events. They are kept for seven days."
        return Finding("events", "failed", behind, how)
    return Finding("events", "ok", behind)
