"""Turns what slack_sdk and aiohttp raise into `SlackError`s."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import SlackDown, SlackError
from bot.slack.codes import failure


@asynccontextmanager
async def answers() -> AsyncIterator[None]:
    """Turns what slack_sdk and aiohttp raise into `SlackError`s."""
    try:
        yield
    except SlackApiError as error:
        raise _named(error) from error
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise SlackDown(f"Slack did not answer: {type(error).__name__}") from error


def _named(error: SlackApiError) -> SlackError:
    response: Any = error.response
    status = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    told = getattr(response, "data", response)
    code = str(told.get("error") or "") if isinstance(told, Mapping) else ""  # a proxy may answer anything
    return failure(status, code, _retry_after(getattr(response, "headers", {})))


def _retry_after(headers: Mapping[str, str]) -> float:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
    try:
        return min(max(float(value), 0.1), 600.0)
    except ValueError:
        return 1.0
