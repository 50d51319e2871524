"""Whether Slack takes a card as it is drawn, whether somebody else posts with our token, and who has acted so far."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from bot.card import Card, Note
from bot.cards.views import thread_card
from bot.doctor.finding import Finding
from bot.doctor.storage import Store
from bot.errors import ContentRefused, SlackRefused, SlackUnknown
from bot.models import Message, Person, Thread
from bot.slack.client import Slack

LOOKED_BACK: Final = 86_400.0  # seconds; what a card shows is known for a week
_AT: Final = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


async def card(slack: Slack) -> Finding:
    """A card with all that may stand on one, as https://docs.slack.dev/reference/methods/blocks.validate finds it."""
    try:
        await slack.validate(_example())
    except ContentRefused as error:
        how = "Update the bot: Slack no longer takes what it draws. Until then, cards may be missing."
        return Finding("cards", "failed", f"Slack refuses the blocks of a card: {error}", how)
    except (SlackRefused, SlackUnknown) as error:
        return Finding("cards", "ok", f"not looked at: {error.code}")
    return Finding("cards", "ok", "Slack takes them as they are drawn")


async def second_bot(slack: Slack, store: Store, channel: str, name: str) -> list[Finding]:
    """Cards of messages that this Redis knows nothing of were posted with our token by somebody else."""
    marks = await slack.marks(channel, time.time() - LOOKED_BACK)
    messages = {one for one in marks if "-" not in one}  # what sums up, moves or reminds has other marks
    foreign = messages - await store.feed.shown(messages)
    if not foreign:
        return []
    how = (
        "Does a second bot run with this token and another Redis? Stop it, or give both the same REDIS_URL: each "
        "posts every card. If the Redis was replaced since those were posted, nothing needs to be done."
    )
    return [Finding("second bot", "warning", f"{len(foreign)} posts of this app in {name} are not this bot's", how)]


async def first_use(store: Store) -> list[Finding]:
    """Whether anybody has ever reached the bot from Slack: the last step of the installation."""
    if await store.links.count() or await store.record.newest(1):
        return []
    how = (
        "In the channel, write `/inbox whoami`. If no answer comes, Slack does not reach the bot: it must run, and "
        "over HTTP the manifest must have its address (`bot manifest --url`)."
    )
    return [Finding("first use", "warning", "nobody has used the bot from Slack yet", how)]


def _example() -> dict[str, object]:
    person = Person(
        platform="twitter",
        platform_id="1",
        username="sarah",
        name="Sarah Chen",
        bio="Reads & writes <everything>",
        followers=1200,
        valuation=1200.0,
        noted=True,
    )
    said = Message(
        id="m", thread_id="t", direction="inbound", author="person", text="*Hi* & <hello> " * 400, created_at=_AT
    )
    thread = Thread(id="t", account_link_id="a", person=person, assignee_id="m", is_request=True, last_message=said)
    note = Note(who="Ana", at=_AT)
    whole = Card(thread=thread, latest=said, assigned=note, status=note, tagged=note, valued=note, waiting_since=_AT)
    drawn = thread_card(whole, account="@acme", assignee="Ana", status="Lead", tags=["VIP"], currency="USD")
    return dict(drawn)
