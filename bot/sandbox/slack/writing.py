"""What people write, edit and delete in the sandbox's channels, told to the bot where it may read along.

Payloads follow https://docs.slack.dev/reference/events/message and its subtypes.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack.people import People
from bot.sandbox.slack.records import APP_ID, BOT_ID, Ack, Channel, Json, Message


class Writing(People):
    """A World whose people talk; an app hears of it in channels that it is in, with `channels:` or `groups:history`."""

    async def write(self, user: str, channel: str, text: str, thread_ts: str | None = None, **more: Any) -> Message:
        """A person's message; `text` is Slack's markup, `more` further fields of the event (`files`, `subtype`)."""
        message = self.say(user, channel, text, thread_ts)
        message.raw = {"reply_broadcast": more.get("subtype") == "thread_broadcast"}
        await self.hear(message, self._said(message) | more)
        return message

    async def rewrite(self, message: Message, text: str) -> None:
        """Its author edits the message."""
        before = self._said(message)
        message.text, message.edited = text, self.next_ts()
        now = self._said(message) | {"edited": {"user": message.user, "ts": message.edited}}
        told: Json = {"subtype": "message_changed", "message": now, "previous_message": before}
        await self.hear(message, told | self._hidden())

    async def erase(self, message: Message) -> None:
        """Its author, or an admin, deletes the message. Where others have replied, a tombstone stays in its place."""
        before = self._said(message)
        self.remove(message)
        told: Json = {"subtype": "message_deleted", "deleted_ts": message.ts, "previous_message": before}
        if message.replies:
            gone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": message.ts, "hidden": True}
            gone |= {"text": "This message was deleted.", "thread_ts": message.ts}
            told = {"subtype": "message_changed", "message": gone, "previous_message": before}
        await self.hear(message, told | self._hidden())

    async def hear(self, about: Message, told: Json, *, event_id: str | None = None, retry: int = 0) -> Ack:
        """Tell the bot, if it may know, of something about a message; again with the same `event_id` and a `retry`."""
        place = self.channel(about.channel)
        scope = f"{'groups' if place.private else 'channels'}:history"
        if not place.bot_in or scope not in self.scopes:
            return Ack(0, None, 0.0)
        self.scopes_used.add(scope)
        where = {"channel": place.id, "channel_type": "group" if place.private else "channel"}
        return await self.event("message", event_id=event_id, retry=retry, shared=place.shared, **where, **told)

    def _said(self, message: Message) -> Json:
        author, place = self.users[message.user], self.channel(message.channel)
        said: Json = {"user": message.user, "text": message.text, "ts": message.ts, "team": author.team_id}
        said |= {"bot_id": BOT_ID, "app_id": APP_ID} if author.bot else {"client_msg_id": self.token()}
        if message.thread_ts:
            parent = self._parent(place, message.thread_ts)
            said |= {"thread_ts": message.thread_ts}
            said |= {"root": {"user": parent}} if message.broadcast else {"parent_user_id": parent}
        if place.shared:
            said |= {"user_team": author.team_id, "source_team": author.team_id}
        return said

    def _parent(self, place: Channel, ts: str) -> str | None:
        parent = self.posts.get(place.id, {}).get(ts)
        return parent.user if parent else None

    def _hidden(self) -> Json:
        return {"hidden": True, "ts": self.next_ts()}
