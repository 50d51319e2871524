"""What admins and people who link themselves read, as Slack mrkdwn."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text import code, plain

UNLINKED_YOU = "You are unlinked from Inbox now. `/inbox link` matches you by your e-mail address again."
OWN_ADDRESS_ONLY = (
    "You can link yourself only to the Inbox member with your own e-mail address: `/inbox link`. "
    "For any other, ask an admin to run `/inbox link @you name@company.com`."
)
RESUMED = " I'm doing now what you tried before."
LINKED_MEANWHILE = "Your link was changed in this moment. `/inbox whoami` says how it is now."
LINK_USAGE = "Use `/inbox link @user name@company.com` or `/inbox unlink @user`; pick the person from Slack's list."
NO_LINKS = "Nobody is linked to an Inbox member yet."
GUEST_USAGE = "Use `/inbox allow @guest` or `/inbox disallow @guest`; pick the person from Slack's list."
CONSENT_USAGE = "Use `/inbox consent` or `/inbox consent off` in the channel that it is for."
NO_ACTS = "Nobody has done anything yet."


def linked(user: str, name: str, others: Sequence[str] = ()) -> str:
    """`user` is a Slack user id, and so are `others`, who act as the same member."""
    also = f" So does {', '.join(f'<@{one}>' for one in others)}: if that is wrong, unlink them." if others else ""
    return f"<@{user}> now acts as *{plain(name, 100)}* in Inbox.{also}"


def linked_you(admin: str, name: str, *, resumed: bool) -> str:
    """`admin` is a Slack user id; `resumed` when what was refused before is done now."""
    return f"<@{admin}> linked you to *{plain(name, 100)}* in Inbox." + (RESUMED if resumed else "")


def unlinked(user: str) -> str:
    return f"<@{user}> is no longer linked, and no address matches them until `/inbox link`."


def no_member(email: str) -> str:
    return f"No Inbox member has the address {code(email)}. Check it in Inbox → Settings → Members."


def link_line(user: str, name: str | None, email: str, twice: bool) -> str:
    """One line of `/inbox links`; `name` is None when the member is gone."""
    if name is None:
        return f"⚠️ <@{user}> – a member who is no longer in Inbox"  # noqa: RUF001 - a dash
    several = " ⚠️ several people act as this member" if twice else ""
    return f"<@{user}> – *{plain(name, 100)}* ({plain(email, 200)}){several}"  # noqa: RUF001 - a dash


def acts_as(user: str, name: str) -> str:
    """`user` is a Slack user id, `name` the member's or their id."""
    return f"<@{user}> acts as *{plain(name, 100)}*."


def guest(user: str, *, allowed: bool) -> str:
    """`user` is a Slack user id."""
    if allowed:
        return f"The guest <@{user}> may act on Inbox conversations now; they need a seat in Inbox as everybody does."
    return f"The guest <@{user}> may no longer act on Inbox conversations."


def guests(users: Sequence[str]) -> str:
    """Which guests may act, and how to change that; `users` are Slack user ids."""
    who = ", ".join(f"<@{one}>" for one in users)
    return (
        f"These guests may act on Inbox conversations: {who}." if users else "No guest may act."
    ) + f" {GUEST_USAGE}"


def consent(channel: str, *, given: bool) -> str:
    """`channel` is Slack's id."""
    if given:
        return (
            f"I show names and texts in <#{channel}> from now on, also to the other organisations that read it now; "
            "that ends where others join, or nobody else reads it. The cards that stand there get theirs back, one "
            "after the other."
        )
    return (
        f"I show neither names nor texts in <#{channel}> any more while it is shared with another organisation. I take "
        "them out of the cards that stand there too, one after the other."
    )


def stays_unlinked(user: str) -> str:
    """`user` is a Slack user id."""
    return f"<@{user}> was unlinked on purpose: no address matches them until `/inbox link`."


def many_act(count: int) -> str:
    return f"{count:,} people: `bot show` has them all."


def many_unlinked(count: int) -> str:
    return f"{count:,} people were unlinked on purpose: `bot show` names them."


def listed(lines: Sequence[str], none: str) -> str:
    """The lines below each other, or `none`; what does not fit in a message is counted."""
    shown = lines[:100]
    more = [f"… and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
    return "\n".join([*shown, *more]) or none
