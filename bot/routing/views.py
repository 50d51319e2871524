"""Rules in words and modals: what there is, why a conversation is where it is, and moving it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.slack.blocks import Block, Msg, View, actions, button, context, label, modal, section
from bot.slack.inputs import field
from bot.text import clip_marked, plain, when_long

Parts = Sequence[tuple[str, Sequence[str]]]
"""The conditions of a rule: the field, and what people call its values."""

_CONDITIONS: Final = (
    "• Conditions: `account:@acme`, `platform:x`, `tag:`, `status:`, `assignee:none`, `request:yes`, `campaign:yes`, "
    '`text:"refund"`, `link:yes`, `first:yes`, `followers:&gt;10000`, `verified:yes`, `value:&gt;5000`. A comma means '
    "*or*, several conditions mean *and*. `all` takes everything.\n"
)
ROUTE_USAGE: Final = (
    "*Which conversations go where*\n"
    "• `/inbox route add tag:vip` sends them to the channel you are in; `to:#channel` to another one.\n"
    f"{_CONDITIONS}"
    "• `/inbox route list`, `remove 2`, `move 3 1` (the order counts: the first rule that fits wins).\n"
    "• `/inbox route test @handle` tries the rules on a conversation; `/inbox why @handle` says where it is, and why.\n"
    "• A rule may do more: `mention:@bo`, `tag+:press`, `status+:new`, `no-card` (in lists only). `/inbox assign` says "
    "who gets them."
)
ASSIGN_USAGE: Final = (
    "*Who gets which conversations*\n"
    "• `/inbox assign add tag:vip to:@bo` assigns them to Bo when somebody writes and nobody has them; `to:@ana,@bo` "
    "or a user group in turn.\n"
    "• `after:10m` waits for a volunteer, `most:15` leaves out whoever has 15 open ones.\n"
    f"{_CONDITIONS}"
    "• `/inbox assign list`, `remove 2`, `move 3 1`: one list with the rules of `/inbox route`, and of those that "
    "assign the first one that fits wins. `/inbox assign test @handle` says who is next.\n"
    "• `/inbox away until Mon` and `/inbox back`: meanwhile you get nothing; your quiet hours do the same."
)
ASSIGN_WHOM: Final = "Write who gets them: `to:@bo`, `to:@ana,@bo` in turn, or a user group."
NO_GROUPS: Final = (
    "I may not read who is in a user group: an admin adds the scope `usergroups:read` to the app (`/inbox doctor`). "
    "Until then name people: `to:@ana,@bo`."
)
NO_CARD: Final = "→ no card: it is in lists only"
WHY_USAGE: Final = (
    "Slack doesn't tell me in which thread a command was typed. Open the ⋮ menu of the card or of any message in "
    "its thread, and choose *This message…* and *Why is this here?*; or type `/inbox why @handle`."
)
NO_RULES: Final = "There are no rules yet. `/inbox route add tag:vip` sends conversations to the channel you are in."
UNROUTED: Final = (
    "No rule fits and NOTIFY_CHANNEL is not set, so it is posted nowhere. Add a rule with `/inbox route add`, or set "
    "NOTIFY_CHANNEL and restart me."
)
NOT_A_CHANNEL: Final = "Do that in the channel that the conversations should go to, or add `to:#channel`."


def unknown_verb(typed: str, word: str) -> str:
    return f"I don't understand *{plain(typed, 40)}* after `/inbox {word}`."


def nobody_named(typed: str, *, groups: bool) -> str:
    """`typed` names neither a colleague nor, where those may be read, a user group."""
    if typed.startswith("<") or groups:
        return f"I know nobody and no user group that is called *{plain(typed, 60)}*. Pick one from Slack's list."
    return f"I know nobody who is called *{plain(typed, 60)}*. {NO_GROUPS}"


def no_group(group: str) -> str:
    return f"I can't read who is in <!subteam^{plain(group, 30)}>: is it switched off? Name people: `to:@ana,@bo`."


def not_none(field: str) -> str:
    return f"A rule adds a {field}, it takes none away: name one that there is."


def conditions(parts: Parts) -> str:
    """`tag: *vip* or *lead*, text: *refund*`."""
    said = (f"{name}: {' or '.join(f'*{plain(value, 80)}*' for value in values)}" for name, values in parts)
    return clip_marked(", ".join(said), 1_000) or "everything"


def actions_of(
    *,
    channel: str,
    no_card: bool,
    to: Sequence[str],
    after: float,
    most: int | None,
    mention: Sequence[str],
    tags: Sequence[str],
    status: str,
) -> str:
    """What a rule does: `<#C1>, assigned to <@U1> and <@U2> in turn`; `after` in seconds."""
    parts = [
        *([f"<#{channel}>"] if channel else []),
        *(["no card"] if no_card else []),
        *([_turns(to, after, most)] if to else []),
        *([f"mentions {_named(mention)}"] if mention else []),
        *([f"tag+: {', '.join(f'*{plain(one, 80)}*' for one in tags)}"] if tags else []),
        *([f"status+: *{plain(status, 80)}*"] if status else []),
    ]
    return clip_marked(", ".join(parts), 1_500)


def _turns(to: Sequence[str], after: float, most: int | None) -> str:
    turn = " in turn" if len(to) > 1 or to[0].startswith("S") else ""
    minutes = round(after / 60)
    wait = f" after {minutes // 60} h" if minutes and minutes % 60 == 0 else f" after {minutes} min" if minutes else ""
    limit = f", up to {most} open ones each" if most is not None else ""
    return f"assigned to {_named(to)}{turn}{wait}{limit}"


def _named(ids: Sequence[str]) -> str:
    """Slack users and user groups, as Slack shows them."""
    return ", ".join(f"<!subteam^{one}>" if one.startswith("S") else f"<@{one}>" for one in ids)


def rule_list(rules: Sequence[str], default: str | None) -> str:
    """All rules, with their numbers, and what becomes of the rest; `default` is NOTIFY_CHANNEL."""
    lines = [f"{number}. {one}" for number, one in enumerate(rules, 1)]
    rest = f"<#{default}>" if default else "nowhere: NOTIFY_CHANNEL is not set"
    return _joined([*lines, f"Everything else → {rest}."], "")


def rule_added(number: int, said: str, shadow: int | None, seatless: Sequence[str] = (), word: str = "route") -> str:
    """`said` is the rule; `shadow` the number of an earlier one that leaves it nothing; `seatless` Slack users."""
    never = f" It never gets its turn, as rule {shadow} takes everything: `/inbox {word} move {number} {shadow}`."
    seats = f" {_named(seatless)} has no seat in Inbox and gets nothing until somebody links them." if seatless else ""
    rest = never if shadow else " A conversation follows it with its next message."
    return f"Rule {number}: {said}.{rest}{seats}"


def rule_known(number: int, said: str) -> str:
    return f"That is rule {number} already: {said}."


def rule_removed(said: str) -> str:
    return f"Removed: {said}. Its conversations follow the other rules with their next message."


def rule_moved(said: str, number: int) -> str:
    return f"Rule {number} is now: {said}."


def no_such_rule(typed: str, count: int) -> str:
    there = f"There are {count} rules" if count > 1 else "There is 1 rule" if count else "There are no rules"
    return f"I can't find rule *{plain(typed, 40)}*. {there}; `/inbox route list` shows their numbers."


def changed_meanwhile(user: str) -> str:
    """`user` is a Slack user id."""
    return (
        f"<@{user}> has changed the rules, and you haven't looked at them since: that number may be another rule's by "
        "now, so nothing was changed. Look at `/inbox route list`, then type it again."
    )


def cannot_post(channel: str, code: str) -> str:
    """`code` is Slack's error."""
    remedy = {
        "is_archived": "it is archived. Unarchive it, or choose another one",
        "not_in_channel": "I am not in it. Type `/invite @Inbox` there, then try again",
        "channel_not_found": "I am not in it. Type `/invite @Inbox` there, then try again",
    }.get(code, f"Slack answers {plain(code, 60)}")
    return f"Nothing was changed, as I can't post in <#{channel}>: {remedy}."


