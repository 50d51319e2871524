"""Slack's Web API in the bot's own verbs: one session, no hidden retries, and errors named for what to do next.

slack_sdk would post again when a connection drops; what happens after an unknown outcome is decided by the caller.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CardDeleted, ContentRefused, NotThere, SlackDown, SlackError, SlackRefused, SlackUnknown
from bot.models import Place
from bot.network import DIRECT, Network
from bot.queue.job import Asker
from bot.slack.blocks import Msg, View, as_arguments, without_pictures
from bot.slack.calls import answers
from bot.slack.response_url import LIVES, respond
from bot.slack.session import TIMEOUT, is_slacks
from bot.slack.workspace import Installation, Profile

PAGE: Final = 1000  # people in one answer
PAGES: Final = 10
Heard = Callable[[SlackError | None], Awaitable[None]]
"""Called after each call with the bot's token: with None when Slack took it. Raises nothing."""


async def nobody(_: SlackError | None) -> None:
    """Nobody wants to hear."""


class Slack:
    """One workspace. Every method raises `SlackError`s and nothing else."""

    def __init__(
        self,
        token: str,
        base_url: str,
        session: aiohttp.ClientSession,
        network: Network = DIRECT,
        heard: Heard = nobody,
    ) -> None:
        self._session, self.network, self.heard = session, network, heard
        self._base_url = base_url
        self.client = AsyncWebClient(
            token=token,
            base_url=base_url,
            timeout=TIMEOUT,
            session=session,
            retry_handlers=[],
            trust_env_in_session=False,
        )
        self.client.proxy = network.proxy(base_url)  # not as an argument: for None it reads the environment

    async def installation(self) -> Installation:
        """Whose token this is. Raises `SlackRevoked` with `invalid_auth` and the like when it is nobody's."""
        async with self._answers():
            found = await self.client.auth_test()
            return Installation(
                team=found["team_id"],
                name=found.get("team") or "this workspace",
                enterprise=found.get("enterprise_id"),
                bot_user=found["user_id"],
                url=found.get("url") or "",
            )

    async def scopes(self) -> frozenset[str]:
        """What the token was granted, as Slack's answers say in their header."""
        granted = (await self._headers()).get("x-oauth-scopes", "")
        return frozenset(part.strip() for part in granted.split(",")) - {""}

    async def clock(self) -> datetime | None:
        """What time it is for Slack; None when its answer does not say so."""
        try:
            return parsedate_to_datetime((await self._headers())["date"])
        except (KeyError, ValueError):
            return None

    async def _headers(self) -> Mapping[str, str]:
        async with self._answers():
            answer = await self.client.auth_test()
        return {name.lower(): value for name, value in answer.headers.items()}

    async def try_channel(self, channel: str, bot_user: str) -> None:
        """Whether cards can be posted there, found out with words that only the bot sees.

        Raises `ChannelRefused` with `channel_not_found`, `not_in_channel` or `is_archived`; needs no scope beyond
        chat:write, which conversations.info would.
        """
        async with self._answers():
            await self.client.chat_postEphemeral(channel=channel, user=bot_user, text="Can cards be posted here?")

    async def user_with(self, email: str) -> str | None:
        """The id of the workspace's user with that address; None when there is none that the bot may see."""
        try:
            async with self._answers():
                answer = await self.client.users_lookupByEmail(email=email)
        except NotThere:
            return None
        return str(answer["user"]["id"])

    async def open_socket(self, app_token: str) -> str:
        """The URL of one Socket Mode connection. Raises `SlackRevoked` when the token is none of an app with it."""
        async with answers():  # not the bot's token
            answer = await self.client.apps_connections_open(app_token=app_token)
        return str(answer["url"])

    async def profile(self, user: str) -> Profile:
        """What Slack says of a user now."""
        async with self._answers():
            answer = await self.client.users_info(user=user)
        return Profile.of(user, answer.get("user") or {})

    async def admins(self) -> list[str]:
        """The workspace's admins and owners, as far as Slack's first pages name them."""
        found: list[str] = []
        cursor = ""
        for _ in range(PAGES):
            async with self._answers():
                answer = await self.client.users_list(limit=PAGE, cursor=cursor)
            people = (Profile.of(one["id"], one) for one in answer.get("members") or [])
            found += [one.id for one in people if one.admin and not (one.bot or one.deleted)]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found

    async def groups(self) -> dict[str, str]:
        """The ids of user groups, by handle without an @. Raises `ScopeMissing` without usergroups:read."""
        async with self._answers():
            answer = await self.client.usergroups_list()
        return {str(one.get("handle") or ""): str(one["id"]) for one in answer.get("usergroups") or []}

    async def group_members(self, group: str) -> list[str]:
        """The Slack users in a user group; raises as `groups` does, and `NotThere`."""
        async with self._answers():
            answer = await self.client.usergroups_users_list(usergroup=group)
        return [str(one) for one in answer.get("users") or []]

    async def shared_outside(self, channel: str) -> bool:
        """Whether another organisation reads the channel, or is invited to: https://docs.slack.dev/apis/slack-connect."""
        async with self._answers():
            answer = await self.client.conversations_info(channel=channel)
        found = answer["channel"]
        between_us = found.get("is_shared") and not found.get("is_org_shared")
        return bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared") or between_us)

    async def channel_name(self, channel: str) -> str:
        """Without the `#`."""
        async with self._answers():
            answer = await self.client.conversations_info(channel=channel)
        return str((answer.get("channel") or {}).get("name") or "")

    async def is_member(self, channel: str, user: str) -> bool:
        """Whether the user is in the channel, as far as Slack's first pages tell: of a larger one, everybody is."""
        cursor = ""
        for _ in range(PAGES):
            async with self._answers():
                answer = await self.client.conversations_members(channel=channel, limit=PAGE, cursor=cursor)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if user in (answer.get("members") or ()) or not cursor:
                return user in (answer.get("members") or ())
        return True

    async def post(
        self,
        channel: str,
        message: Msg,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> Place:
        """Post, and where. Other people's words are in it: nothing unfurls. `metadata` marks it as ours.

        A reply that is `broadcast` shows in the channel too. Slack ignores a `thread_ts` whose message is gone. Raises
        `CardDeleted` then.
        """

        async def call(content: dict[str, Any]) -> Any:
            async with self._answers():
                return await self.client.chat_postMessage(
                    channel=channel,
                    **content,
                    thread_ts=thread_ts,
                    reply_broadcast=(broadcast and thread_ts is not None) or None,
                    unfurl_links=False,
                    unfurl_media=False,
                    metadata={"event_type": "inbox_message", "event_payload": dict(metadata)} if metadata else None,
                )

        answer = await _with_pictures_if_possible(message, call)
        place = Place(str(answer.get("channel") or channel), str(answer["ts"]))
        if thread_ts and (answer.get("message") or {"thread_ts": thread_ts}).get("thread_ts") != thread_ts:
            raise CardDeleted(place)
        return place

    async def find(self, channel: str, message_id: str, *, thread_ts: str | None, since: float) -> Place | None:
        """The post that carries `message_id` in its metadata, where the bot may read history; None otherwise.

        Of a thread, Slack tells the first message too, whose mark may be the same: it is none of the posts below it.
        For after an unknown outcome: the scopes `channels:history` and `groups:history` are not among those it needs.
        """
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
            marked = (one.get("metadata") or {}).get("event_payload", {}).get("message_id")
            if marked == message_id and str(one["ts"]) != thread_ts:
                return Place(channel, str(one["ts"]))
        return None

    async def marks(self, channel: str, since: float) -> set[str]:
        """What `metadata` marked the bot's posts with, at the channel's top level; none where it may not read them."""
        try:
            async with self._answers():
                answer = await self.client.conversations_history(
                    channel=channel, oldest=str(since), include_all_metadata=True, limit=200
                )
        except (SlackRefused, SlackUnknown):
            return set()
        posts = [one for one in answer.get("messages") or [] if one.get("thread_ts", one["ts"]) == one["ts"]]
        found = [(one.get("metadata") or {}).get("event_payload", {}).get("message_id") for one in posts]
        return {str(one) for one in found if one}

    async def validate(self, message: Mapping[str, Any]) -> None:
        """Raises `ContentRefused` for blocks that Slack would not take; nothing is posted."""
        async with self._answers():
            await self.client.blocks_validate(blocks=message["blocks"])

    async def own_replies(self, card: Place, bot_user: str) -> list[Place] | None:
        """What the bot posted below a card, a thousand posts at the most; None where it may not read history."""
        try:
            async with self._answers():
                answer = await self.client.conversations_replies(channel=card.channel, ts=card.ts, limit=PAGE - 1)
        except NotThere:
            return []
        except (SlackRefused, SlackUnknown):
            return None
        ours = [
            one for one in answer.get("messages") or [] if one.get("user") == bot_user and str(one["ts"]) != card.ts
        ]
        return [Place(card.channel, str(one["ts"])) for one in ours]

    async def update(self, place: Place, message: Msg) -> None:
        async def call(content: dict[str, Any]) -> Any:
            async with self._answers():
                return await self.client.chat_update(channel=place.channel, ts=place.ts, **content)

        await _with_pictures_if_possible(message, call)

    async def delete(self, place: Place) -> None:
        """Take back what the bot posted."""
        async with self._answers():
            await self.client.chat_delete(channel=place.channel, ts=place.ts)

    async def permalink(self, place: Place) -> str:
        async with self._answers():
            answer = await self.client.chat_getPermalink(channel=place.channel, message_ts=place.ts)
        return str(answer["permalink"])

    async def react(self, place: Place, name: str) -> None:
        """The bot's own reaction to a message; harmless to repeat."""
        try:
            async with self._answers():
                await self.client.reactions_add(channel=place.channel, timestamp=place.ts, name=name)
        except SlackRefused as error:
            if error.code != "already_reacted":
                raise

    async def take_reaction(self, place: Place, name: str) -> None:
        """No such reaction of the bot any more."""
        try:
            async with self._answers():
                await self.client.reactions_remove(channel=place.channel, timestamp=place.ts, name=name)
        except SlackRefused as error:
            if error.code != "no_reaction":
                raise

    async def open_view(self, trigger: str, view: View) -> str:
        """Open a modal, and its id. A trigger works once and for about three seconds."""
        async with self._answers():
            answer = await self.client.views_open(trigger_id=trigger, view=view)
        return str(answer["view"]["id"])

    async def update_view(self, view_id: str, view: View) -> None:
        async with self._answers():
            await self.client.views_update(view_id=view_id, view=view)

    async def publish_home(self, user: str, view: View) -> None:
        async with self._answers():
            await self.client.views_publish(user_id=user, view=view)

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

    @asynccontextmanager
    async def _answers(self) -> AsyncIterator[None]:
        """The same for calls with the bot's token, of whose outcome is heard."""
        try:
            async with answers():
                yield
        except SlackError as error:
            await self.heard(error)
            raise
        await self.heard(None)

    async def _ephemeral(self, asker: Asker, channel: str, message: Msg) -> None:
        async def call(content: dict[str, Any]) -> Any:
            async with self._answers():
                return await self.client.chat_postEphemeral(
                    channel=channel, user=asker.user, thread_ts=asker.thread_ts, **content
                )

        await _with_pictures_if_possible(message, call)


async def _with_pictures_if_possible(message: Msg, call: Callable[[dict[str, Any]], Awaitable[Any]]) -> Any:
    """Slack refuses a whole message for one picture that it cannot fetch, or a chart: then they come in words."""
    try:
        return await call(as_arguments(message))
    except ContentRefused as error:
        named = without_pictures(message)
        if error.code not in {"invalid_blocks", "invalid_attachments"} or named == message:
            raise
        return await call(as_arguments(named))
