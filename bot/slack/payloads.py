"""Slack's payloads read into the few things the bot needs. Only what Slack signed comes in here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from slack_bolt.async_app import AsyncAck

from bot.queue.job import Asker

Ack = AsyncAck
"""Answers Slack; a listener calls it within three seconds."""
Body = Mapping[str, Any]
"""What Slack signed, as it came."""
MORE: Final = "more"
"""The action id of a card's menu."""
# What reading a payload of another shape than Slack's raises.
MALFORMED: Final = (KeyError, TypeError, AttributeError, IndexError, ValueError)


def read(raw: str, content_type: str) -> dict[str, Any]:
    """The payload of a request: JSON, a form, or JSON in a form. Raises `MALFORMED`, and `RecursionError`.

    https://docs.slack.dev/interactivity/handling-user-interaction#payloads
    """
    if content_type.partition(";")[0].strip() == "application/json" or raw.startswith("{"):
        said = json.loads(raw)
    else:
        pairs = (pair.partition("=") for pair in raw.replace("+", " ").split("&") if pair)
        form = {_decoded(name): _decoded(value) for name, _, value in pairs}
        said = json.loads(form["payload"]) if "payload" in form else form
    if not isinstance(said, dict):
        raise TypeError("no object")
    return said


def _decoded(value: str) -> str:
    """As `urllib.parse.unquote` has it, which takes longer; most parts need none of it."""
    return unquote_to_bytes(value).decode("utf-8", "replace") if "%" in value else value


def asker(body: Body) -> Asker:
    """Who sent a command, click, shortcut or submission, by their own workspace and not the channel's.

    What is pressed in a modal is answered where the modal was asked for.
    """
    user = body.get("user") or {}
    if not user:  # a slash command is a flat form
        return Asker(
            user=body["user_id"],
            team=body.get("team_id"),
            enterprise=body.get("enterprise_id"),
            channel=body.get("channel_id"),
            response_url=body.get("response_url"),
            trigger=body.get("trigger_id"),
            command=True,
        )
    container = body.get("container") or {}
    message = body.get("message") or {}
    _about, *place = str((body.get("view") or {}).get("private_metadata") or "").split("|")
    channel, thread_ts = (*place, "", "")[:2]
    return Asker(
        user=user["id"],
        team=user.get("team_id") or (body.get("team") or {}).get("id"),
        enterprise=user.get("enterprise_id") or (body.get("enterprise") or {}).get("id"),
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id") or channel or None,
        thread_ts=message.get("thread_ts") or container.get("thread_ts") or thread_ts or None,
        response_url=body.get("response_url"),
        trigger=body.get("trigger_id"),
    )


def submitted(body: Body, name: str) -> str:
    """The value of the input whose action is called `name`; "" when it is absent or empty."""
    state = _state(body, name)
    picked = (state.get(f"selected_{what}") for what in ("conversation", "date", "time"))
    chosen = (state.get("selected_option") or {}).get("value") or next(filter(None, picked), None)
    return str(chosen or state.get("value") or "")


def filled_in(body: Body, name: str) -> str:
    """What the bot had written into the text field of that name before anybody typed."""
    blocks = (body.get("view") or {}).get("blocks") or []
    found = (one["element"].get("initial_value") for one in blocks if one.get("block_id") == name)
    return str(next(found, None) or "")


def ticked(body: Body, name: str) -> list[str]:
    """The values of the boxes that are ticked in the input whose action is called `name`."""
    return [str(one["value"]) for one in _state(body, name).get("selected_options") or []]


def block_of(body: Body, name: str) -> str:
    """The id of the block with that input: another one each time that the bot writes something into its field."""
    return next(_blocks_of(body, name), name)


def has_field(body: Body, name: str) -> bool:
    """Whether the form has an input whose action is called `name`."""
    return any(_blocks_of(body, name))


def _blocks_of(body: Body, name: str) -> Iterator[str]:
    blocks = (body.get("view") or {}).get("blocks") or []
    return (str(one["block_id"]) for one in blocks if (one.get("element") or {}).get("action_id") == name)


