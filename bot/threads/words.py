"""What is said of a change that was not to be made, as Slack mrkdwn. Where Inbox is away or refuses: `bot.words`."""

from __future__ import annotations

from bot.text import plain

NOTE_TO_NOBODY = "The conversation went to no colleague, so nobody has read what you wrote with it:"


def already(what: str, by: str | None = None) -> str:
    """The conversation is `what` already; `by` made it so."""
    return f"That conversation is already {what}" + (f" (by {plain(by, 100)})." if by else ".")


def assigned_now(who: str, assignee: str) -> str:
    """`who` is mrkdwn, `assignee` a name, or "you"; "" for nobody."""
    has = f"assigned to {plain(assignee, 100)}" if assignee else "nobody's"
    return f"The conversation with {who} is {has}."


def still_assigned(assignee: str) -> str:
    """Unassign did not take the assignee away, as the contact has one."""
    return (
        f"The conversation is assigned to {plain(assignee, 100)} through the contact, so Unassign can't take it away. "
        "Give it to somebody else with *Assign to…*, or change the contact's default assignee with *Contact…*."
    )


def left_open(person: str) -> str:
    """They wrote while somebody answered, who wanted the conversation archived or snoozed then."""
    return f"{plain(person, 100)} wrote while you answered, so the conversation is left open. Look at the card."


def wrote_again(person: str, verb: str) -> str:
    """They wrote after what whoever pressed was shown; `verb` is "archive" or "snooze"."""
    return f"{plain(person, 100)} has written again, so the conversation is left open. Read that, then {verb} it."


def opening_again(person: str) -> str:
    """It was put away as they wrote, and Inbox does not open it again just now."""
    return (
        f"{plain(person, 100)} has written again, so the conversation is to stay open. Inbox isn't answering: I'll "
        "keep trying to open it again for 10 minutes and tell you."
    )


def stays_away(person: str) -> str:
    """It was put away as they wrote, and Inbox refused to open it again, or did not for as long as that is tried."""
    return (
        f"{plain(person, 100)} has written again, but Inbox did not let me open the conversation again. "
        "It is archived and nobody has read that: press *Reopen* on its card."
    )


def not_archived(why: str) -> str:
    """Archiving with a reply has failed; `why` is a whole sentence."""
    return f"Your reply was sent, but the conversation is not archived. {why}"


def not_reminding(why: str) -> str:
    """The reminder that was asked for with a reply has failed; `why` is a whole sentence."""
    return f"Your reply was sent, but I can't remind you of it. {why} *Snooze…* on the card sets another reminder."
