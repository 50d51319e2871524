"""The form of a contact, what somebody changed in it, and what of that is shown."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from bot.facts import ContactChange, Fact, Value
from bot.queue.job import Asked, Filled, Job


class OpenContact(Filled, tag="open_contact"):
    """Fill the loading view of a contact; `draft` is what somebody wanted of it and could not save."""

    recorded: ClassVar[tuple[str, str]] = ("contact", "{thread_id}")
    thread_id: str
    draft: str = ""


class ChangeContact(Asked, tag="change_contact"):
    """Let the contact of a thread be as `change` says. Changes of one contact are made one after the other.

    `shown` is what Inbox said of the facts in `change` when they were chosen, as far as it said anything; `named` are
    names by id of what was chosen. `append` goes below the notes, whatever they are by then; with `sign`, who wrote it
    and when is put before it, and it may be what `message_id` says. `view_id` is the modal in which the outcome is
    told, if any. `begun` is set before Inbox is asked to change anything.
    """

    recorded: ClassVar[tuple[str, str]] = ("contact", "{thread_id}")
    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "contact:{contact_id}"
    thread_id: str
    contact_id: str
    change: ContactChange = field(default_factory=ContactChange)
    shown: dict[Fact, Value] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    append: str = ""
    sign: bool = False
    message_id: str = ""
    view_id: str = ""
    begun: bool = False
    told: bool = False

    @property
    def described(self) -> tuple[str, str]:
        return "save_note" if self.append or self.message_id else "contact", self.thread_id


class ShowContact(Job, tag="show_contact"):
    """Draw a thread's card with its contact as it is now, of which `by`, who acts as `member_id`, changed `done`.

    `assigned_before` is who had the thread until then. `quiet`: Inbox is asked behind what people ask.
    """

    waits_in: ClassVar[str] = "thread:{thread_id}"
    thread_id: str
    by: str = ""
    member_id: str = ""
    done: ContactChange = field(default_factory=ContactChange)
    assigned_before: str | None = None
    quiet: bool = False

    @property
    def assignee(self) -> str | None:
        """The contact's default assignee from now on, where that was changed."""
        found = self.done.facts.get("assignee")
        return found if isinstance(found, str) else None

    def gives(self, member_id: str | None) -> bool:
        """Whether the thread has `member_id` for its assignee because of what was changed."""
        return "assignee" in self.done.facts and member_id != self.assigned_before and member_id == self.assignee