def trial(number: int, said: str, unmet: str, *, fits: bool, first: bool) -> str:
    """One rule tried on a conversation; `unmet` are the conditions that do not hold."""
    if first:
        return f"✅ {number}. {said}"
    return f"☑️ {number}. {said} (fits too, but comes later)" if fits else f"✖️ {number}. {said} (not {unmet})"


def tried(name: str, lines: Sequence[str], target: str) -> str:
    """All rules tried on the conversation with `name`; `target` says where it goes."""
    return _joined([f"*{plain(name, 150)}*", *lines, target], "")


def no_conversation(typed: str) -> str:
    return f"I know of no conversation with {plain(typed, 150)} in Inbox. Check the spelling, or give the profile URL."


def goes_to(channel: str | None) -> str:
    return f"→ <#{channel}>" if channel else f"→ {UNROUTED}"


def why(name: str, place: str, reason: str, then: str, *did: str) -> str:
    """Where the card of the conversation with `name` is, the reason, what happens next, and what rules did with it."""
    first = " ".join(part for part in (f"*{plain(name, 150)}*", place, reason, then) if part)
    return clip_marked("\n".join([first, *did]), 2_900)


def placed(channel: str | None, url: str | None) -> str:
    if channel is None:
        return "has no card in Slack."
    card = f" (<{url}|its card>)" if url else ""
    return f"is in <#{channel}>{card}."