def _state(body: Body, name: str) -> Mapping[str, Any]:
    blocks = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    return next((block[name] for block in blocks.values() if block.get(name)), {})


def remembered(about: str, asker: Asker, more: str = "") -> str:
    """What a modal remembers: what it is about, where its result is told, and `more` for `more_of`."""
    return f"{about}|{asker.channel or ''}|{asker.thread_ts or ''}" + (f"|{more}" if more else "")


def more_of(body: Body) -> str:
    """What the modal remembers besides."""
    return (str((body.get("view") or {}).get("private_metadata") or "").split("|", 3) + [""] * 4)[3]


def from_modal(body: Body) -> tuple[str, Asker]:
    """What the modal is about, and who submitted it with the place where they began."""
    return str((body.get("view") or {}).get("private_metadata") or "").partition("|")[0], asker(body)


def modal_of(body: Body) -> str:
    """The id of the modal in which a button was pressed; "" elsewhere."""
    view = body.get("view") or {}
    return str(view["id"]) if view.get("type") == "modal" else ""


def from_event(body: Body) -> Asker:
    """Whose event it is. `team_id` is where it happened; an outsider's own workspace is named within the event."""
    event = body["event"]
    return Asker(
        user=event["user"], team=event.get("user_team") or body.get("team_id"), enterprise=body.get("enterprise_id")
    )


def author(body: Body, said: Body) -> Asker:
    """Who wrote `said`, a message within an event, and where. In a shared channel their own workspace is named.

    The organisation that an event names is ours, and the author's only where no other one can be in the channel.
    """
    team = said.get("user_team") or said.get("source_team") or said.get("team") or body.get("team_id")
    among_us = team == body.get("team_id") or body.get("is_ext_shared_channel") is False
    return Asker(
        user=said["user"],
        team=team,
        enterprise=body.get("enterprise_id") if among_us else None,
        channel=body["event"]["channel"],
        thread_ts=said["thread_ts"],
    )


def seen_in(body: Body) -> str:
    """The private list whose row was pressed, `list|id|page`, or `home`; "" on a card."""
    place, _, _row = _pressed_row(body)
    return "home" if place.startswith("home|") else place if place.startswith("list|") else ""


def shown_until(body: Body) -> str | None:
    """What the pressed row says of how much it shows (`blocks.marked`); None where it says nothing, as on a card."""
    _number, marked, until = _pressed_row(body)[2].partition("@")
    return until if marked else None


def _pressed_row(body: Body) -> tuple[str, str, str]:
    actions = body.get("actions") or [{}]
    return str(actions[0].get("block_id") or "").rpartition("|")


def ticked_now(body: Body) -> tuple[str, ...]:
    """The values of all boxes of the group that was clicked that are ticked now."""
    return tuple(str(one["value"]) for one in body["actions"][0].get("selected_options") or ())


def picked_now(body: Body) -> str:
    """The value of the option that was chosen in the menu; "" when there is none."""
    return str((body["actions"][0].get("selected_option") or {}).get("value") or "")


def button_value(body: Body) -> str:
    """The value of the button that was pressed, or what the option that was chosen in a card's menu is about."""
    return _value(body).partition("|")[2] if chosen_in_menu(body) else _value(body)


def chosen_in_menu(body: Body) -> str:
    """The name of the option that was chosen in a card's menu (`blocks.more`); "" for every other control."""
    return _value(body).partition("|")[0] if (body.get("actions") or [{}])[0].get("action_id") == MORE else ""


def _value(body: Body) -> str:
    action = (body.get("actions") or [{}])[0]
    return str((action.get("selected_option") or action).get("value") or "")


def clicked(body: Body) -> str:
    """The name of one click or shortcut, however often Slack delivers it: who acted, and when."""
    actions = body.get("actions") or [body]
    return f"{body['user']['id']}:{actions[0].get('action_ts') or body.get('trigger_id')}"
