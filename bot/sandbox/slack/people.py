"""What people do in the sandbox's Slack: each act reaches the bot exactly as Slack sends it.

That is a signed request, or an envelope on a WebSocket while `socket_mode` is on.

Payloads follow https://docs.slack.dev/reference/interaction-payloads and /apis/events-api.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import html
import json
import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.sandbox.slack.blockkit import elements, offer_problems, view_problems
from bot.sandbox.slack.records import APP_ID, BOT_USER, Ack, Channel, Ephemeral, Json, Message
from bot.sandbox.slack.world import World

DEADLINE = 3.0
SHORTEST_QUERY = 3  # what somebody must have typed before an external menu asks, where it does not say otherwise
NONE: Mapping[str, str] = MappingProxyType({})
FORMATTED = re.compile(r"(<(?:[@#!]|https?:|mailto:)[^<>]*>)")
CHOICE = {  # element type: what its state calls the choice
    "static_select": "option",
    "external_select": "option",
    "radio_buttons": "option",
    "overflow": "option",
    "users_select": "user",
    "conversations_select": "conversation",
    "channels_select": "channel",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "date_time",
    "checkboxes": "options",
    "multi_static_select": "options",
    "multi_external_select": "options",
    "multi_users_select": "users",
    "multi_conversations_select": "conversations",
    "multi_channels_select": "channels",
}


class People(World):
    """A World whose people can act; every answer of the bot is kept in `acks`.

    `transport` replaces the network, for an ASGI app in the same process, and Socket Mode with it.
    """

    def __init__(self, **world: Any) -> None:
        super().__init__(**world)
        self.acks: list[Ack] = []
        self.transport: httpx.AsyncBaseTransport | None = None
        self._suggested: dict[str, list[Json]] = {}

    # -- the wire

    def sign(self, body: bytes | str, at: float | None = None) -> dict[str, str]:
        """The headers of a request with this body, signed at `at` (Unix seconds; by default now)."""
        raw, stamp = body.encode() if isinstance(body, str) else body, str(int(time.time() if at is None else at))
        digest = hmac.new(self.signing_secret.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()
        kind = "application/json" if raw.startswith(b"{") else "application/x-www-form-urlencoded"
        return {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }

    async def raw(self, body: bytes | str, headers: Mapping[str, str]) -> Ack:
        """Post anything at all to the bot's request URL, and hang up after three seconds as Slack does."""
        start = time.monotonic()
        status, answered = 0, None
        try:
            # Plain http on loopback: loading certificates would cost 40 ms an act.
            async with (
                asyncio.timeout(DEADLINE + 0.01),
                httpx.AsyncClient(transport=self.transport, timeout=None, verify=False, trust_env=False) as client,
            ):
                response = await client.post(self.events_url, content=body, headers=dict(headers))
            status, answered = response.status_code, _body(response)
        except (TimeoutError, httpx.TransportError):
            pass  # status 0 says so
        ack = Ack(status, answered, time.monotonic() - start)
        self.acks.append(ack)
        self.changed()
        return ack

    async def _deliver(self, kind: str, payload: Json, body: str, headers: Mapping[str, str] = NONE) -> Ack:
        """`payload` to a WebSocket, or the same as the `body` of a request."""
        if not self.socket_mode or self.transport:
            return await self.raw(body, self.sign(body) | dict(headers))
        ack = await self.sockets.deliver(kind, payload)
        self.acks.append(ack)
        self.changed()
        return ack

    async def _interaction(self, user: str, payload: Json) -> Ack:
        common: Json = {"user": self._who(user), "api_app_id": APP_ID, "token": "sandbox-verification"}
        common |= {"trigger_id": self.trigger(user), "team": self._team(self.team_id)}
        common |= {"enterprise": self._grid(), "is_enterprise_install": False}
        whole = common | payload
        return await self._deliver("interactive", whole, urlencode({"payload": json.dumps(whole)}))

    def _who(self, user: str) -> Json:
        someone = self.users[user]
        return {"id": user, "username": someone.username, "name": someone.username, "team_id": someone.team_id}

    def _grid(self) -> Json | None:
        return {"id": self.enterprise_id, "name": "Acme Group"} if self.enterprise_id else None

    def _team(self, id: str) -> Json:
        return {"id": id, "domain": self.team_name.lower().replace(" ", "-") if id == self.team_id else id.lower()}

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
        team = self._team(self.users[user].team_id)
        fields = {"token": "sandbox-verification", "team_id": team["id"], "team_domain": team["domain"]}
        fields |= {"channel_id": place.id, "channel_name": _channel_name(place)}
        fields |= {"user_id": user, "user_name": self.users[user].username, "command": command, "text": escaped}
        fields |= {"enterprise_id": self.enterprise_id} if self.enterprise_id else {}
        fields |= {"api_app_id": APP_ID, "is_enterprise_install": "false"}
        fields |= {"response_url": self.hook(user, place.id), "trigger_id": self.trigger(user)}
        ack = await self._deliver("slash_commands", fields, urlencode(fields))
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
        return await self._interaction(user, payload | {"response_url": self.hook(user, place.id, message)})

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
        """Use the control of a message whose visible label or action_id is `action`; `value` is what a menu picks.

        `double` sends two clicks at once, as an impatient person does. Raises LookupError when it is not there.
        """
        place, message = self.channel(channel), self.message(channel, ts)
        context = self._around(message) | {"state": {"values": self._state(message.blocks, {})}}
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
        context |= {"state": {"values": self._state(words.blocks, {})}}
        context |= {"response_url": self.hook(user, place.id, words=words)}
        return await self._act(user, words.blocks, action, value, None, context, row)

    async def press_modal(
        self, user: str, action: str, *, value: Any = None, values: Mapping[str, Any] | None = None
    ) -> Ack:
        """The same in the modal that they have open; `values` are what its fields hold, as for `submit`."""
        view = self._seen(user)
        filled = view | {"state": {"values": self._state(view["blocks"], dict(values or {}))}}
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
            facts |= self._chosen(element, value)
        facts["action_ts"] = action_ts or self.next_ts()
        return await self._interaction(user, {"type": "block_actions", "actions": [facts]} | context)

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
        ack = await self._interaction(user, payload | {"value": query} | context)
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
        given = dict(values or {})
        filled = view | {"state": {"values": self._state(view["blocks"], given, check=True)}}
        payload = {"type": "view_submission", "team": self._team(self.users[user].team_id), "view": filled}
        ack = await self._interaction(user, payload | {"response_urls": []})
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
        return await self._interaction(user, {"type": "view_closed", "view": view, "is_cleared": False})

    def _seen(self, user: str) -> Json:
        view = self.modal(user)
        if view is None:
            raise LookupError(f"{user} has no modal open")
        return view

    def _state(self, blocks: list[Json], given: Json, *, check: bool = False) -> Json:
        """`state.values` of these blocks with `given` filled in."""
        values: Json = {}
        for block, element in elements(blocks):
            if element["type"] in ("button", "overflow"):
                continue
            key = next((k for k in (element["action_id"], block["block_id"]) if k in given), None)
            state = self._filled(element, given.pop(key)) if key else self._initial(element)
            if check and block["type"] == "input":
                _check_filled(block, element, state)
            values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **state}
        if given:
            raise LookupError(f"no such field: {', '.join(given)}; there are {values}")
        return values

    def _initial(self, element: Json) -> Json:
        choice = CHOICE.get(element["type"])
        if choice is None:
            return {"value": element.get("initial_value")}
        return {f"selected_{choice}": element.get(f"initial_{choice}", [] if choice.endswith("s") else None)}

    def _filled(self, element: Json, value: Any) -> Json:
        return self._chosen(element, value) if element["type"] in CHOICE else {"value": value}

    def _chosen(self, element: Json, value: Any) -> Json:
        choice = CHOICE[element["type"]]
        if choice == "options":
            return {"selected_options": [self._option(element, one) for one in value]}
        return {f"selected_{choice}": self._option(element, value) if choice == "option" and value else value}

    def _option(self, element: Json, wanted: Any) -> Json:
        """The option with this value or label; an external menu takes what it offered, or a whole option."""
        if isinstance(wanted, dict):
            return wanted
        groups = [element, *element.get("option_groups", [])]
        options: list[Json] = [o for group in groups for o in group.get("options", [])]
        options += self.suggested(element["action_id"])
        for option in options:
            if wanted in (option["value"], option["text"]["text"]):
                return dict(option)
        raise LookupError(f"no option {wanted!r} in {[option['text']['text'] for option in options]}")

    # -- events

    async def event(
        self, type: str, *, event_id: str | None = None, retry: int = 0, shared: bool | None = False, **fields: Any
    ) -> Ack:
        """An Events API delivery; give the same `event_id` and a `retry` number to deliver it again.

        `shared` says whether the channel is; None leaves that out.
        """
        envelope: Json = {"token": "sandbox-verification", "team_id": self.team_id, "api_app_id": APP_ID}
        envelope |= {"enterprise_id": self.enterprise_id} if self.enterprise_id else {}
        envelope |= {"type": "event_callback", "event_id": event_id or self.next_id("Ev")}
        envelope |= {"event_time": int(self.now()), "event": {"type": type, "event_ts": self.next_ts(), **fields}}
        us = {"enterprise_id": None, "team_id": self.team_id, "user_id": BOT_USER, "is_bot": True}
        envelope |= {"authorizations": [us | {"is_enterprise_install": False}]}
        envelope |= {} if shared is None else {"is_ext_shared_channel": shared}
        again = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        return await self._deliver("events_api", envelope, json.dumps(envelope), again)

    async def open_home(self, user: str) -> Ack:
        """Open the bot's Home tab."""
        view = self.home(user)
        seen: Json = {"view": view} if view else {}
        return await self.event("app_home_opened", user=user, channel=self.dm(user).id, tab="home", **seen)


