"""`bot doctor` and `bot retry`: one screen on what is wrong, and another try for what failed."""

from __future__ import annotations

import json
import re
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from bot import settings as all_settings
from bot.channels.store import Preferences
from bot.doctor.checkup import Checkup
from bot.doctor.finding import Finding, weightiest_first
from bot.doctor.storage import Store, is_final
from bot.errors import BotError, SettingsError
from bot.events.store import Feed
from bot.features import KINDS
from bot.inbox.transport import http_client
from bot.people.audit_store import AuditLog
from bot.people.links import Links
from bot.queue.lanes import Lanes
from bot.routing.store import Routes
from bot.settings import Settings
from bot.start import inbox_that_answers, opened_redis, opened_slack
from bot.store.health import health
from bot.store.installation import InstallState

_MARKS: Final = {"ok": "ok     ", "warning": "warning", "failed": "FAILED "}


async def examine(*, as_json: bool) -> int:
    """Print one line for each thing; 1 when something failed, 2 when it was the settings."""
    try:
        settings = all_settings.load()
    except SettingsError as error:
        mistakes = (line.partition(": ") for line in str(error).splitlines())
        _print([Finding("settings", "failed", seen, remedy) for seen, _, remedy in mistakes], as_json)
        return 2
    findings = weightiest_first([Finding("settings", "ok", "complete"), *await _findings(settings)])
    _print(findings, as_json)
    return 1 if any(one.level == "failed" for one in findings) else 0


async def retry(settings: Settings, letter_id: str) -> int:
    """Put a dead letter back into its lane; 1 when there is none with that id, or it is not to be done any more."""
    async with opened_redis(settings) as redis:
        lanes = Lanes(redis, "doctor", KINDS)
        known = re.fullmatch(r"\d{1,20}-\d{1,20}", letter_id)  # how Redis names entries of a stream
        letter = await lanes.dead_letter(letter_id) if known else None
        if letter and is_final(letter):
            print(f"{letter_id} stays: who asked for it was told, and may have sent or changed it since.")
            return 1
        found = letter is not None and await lanes.revive(letter_id)
    print("It will be tried again." if found else f"There is no dead letter {letter_id}; `bot doctor` lists them.")
    return 0 if found else 1


async def _findings(settings: Settings) -> list[Finding]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(opened_slack(settings))
        http = await stack.enter_async_context(http_client(settings.inbox_api_base_url, slack.network))
        first, store = [], None
        try:
            redis = await stack.enter_async_context(opened_redis(settings))
            parts = (
                Lanes(redis, "doctor", KINDS),
                Feed(redis),
                Links(redis),
                InstallState(redis),
                Preferences(redis),
                Routes(redis),
                AuditLog(redis, settings.audit_days),
            )
            store = Store(partial(health, redis), *parts)
        except BotError as error:
            first = [Finding("Redis", "failed", str(error), "Start it, or correct REDIS_URL.")]
        return first + await Checkup(settings, slack, partial(inbox_that_answers, settings, http), store).findings()


def _print(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        told = [one._asdict() | ({"where": one.where} if one.remedy else {}) for one in findings]
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for one in findings:
        print(f"{_MARKS[one.level]}  {one.what:<15}  {one.seen}")
        if one.remedy:
            print(f"{'':9}→ {one.remedy}\n{'':11}{_clickable(one.where)}")


def _clickable(where: str) -> str:
    """Beside the sources, an address that a terminal opens."""
    path, _, anchor = where.partition("#")
    file = Path(__file__).resolve().parents[2] / path
    return f"{file.as_uri()}#{anchor}" if file.is_file() else where