def because_rule(number: int, said: str, *, before: bool) -> str:
    earlier = " It fitted an earlier message, and stays so." if before else ""
    return f"Rule {number} says so: {said}.{earlier}"


def did(number: int | None, before: int, what: str, at: datetime) -> str:
    """What a rule did; `number` is None where the rule is gone, which was the `before`-th then."""
    who = f"Rule {number}" if number else f"A rule that is gone (it was rule {before})"
    return f"{who} {what}, {when_long(at)}."


def because_no_card(number: int, said: str) -> str:
    return f"Rule {number} says so: {said}. It is in lists only: `/inbox unassigned`, `/inbox find`."


def because_pin(user: str, at: datetime, channel: str) -> str:
    return f"<@{user}> moved it to <#{channel}>, {when_long(at)}; no rule moves it any more."


def because_default(channel: str, *, rules: bool) -> str:
    return f"{'No rule fits it' if rules else 'There are no rules'}, and NOTIFY_CHANNEL is <#{channel}>."


def will_move(channel: str) -> str:
    return f"With its next message it moves to <#{channel}>."


def why_message(text: str, thread_id: str, *, movable: bool) -> Msg:
    """The answer, and the way to put the conversation somewhere else."""
    move = [button("Move to…", "move_thread", thread_id)] if movable else []
    return {"text": text, "blocks": [section(text), *actions("why_actions", move)]}


def why_modal(blocks: list[Block], metadata: str) -> View:
    """The same answer where somebody asked in a modal."""
    return modal("Why is this here?", blocks, close="Close", private_metadata=metadata)


def move_modal(metadata: str) -> View:
    """Where to? Nothing chosen lets the rules decide."""
    chooser = {
        "type": "conversations_select",
        "placeholder": label("Let the rules decide"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    note = "A new card is posted there, and the old one shows where it went. I must be in that channel."
    return modal(
        "Move to…",
        [field("channel", "Channel", chooser, optional=True), context(note)],
        callback_id="move_thread",
        submit=label("Move"),
        private_metadata=metadata,
    )


def released(name: str, channel: str | None) -> str:
    where = f"that is <#{channel}>." if channel else "no rule fits it, so its card stays where it is."
    return f"The rules decide again where *{plain(name, 150)}* is: {where}"


def _joined(lines: Sequence[str], none: str) -> str:
    """The lines below each other; what does not fit in a message is counted."""
    shown: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > 2_900:
            return "\n".join([*shown, f"… and {len(lines) - len(shown)} more"])
        shown.append(line)
    return "\n".join(shown) or none