def find(blocks: list[Json], wanted: str, row: int = 0) -> tuple[Json, Json]:
    """The control with this visible label, placeholder or action_id, and its block; raises LookupError.

    Of several that fit, number `row` from 0. `block_id/action_id` tells controls of several blocks apart.
    """
    labels, fitting = [], 0
    for block, element in elements(blocks):
        text = element.get("text") or element.get("placeholder") or block.get("label") or {}
        if wanted in (element["action_id"], text.get("text"), f"{block['block_id']}/{element['action_id']}"):
            if fitting == row:
                return block, element
            fitting += 1
        labels.append(text.get("text") or element["action_id"])
    raise LookupError(f"no control {wanted!r}; there are {labels}")


def _check_filled(block: Json, element: Json, state: Json) -> None:
    label, value = block["label"]["text"], next(iter(state.values()))
    if value in (None, "", []) and not block.get("optional"):
        raise ValueError(f"Slack asks to fill in {label!r} first")
    if isinstance(value, str) and value and element["type"] == "plain_text_input":
        shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
        if not shortest <= len(value) <= longest:
            raise ValueError(f"Slack wants {shortest} to {longest} characters in {label!r}: {len(value)}")


def _channel_name(channel: Channel) -> str:
    return "directmessage" if channel.user else "privategroup" if channel.private else channel.name


def _body(response: httpx.Response) -> Json | str | None:
    if "json" in response.headers.get("content-type", ""):
        try:
            body: Json = response.json()
        except ValueError:
            return response.text
        return body
    return response.text or None
