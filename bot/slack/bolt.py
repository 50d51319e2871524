"""Bolt's app: it answers what no listener of ours is for."""

from __future__ import annotations

import logging

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.slack.client import Slack
from bot.slack.workspace import Installation


def bolt_app(installation: Installation, slack: Slack) -> AsyncApp:
    """Signatures are checked over the raw bytes before Bolt parses anything, so not again here.

    Whose installation it is was asked once at the start; https://github.com/slackapi/bolt-python asks per request.
    """

    async def authorize(**_: object) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=installation.enterprise,
            team_id=installation.team,
            bot_user_id=installation.bot_user,
            bot_token=slack.client.token,
        )

    return AsyncApp(
        name="inbox-bridge",  # else Bolt reads the source of the whole call stack to find one
        logger=logging.getLogger("slack_bolt"),
        client=slack.client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,  # of a card that somebody deletes, Slack tells as of the bot's own message
    )
