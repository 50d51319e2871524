"""`bot hello`: a first message in a channel, which shows that cards can appear there."""

from __future__ import annotations

from typing import Final

from bot.doctor.finding import CHANNEL
from bot.errors import BotError, SettingsError, SlackRefused, SlackRevoked
from bot.settings import Settings, channel_of
from bot.slack.blocks import Msg, section
from bot.start import opened_slack

_SAID: Final = (
    "Hello! Cards of conversations can appear in this channel. Write `/inbox whoami` here: the answer, which you alone "
    "see, says who you are in Inbox. If none comes, `python -m bot serve` does not run."
)
_NEXT: Final = "Now write `/inbox whoami` in that channel: the answer says who you are in Inbox."
_NOWHERE: Final = "NOTIFY_CHANNEL is not set: name a channel by its id (C…, at the end of its details)."


async def hello(settings: Settings, named: str | None) -> int:
    """Post into the channel that is named by its id or link, else into NOTIFY_CHANNEL. Raises `BotError`s."""
    channel = _channel(named) if named else settings.notify_channel
    if channel is None:
        raise SettingsError(_NOWHERE)
    message: Msg = {"text": _SAID, "blocks": [section(_SAID)]}
    async with opened_slack(settings) as slack:
        try:
            workspace = await slack.installation()
            place = await slack.post(channel, message)
        except SlackRevoked as error:
            raise SettingsError(
                f"SLACK_BOT_TOKEN is wrong: Slack answers {error.code}; `bot doctor` says more."
            ) from error
        except SlackRefused as error:
            how = CHANNEL.get(error.code, "`bot doctor` says more.")
            raise BotError(f"Slack answers {error.code} for {channel}. {how}") from error
        print(f"Posted in {workspace.name}: {await slack.permalink(place)}\n{_NEXT}")
    return 0


def _channel(named: str) -> str:
    found = channel_of(named)
    if not found:
        raise SettingsError(f"{named} is no channel's id: that (C…) is at the end of its details.")
    return found
