"""What people write in channels. Nearly all of it is none of the bot's business, and is neither kept nor logged."""

from __future__ import annotations

import structlog
from slack_bolt.async_app import AsyncAck

from bot.jobs import Echo, Job, Revise
from bot.listeners.payloads import Body, author
from bot.store.cards import Cards, Place
from bot.store.lanes import Lanes
from bot.store.preferences import Preferences
from bot.views import text

log = structlog.get_logger(__name__)


class Talk:
    """Picks out replies in a card's Slack thread that begin with the channel's prefix, and changes of such replies."""

    def __init__(self, lanes: Lanes, cards: Cards, preferences: Preferences) -> None:
        self._lanes, self._cards, self._preferences = lanes, cards, preferences

    async def message(self, ack: AsyncAck, body: Body) -> None:
        """A message event of any subtype: https://docs.slack.dev/reference/events/message."""
        match body["event"].get("subtype"):
            case None | "thread_broadcast" | "file_share":
                await self._written(body)
            case "message_changed":
                await self._changed(body)
            case "message_deleted":
                await self._deleted(body)
        await ack()

    async def _written(self, body: Body) -> None:
        said = body["event"]
        if not _reply_of_a_person(said):
            return
        prefix = (await self._preferences.channel(said["channel"])).replies
        thread_id = await self._thread(body, said) if prefix else None
        if thread_id and text.after_prefix(text.decode(said.get("text") or ""), prefix) is not None:
            files, who = bool(said.get("files")), author(body, said)
            job = Echo(thread_id=thread_id, ts=said["ts"], text=said["text"], files=files, asker=who)
            await self._accept(job, f"slack-message:{who.channel}:{job.ts}")

    async def _changed(self, body: Body) -> None:
        said, before = body["event"]["message"], body["event"].get("previous_message") or {}
        if said.get("subtype") == "tombstone":  # deleted, and its replies are still there
            await self._revised(body, before, None)
        elif said.get("text") != before.get("text"):  # not a link's preview that came later
            await self._revised(body, said, said.get("text") or "")

    async def _deleted(self, body: Body) -> None:
        await self._revised(body, body["event"].get("previous_message") or {}, None)

    async def _revised(self, body: Body, said: Body, now: str | None) -> None:
        """Whether it ever left Slack, a worker finds out, once it is certain whether it did."""
        if _reply_of_a_person(said) and (thread_id := await self._thread(body, said)):
            job = Revise(thread_id=thread_id, ts=said["ts"], text=now, asker=author(body, said))
            await self._accept(job, f"slack-event:{body['event_id']}")

    async def _thread(self, body: Body, said: Body) -> str | None:
        return await self._cards.at(Place(body["event"]["channel"], said["thread_ts"]))

    async def _accept(self, job: Job, once: str) -> None:
        new = await self._lanes.accept(job, once=once)
        log.info("accepted", ref=job.ref, kind=job.kind, new=new)


def _reply_of_a_person(said: Body) -> bool:
    replies = said.get("thread_ts") and said["thread_ts"] != said.get("ts")
    return bool(replies and said.get("user") and not said.get("bot_id"))
