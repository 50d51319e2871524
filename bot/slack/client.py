"""Slack's Web API in the bot's own verbs: what it posts, changes, opens and tells, and which posts are its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import structlog

from bot.errors import CardDeleted, ContentRefused, NotThere, Posting, SlackDown, SlackError, SlackRefused, SlackUnknown
from bot.models import Place
from bot.queue.job import Asker
from bot.slack.blocks import Msg, View, as_arguments
from bot.slack.codes import SHOWN
from bot.slack.lesser import lesser, lesser_view, without_pictures
from bot.slack.response_url import LIVES, respond
from bot.slack.session import is_slacks
from bot.slack.workspace import Workspace

log = structlog.get_logger(__name__)

POSTS: Final = 999  # below one card, as many as one answer has


class Slack(Workspace):
    """One workspace, and all that the bot does there. Every method raises `SlackError`s and nothing else."""

    async def post(
        self,
        channel: str,
        message: Msg,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
        metadata: Mapping[str, str] | None = None,
        whole: bool = False,
    ) -> Place:
        """Post, and where. Other people's words are in it: nothing unfurls. `metadata` marks it as ours.

        A reply that is `broadcast` shows in the channel too. Slack ignores a `thread_ts` whose message is gone. Raises
        `CardDeleted` then. What Slack refuses comes without those words, unless it is to stay `whole`. What is raised
        has `refused` set.
        """

        async def call(content: dict[str, Any]) -> Any:
            return await self._call(
                self.client.chat_postMessage(
                    channel=channel,
                    **content,
                    thread_ts=thread_ts,
                    reply_broadcast=(broadcast and thread_ts is not None) or None,
                    unfurl_links=False,
                    unfurl_media=False,
                    metadata={"event_type": "inbox_message", "event_payload": dict(metadata)} if metadata else None,
                )
            )

        with _saying("reply" if thread_ts else "post"):
            answer = await _as_far_as_possible(map(as_arguments, lesser(message, whole=whole)), call)
        place = Place(str(answer.get("channel") or channel), str(answer["ts"]))
        if thread_ts and (answer.get("message") or {"thread_ts": thread_ts}).get("thread_ts") != thread_ts:
            raise CardDeleted(place)
        return place

    async def find(self, channel: str, message_id: str, *, thread_ts: str | None, since: float) -> Place | None:
        """The post that carries `message_id` in its metadata, where the bot may read history; None otherwise.

        Of a thread, Slack tells the first message too, whose mark may be the same: it is none of the posts below it.
        For after an unknown outcome: the scopes `channels:history` and `groups:history` are not among those it needs.
        Nor is what was posted to a user's id found: only the answer to the post tells in which channel it stands.
        """
        if channel.startswith(("U", "W")):
            return None
        try:
            async with self._answers():
                what: dict[str, Any] = {
                    "channel": channel,
                    "oldest": str(since),
                    "include_all_metadata": True,
                    "limit": 200,
                }
                if thread_ts:
                    answer = await self.client.conversations_replies(ts=thread_ts, **what)
                else:
                    answer = await self.client.conversations_history(**what)
        except (SlackRefused, SlackUnknown):
            return None
        for one in answer.get("messages") or []:
            if _mark(one) == message_id and str(one["ts"]) != thread_ts:
                return Place(channel, str(one["ts"]))
        return None

    async def shown(self, place: Place) -> Mapping[str, Any] | None:
        """A message at a channel's top level, as Slack has it now; None where it is gone. Needs what `find` needs."""
        async with self._answers():
            answer = await self.client.conversations_history(
                channel=place.channel, oldest=place.ts, latest=place.ts, inclusive=True, limit=1
            )
        return next((one for one in answer.get("messages") or [] if str(one["ts"]) == place.ts), None)

    async def marks(self, channel: str, since: float) -> set[str]:
        """What `metadata` marked the bot's posts with, at the channel's top level; none where it may not read them."""
        try:
            answer = await self._call(
                self.client.conversations_history(
                    channel=channel, oldest=str(since), include_all_metadata=True, limit=200
                )
            )
        except (SlackRefused, SlackUnknown):
            return set()
        posts = [one for one in answer.get("messages") or [] if one.get("thread_ts", one["ts"]) == one["ts"]]
        return {_mark(one) for one in posts} - {""}

    async def validate(self, message: Mapping[str, Any]) -> None:
        """Raises `ContentRefused` for blocks that Slack would not take; nothing is posted."""
        await self._call(self.client.blocks_validate(blocks=message["blocks"]))

    async def own_replies(self, card: Place, bot_user: str) -> dict[Place, str] | None:
        """What the bot posted below a card, each with its mark ("" for none), a thousand posts at the most.

        None where it may not read history.
        """
        try:
            answer = await self._call(
                self.client.conversations_replies(
                    channel=card.channel, ts=card.ts, include_all_metadata=True, limit=POSTS
                )
            )
        except NotThere:
            return {}
        except (SlackRefused, SlackUnknown):
            return None
        ours = [
            one for one in answer.get("messages") or [] if one.get("user") == bot_user and str(one["ts"]) != card.ts
        ]
        return {Place(card.channel, str(one["ts"])): _mark(one) for one in ours}

    async def update(self, place: Place, message: Msg, *, whole: bool = False) -> None:
        """Change a post of the bot's. What is raised has `refused` set."""

        async def call(content: dict[str, Any]) -> Any:
            return await self._call(self.client.chat_update(channel=place.channel, ts=place.ts, **content))

        with _saying("change"):
            await _as_far_as_possible(map(as_arguments, lesser(message, whole=whole)), call)

    async def delete(self, place: Place) -> None:
        """Take back what the bot posted, unless somebody was faster."""
        try:
            await self._call(self.client.chat_delete(channel=place.channel, ts=place.ts))
        except NotThere:
            pass

    async def permalink(self, place: Place) -> str:
        answer = await self._call(self.client.chat_getPermalink(channel=place.channel, message_ts=place.ts))
        return str(answer["permalink"])

    async def react(self, place: Place, name: str) -> None:
        """The bot's own reaction to a message; harmless to repeat."""
        try:
            await self._call(self.client.reactions_add(channel=place.channel, timestamp=place.ts, name=name))
        except SlackRefused as error:
            if error.code != "already_reacted":
                raise

    async def take_reaction(self, place: Place, name: str) -> None:
        """No such reaction of the bot any more."""
        try:
            await self._call(self.client.reactions_remove(channel=place.channel, timestamp=place.ts, name=name))
        except SlackRefused as error:
            if error.code != "no_reaction":
                raise

    async def open_view(self, trigger: str, view: View) -> str:
        """Open a modal, and its id. A trigger works once and for about three seconds."""

        async def call(shown: View) -> Any:
            return await self._call(self.client.views_open(trigger_id=trigger, view=shown))

        answer = await _as_far_as_possible(lesser_view(view), call)
        return str(answer["view"]["id"])

    async def update_view(self, view_id: str, view: View) -> None:
        async def call(shown: View) -> Any:
            return await self._call(self.client.views_update(view_id=view_id, view=shown))

        await _as_far_as_possible(lesser_view(view), call)

    async def publish_home(self, user: str, view: View) -> None:
        async def call(shown: View) -> Any:
            return await self._call(self.client.views_publish(user_id=user, view=shown))

        await _as_far_as_possible(lesser_view(view), call)

    async def tell(
        self, asker: Asker, message: Msg, *, seconds_ago: float = 0.0, lasting: bool = False, replace: bool = False
    ) -> None:
        """Say something that only `asker` sees: where they asked, else in a direct message.

        `seconds_ago` is the age of the request. `lasting` asks for a direct message, which is still there when
        somebody comes back; what is shown in a channel for one person only is gone when Slack reloads. `replace` puts
        it where the button was that they pressed; it comes as another message when Slack no longer takes that.
        """
        url = asker.response_url or ""
        if seconds_ago < LIVES and not lasting and await self.answer(url, message, replace=replace):
            return
        if asker.channel and not lasting:
            try:
                await self._ephemeral(asker, asker.channel, message)
                return
            except (SlackRefused, SlackUnknown):
                pass  # nobody can be reached there
        await self.post(asker.user, message)

    async def answer(self, url: str, message: Msg | None, *, replace: bool = False) -> bool:
        """Whether a `response_url` took it: it may be used five times, expired or out of reach. Raises nothing."""
        if not is_slacks(url, self._base_url):
            return False
        for shown in [message, *([named] if message and (named := without_pictures(message)) != message else [])]:
            try:
                await respond(url, shown, self._session, self.network, replace=replace)
            except SlackRefused:
                continue  # Slack does not say why
            except SlackDown:
                return False
            return True
        return False

    async def _ephemeral(self, asker: Asker, channel: str, message: Msg) -> None:
        async def call(content: dict[str, Any]) -> Any:
            return await self._call(
                self.client.chat_postEphemeral(channel=channel, user=asker.user, thread_ts=asker.thread_ts, **content)
            )

        await _as_far_as_possible(map(as_arguments, lesser(message)), call)


def _mark(posted: Mapping[str, Any]) -> str:
    """What `metadata` marked it with; "" where it is not ours."""
    return str((posted.get("metadata") or {}).get("event_payload", {}).get("message_id") or "")


@contextmanager
def _saying(what: Posting) -> Iterator[None]:
    """What is raised within says that this was to be done."""
    try:
        yield
    except SlackError as error:
        error.refused = what
        raise


async def _as_far_as_possible(shown: Iterable[dict[str, Any]], call: Callable[[dict[str, Any]], Awaitable[Any]]) -> Any:
    """The first that Slack takes: it refuses all for one picture that it cannot fetch, or for what somebody wrote."""
    refused: ContentRefused | None = None
    for one in shown:
        try:
            return await call(one)
        except ContentRefused as error:
            if error.code not in SHOWN:
                raise
            log.warning("slack_refuses_content", error=error.code)
            refused = error
    raise refused or ContentRefused("no_text")
