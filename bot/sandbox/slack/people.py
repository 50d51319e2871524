"""What people do in the sandbox's Slack: each act reaches the bot exactly as Slack sends it."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.sandbox.slack.block_kit.elements import offer_problems
from bot.sandbox.slack.controls import chosen, filled_in, find
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.records import APP_ID, BOT_USER, Ack, Channel, Ephemeral, Json, Message

SHORTEST_QUERY = 3  # what somebody must have typed before an external menu asks, where it does not say otherwise
FORMATTED = re.compile(r"(<(?:[@#!]|https?:|mailto:)[^<>]*>)")


class People(Delivery):
    """A World whose people can act."""

    def __init__(self, **world: Any) -> None:
        super().__init__(**world)
        self._suggested: dict[str, list[Json]] = {}

    # -- words and commands

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """A person's own message in a channel or thread; the bot is not told."""
        return self.post(self.channel(channel).id, user, text=text, thread_ts=thread_ts)

    async def command(self, user: str, channel: str, command: str = "/dm", text: str = "") -> Ack:
        """A slash command. `<@U…>` and `<https://…|…>` in `text` pass as Slack's formatting, the rest is escaped."""
        self.scopes_used.add("commands")
        place = self.channel(channel)
        parts = FORMATTED.split(text)
        escaped = "".join(part if index % 2 else html.escape(part, quote=False) for index, part in enumerate(parts))
        team = self.team(self.users[user].team_id)
        fields = {"token": "sandbox-verification", "team_id": team["id"], "team_domain": team["domain"]}
        fields |= {"channel_id": place.id, "channel_name": _channel_name(place)}
        fields |= {"user_id": user, "user_name": self.users[user].username, "command": command, "text": escaped}
        fields |= {"enterprise_id": self.enterprise_id} if self.enterprise_id else {}
        fields |= {"api_app_id": APP_ID, "is_enterprise_install": "false"}
        fields |= {"response_url": self.hook(user, place.id), "trigger_id": self.trigger(user)}
        ack = await self.deliver("slash_commands", fields, urlencode(fields))
        self._show_ack(ack, user, place)
        return ack

    def _show_ack(self, ack: Ack, user: str, place: Channel) -> None:
        """What a command is answered with is shown at once, to the person alone unless it says in_channel."""
        body: Json | None = {"text": ack.body} if isinstance(ack.body, str) else ack.body
        if not (ack.ok and body and (body.get("text") or body.get("blocks"))):
            return
        content: Json = {"text": body.get("text") or "", "blocks": self.with_ids(body.get("blocks") or [])}
        if body.get("response_type") == "in_channel":
            self.post(place.id, BOT_USER, **content)
        else:
            self.whisper(user, place.id, "ack", content)

    async def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Ack:
        """A message shortcut on any message, in a thread or not."""
        self.scopes_used.add("commands")
        place, message = self.channel(channel), self.message(channel, ts)
        payload: Json = {"type": "message_action", "callback_id": callback_id, "message_ts": ts}
        payload |= {"action_ts": self.next_ts(), "channel": {"id": place.id, "name": _channel_name(place)}}
        payload |= {"message": message.payload() | {"team": self.team_id}}
        return await self.interaction(user, payload | {"response_url": self.hook(user, place.id, message)})

    # -- buttons and menus

    async def press(
        self,
        user: str,
        channel: str,
        ts: str,
        action: str,
        *,
        value: Any = None,
        action_ts: str | None = None,
        double: bool = False,
    ) -> Ack:
        """Use the control of a message whose visible label or action_id is `action`, or choose that option of a menu.

        `value` is what a menu picks.

        `double` sends two clicks at once, as an impatient person does. Raises LookupError when it is not there.
        """
        place, message = self.channel(channel), self.message(channel, ts)
        context = self._around(message) | {"state": {"values": filled_in(message.blocks, {}, self._suggested)}}
        clicks = [
            self._act(
                user,
                message.blocks,
                action,
                value,
                action_ts,
                context | {"response_url": self.hook(user, place.id, message)},
            )
            for _ in range(2 if double else 1)
        ]
        return (await asyncio.gather(*clicks))[0]

    async def press_ephemeral(
        self, user: str, words: Ephemeral, action: str, *, value: Any = None, row: int = 0
    ) -> Ack:
        """The same in a message that only they see; Slack sends such a message's blocks to nobody.

        `row` says which one, where several controls have that label.
        """
        if words.deleted or words.user != user:
            raise LookupError("they do not see this message")
        place = self.channel(words.channel)
        container = {"type": "message", "message_ts": words.ts, "channel_id": place.id, "is_ephemeral": True}
        container |= {"thread_ts": words.thread_ts} if words.thread_ts else {}
        context = {"container": container, "channel": {"id": place.id, "name": _channel_name(place)}}
        context |= {"state": {"values": filled_in(words.blocks, {}, self._suggested)}}
        context |= {"response_url": self.hook(user, place.id, words=words)}
        return await self._act(user, words.blocks, action, value, None, context, row)

    async def press_modal(
        self, user: str, action: str, *, value: Any = None, values: Mapping[str, Any] | None = None
    ) -> Ack:
        """The same in the modal that they have open; `values` are what its fields hold, as for `submit`."""
        view = self._seen(user)
        filled = view | {"state": {"values": filled_in(view["blocks"], values or {}, self._suggested)}}
        return await self._press_view(user, filled, action, value)

    async def press_home(self, user: str, action: str, *, value: Any = None, row: int = 0) -> Ack:
        """The same in their Home tab."""
        view = self.home(user)
        if view is None:
            raise LookupError(f"{user} has no Home")
        return await self._press_view(user, view, action, value, row)

    async def _press_view(self, user: str, view: Json, action: str, value: Any, row: int = 0) -> Ack:
        context = self._view_context(view)
        return await self._act(user, view["blocks"], action, value, None, context, row)

    async def _act(
        self,
        user: str,
        blocks: list[Json],
        action: str,
        value: Any,
        action_ts: str | None,
        context: Json,
        row: int = 0,
    ) -> Ack:
        block, element = find(blocks, action, row)
        facts = {"action_id": element["action_id"], "block_id": block["block_id"], "type": element["type"]}
        if element["type"] == "button":
            facts |= {name: element[name] for name in ("text", "value", "style") if name in element}
        else:
            facts |= chosen(element, value or (action if element["type"] == "overflow" else value), self._suggested)
        facts["action_ts"] = action_ts or self.next_ts()
        return await self.interaction(user, {"type": "block_actions", "actions": [facts]} | context)

    async def suggest(self, user: str, action: str, query: str, on: Message | None = None) -> Ack:
        """Type into an external menu of their modal, or of the message `on`; what is offered can then be picked.

        Slack asks the bot from the menu's `min_query_length` on. `ack.trouble` says what it would refuse to offer.
        """
        context = self._around(on) if on else self._view_context(self._seen(user))
        block, element = find(on.blocks if on else context["view"]["blocks"], action)
        self._suggested[element["action_id"]] = []
        if len(query) < element.get("min_query_length", SHORTEST_QUERY):
            return Ack(200, None, 0.0)
        payload = {"type": "block_suggestion", "action_id": element["action_id"], "block_id": block["block_id"]}
        ack = await self.interaction(user, payload | {"value": query} | context)
        if ack.ok:
            offered = ack.body if isinstance(ack.body, dict) else {}
            ack.trouble = "; ".join(offer_problems(offered))
            groups = [offered, *offered.get("option_groups", [])]
            self._suggested[element["action_id"]] = [o for group in groups for o in group.get("options", [])]
        return ack

    def _view_context(self, view: Json) -> Json:
        return {"container": {"type": "view", "view_id": view["id"]}, "view": view}

    def _around(self, message: Message) -> Json:
        """What Slack says of the message in which somebody acts."""
        place, shown = self.channel(message.channel), message.payload() | {"team": self.team_id}
        container = {"type": "message", "message_ts": message.ts, "channel_id": place.id, "is_ephemeral": False}
        container |= {"thread_ts": shown["thread_ts"]} if "thread_ts" in shown else {}
        return {"container": container, "channel": {"id": place.id, "name": _channel_name(place)}, "message": shown}

    def suggested(self, action_id: str) -> list[Json]:
        """The options that an external menu was last offered."""
        return self._suggested.get(action_id, [])

    # -- modals

    async def submit(self, user: str, view_id: str | None = None, values: Mapping[str, Any] | None = None) -> Ack:
        """Fill in and submit a modal; `values` by action_id or block_id: text, an option's value or label, an id.

        What is not given keeps its initial value. Raises LookupError for a field that is not there and ValueError
        for what Slack's own form would not let through. `ack.trouble` says what Slack would refuse of the answer.
        """
        view = self.views[view_id] if view_id else self._seen(user)
        if view.get("submit") is None:
            raise LookupError("this modal has no submit button")
        filled = view | {"state": {"values": filled_in(view["blocks"], values or {}, self._suggested, check=True)}}
        payload = {"type": "view_submission", "team": self.team(self.users[user].team_id), "view": filled}
        ack = await self.interaction(user, payload | {"response_urls": []})
        if ack.ok:
            self._after(ack, user, view)
        return ack

    def _after(self, ack: Ack, user: str, view: Json) -> None:
        """Do with the modal what the bot's answer says; without one, close it."""
        answered = ack.body if isinstance(ack.body, dict) else {}
        doing = answered.get("response_action")
        if doing in ("update", "push"):
            if found := view_problems(answered.get("view")):
                ack.trouble = "; ".join(found)
                return
            on = {"old": view} if doing == "update" else {"below": view}
            new = self.put_view(answered["view"], user, **on)
            if doing == "push":
                self.open_views[user].append(new["id"])
        elif doing == "errors":
            fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
            if strange := set(answered.get("errors") or {"(none)": ""}) - fields:
                ack.trouble = f"errors for what is no input block: {', '.join(sorted(strange))}"
        elif doing == "clear":
            self.close_views(user, all=True)
        elif view["id"] in self.open_views.get(user, []):
            self.close_views(user)

    async def close(self, user: str) -> Ack:
        """Close the modal on top. The bot hears of it only if the view asked; else the Ack is an empty 200."""
        view = self._seen(user)
        self.close_views(user, all=bool(view["clear_on_close"]))
        if not view["notify_on_close"]:
            return Ack(200, None, 0.0)
        return await self.interaction(user, {"type": "view_closed", "view": view, "is_cleared": False})

    def _seen(self, user: str) -> Json:
        view = self.modal(user)
        if view is None:
            raise LookupError(f"{user} has no modal open")
        return view

    async def open_home(self, user: str) -> Ack:
        """Open the bot's Home tab."""
        view = self.home(user)
        seen: Json = {"view": view} if view else {}
        return await self.event("app_home_opened", user=user, channel=self.dm(user).id, tab="home", **seen)

    async def share(self, channel: str, shared: bool = True, team: str = "T0OTHER") -> Ack:
        """Another organisation reads the channel from now on, all that stands there too, or no longer.

        https://docs.slack.dev/reference/events/channel_shared and channel_unshared.
        """
        place = self.channels[channel]
        place.teams = (*place.teams, team) if shared else tuple(one for one in place.teams if one != team)
        place.shared = bool(place.teams)
        strangers = {id for id in self.users if self.stranger(id)}
        place.members = place.members | strangers if place.shared else place.members - strangers
        if shared:
            return await self.event("channel_shared", connected_team_id=team, channel=channel, shared=True)
        return await self.event(
            "channel_unshared", channel=channel, previously_connected_team_id=team, is_ext_shared=place.shared
        )


def _channel_name(channel: Channel) -> str:
    return "directmessage" if channel.user else "privategroup" if channel.private else channel.name
