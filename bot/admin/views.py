"""What people and admins read of a request to act in Inbox, and what an admin decides it with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.models import Member, Thread
from bot.slack.blocks import Block, Msg, actions, button, confirm, is_web, label, option, section
from bot.text import clip, literal, plain, when_long

MOST: Final = 100  # options that Slack takes in a select menu
LONGEST: Final = 150  # characters of an option's value
NAMELESS: Final = ("snippets", "snippet saved", "snippet removed")  # acts that are about nothing with a name here
WITH_A_MEMBER: Final = ("link", "assign_to", "assign_by_rule")  # acts whose outcome says which one
SLACK_ID: Final = re.compile(r"[UWCG][A-Z0-9]{2,}")

ASKED: Final = "I have asked the admins. I'll tell you what they decide."
ASKED_ALREADY: Final = "I have asked the admins already, and ask them once a day. I'll tell you what they decide."
MAY_ALREADY: Final = "You can act in Inbox now. Try again what you wanted to do."
TOO_OLD: Final = "That request is more than a month old. `/inbox allow` and `/inbox link` do the same."
GONE: Final = "That member is no longer in Inbox. Choose another one."


def asks_to_be_let_in(user: str) -> Msg:
    """What admins read; `user` is the Slack id of a guest."""
    says = (
        f"<@{user}> asks to act in Inbox. They are a guest here: a guest acts only when an admin lets them in, and "
        "needs a seat in Inbox as everybody does."
    )
    return _question(says, [button("Let in", "access_allow", user, style="primary"), _not_now(f"allow|{user}")])


def asks_to_be_linked(user: str, members: Sequence[Member]) -> Msg:
    """What admins read; `members` are those whom nobody acts as, the likeliest first."""
    options = [option(_member(one), one.id) for one in members[:MOST] if len(one.id) <= LONGEST]
    says = f"<@{user}> asks to act in Inbox, and I can't match them to an Inbox member. "
    if not options:
        says += "Somebody acts as each member already: give them a seat in Inbox → Settings → Members."
        return _question(says, [_not_now(f"link|{user}")], user)
    says += "Who are they in Inbox?"
    if len(members) > MOST:
        says += f" The likeliest {MOST} are listed; `/inbox link <@{user}> name@company.com` takes the others."
    return _question(says, [_members(options), _not_now(f"link|{user}")], user)


def is_linked(user: str, name: str) -> str:
    """`name` is the member's."""
    return f"<@{user}> acts as *{plain(name, 100)}* in Inbox already."


def is_let_in(user: str) -> str:
    return f"The guest <@{user}> may act on Inbox conversations already."


def let_in(admin: str) -> str:
    """What the guest reads; `admin` is a Slack user id."""
    return f"<@{admin}> let you act on Inbox conversations. Try again what you wanted to do."


def declined(user: str) -> str:
    """What admins read; both are Slack user ids."""
    return f"<@{user}> does not act in Inbox for now. They may ask again tomorrow."


def turned_down(admin: str) -> str:
    """What the asker reads."""
    return f"<@{admin}> does not let you act in Inbox for now. You can ask again tomorrow."


def decided(admin: str, said: str) -> str:
    """What an admin reads whom another one was faster than."""
    return f"<@{admin}> has decided: {said}"


def no_guest(user: str) -> str:
    """What an admin reads who would let somebody in; `user` is a Slack user id."""
    return (
        f"<@{user}> isn't a guest in this workspace, so there is nothing to allow: members act as soon as they have a "
        "seat in Inbox, and people of other organisations never do."
    )


def shared_with_nobody(channel: str) -> str:
    """`channel` is Slack's id."""
    return (
        f"<#{channel}> isn't shared with another organisation, so I show names and texts there anyway. There is "
        "nothing you need to do."
    )


def act(
    at: datetime,
    user: str,
    what: str,
    about: str,
    thread: Thread | None,
    channel: str,
    outcome: str,
    members: Mapping[str, str],
    reference: str,
) -> str:
    """One line of `/inbox log`; `thread` is what it was about, where known, and `members` are names by id."""
    target = "" if what in NAMELESS else _target(about, thread)
    done = " ".join(part for part in (plain(what, 40), target) if part)
    where = f" in {_slack(channel)}" if channel.startswith(("C", "G")) else ""
    became = _became(what, outcome, members)
    return f"{when_long(at)} {_slack(user) or plain(user, 40)} {done}{where}: {became} ({plain(reference, 20)})"


def _became(what: str, outcome: str, members: Mapping[str, str]) -> str:
    """The outcome with a name where it has an id; `members` are none while Inbox does not say who they are."""
    how, _, rest = outcome.partition(": ")
    if how == "done" and rest and what in WITH_A_MEMBER:
        return f"done: {plain(members.get(rest) or ('a former colleague' if members else 'a colleague'), 80)}"
    if what == "move" and _slack(rest):
        return f"{how}: {_slack(rest)}"
    return plain(outcome, 80)


def _target(about: str, thread: Thread | None) -> str:
    if thread is None or thread.person is None:
        return _slack(about) or ("a conversation" if about else "")
    name = plain(thread.person.label, 100)
    return f"<{thread.url}|{name}>" if is_web(thread.url) else name


def _slack(id: str) -> str:
    """A person or channel of Slack's as Slack shows them; "" for what is neither."""
    if not SLACK_ID.fullmatch(id):
        return ""
    return f"<@{id}>" if id[0] in "UW" else f"<#{id}>"


def _question(says: str, elements: Sequence[Block], user: str = "") -> Msg:
    return {"text": says, "blocks": [section(says), *actions(f"access|{user}", elements)]}


def _not_now(about: str) -> Block:
    return button("Not now", "access_no", about)


def _members(options: list[Block]) -> Block:
    """Choosing acts at once, so the menu asks first."""
    sure = confirm("Link them?", "They then act in Inbox as the member that you chose.", "Link")
    menu = {"type": "static_select", "action_id": "access_link", "placeholder": label("Link to…"), "options": options}
    return {**menu, "confirm": sure}


def _member(one: Member) -> str:
    """`Bo Smith (bo@acme.example)` in 75 code points."""
    address = f" ({clip(one.email, 40)})" if one.email else ""
    return clip(literal(one.label), 75 - len(address)) + address
