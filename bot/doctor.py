"""Looks at everything the bot depends on, and says what to do about what is wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import NamedTuple

import aiohttp

from bot.app import opened_redis
from bot.errors import BotError
from bot.inbox import choose_version, http_client, open_inbox
from bot.settings import Settings
from bot.slack import TIMEOUT, Slack
from bot.store.connect import check
from bot.store.lanes import DeadLetter, Lanes


class Finding(NamedTuple):
    """One line: what was looked at, whether it is well, and what was seen or is to be done."""

    what: str
    well: bool
    words: str


async def examine(settings: Settings) -> int:
    """Print one line for each thing; 1 when something failed."""
    findings: list[Finding] = []
    async for finding in _findings(settings):
        findings.append(finding)
        print(f"{'ok    ' if finding.well else 'FAILED'}  {finding.what:<14}  {finding.words}")
    return 0 if all(finding.well for finding in findings) else 1


async def retry(settings: Settings, letter_id: str) -> int:
    """Put a dead letter back into its lane; 1 when there is none with that id."""
    async with opened_redis(settings) as redis:
        known = re.fullmatch(r"\d{1,20}-\d{1,20}", letter_id)  # how Redis names entries of a stream
        found = known is not None and await Lanes(redis, "doctor").revive(letter_id)
    print("It will be tried again." if found else f"There is no dead letter {letter_id}; `bot doctor` lists them.")
    return 0 if found else 1


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with opened_redis(settings) as redis:
            yield Finding("Redis", True, f"version {await check(redis)}")
            letters = await Lanes(redis, "doctor").dead_letters()
            words = f"{len(letters)}; `bot retry ID` tries one again" if letters else "none"
            yield Finding("dead letters", not letters, words)
            for letter in letters:
                yield Finding("", False, _letter(letter))
    except BotError as error:
        yield Finding("Redis", False, f"{error}. Check REDIS_URL.")
    yield await _slack(settings)
    yield await _inbox(settings)


async def _slack(settings: Settings) -> Finding:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
        slack = Slack(settings.slack_bot_token.get_secret_value(), settings.slack_api_base_url, session)
        try:
            return Finding("Slack", True, f"workspace {(await slack.installation()).name}")
        except BotError as error:
            return Finding("Slack", False, f"{error}. Check SLACK_BOT_TOKEN and SLACK_API_BASE_URL.")


async def _inbox(settings: Settings) -> Finding:
    token = settings.inbox_api_token.get_secret_value()
    async with http_client() as http:
        try:
            version = await choose_version(http, settings.inbox_api_base_url, token, settings.inbox_api_version)
            inbox = open_inbox(http, settings.inbox_api_base_url, token, version)
            team, links = await inbox.team(), await inbox.account_links()
        except BotError as error:
            return Finding("Inbox", False, f"{error}. Check INBOX_API_TOKEN and INBOX_API_BASE_URL.")
    offline = [link.label for link in links if link.status != "active"]
    ends = f", ends {inbox.sunset}" if inbox.sunset else ""
    words = f"{version}{ends}, team {team.name}, {len(links)} accounts"
    if offline:
        return Finding("Inbox", False, f"{words}; reconnect {', '.join(offline)} in Inbox → Settings → Accounts")
    return Finding("Inbox", bool(links), words)


def _letter(letter: DeadLetter) -> str:
    kind = f"{letter.job.kind} {letter.job.ref}" if letter.job else "unreadable"
    return f"{letter.id}  {kind}  {letter.reason}"
