"""Answers by a `response_url`, which comes with a command or a click and takes no token.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

from typing import Final

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import SlackDown, SlackRefused
from bot.network import Network
from bot.slack.blocks import Msg, as_arguments
from bot.slack.calls import answers
from bot.slack.session import TIMEOUT

LIVES: Final = 25 * 60  # seconds; Slack allows 30 minutes


async def respond(
    url: str, message: Msg | None, session: aiohttp.ClientSession, network: Network, *, replace: bool
) -> None:
    """Say it to the one who asked alone; `replace` puts it where the button was, None takes that away.

    Raises `SlackError`.
    """
    webhook = AsyncWebhookClient(url, timeout=TIMEOUT, session=session, retry_handlers=[])
    webhook.proxy = network.proxy(url)
    async with answers():
        if message is None:
            answer = await webhook.send(delete_original=True)
        else:
            answer = await webhook.send(**as_arguments(message), response_type="ephemeral", replace_original=replace)
    if answer.status_code >= 500:
        raise SlackDown(f"response_url answered {answer.status_code}")
    if answer.status_code != 200 or '"ok":false' in answer.body.replace(" ", ""):
        raise SlackRefused(f"response_url_{answer.status_code}")
