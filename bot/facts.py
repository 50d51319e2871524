"""What a team notes of a contact: status, tags, value, notes, default assignee; and what somebody changes of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from msgspec import field

from bot.models import Person, Thread
from bot.records import Record

Fact = Literal["status", "valuation", "notes", "assignee"]
"""`status` and `assignee` are ids; None is nothing, or nobody."""
Value = str | float | None


class Contact(Record):
    """What Inbox says of the person with whom `thread` is. v1 leaves the default assignee out of `facts`.

    `id` is v2's contact, with all of its profiles, or v1's prospect, who has one.
    """

    id: str
    thread: Thread
    facts: dict[Fact, Value]
    tag_ids: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.thread.who

    def lacks(self, wanted: ContactChange) -> ContactChange:
        """As much of `wanted` as is not true yet; what Inbox does not tell may be true or not."""
        return ContactChange(
            facts={name: value for name, value in wanted.facts.items() if self.facts.get(name, ...) != value},
            add=tuple(one for one in wanted.add if one not in self.tag_ids),
            remove=tuple(one for one in wanted.remove if one in self.tag_ids),
        )

    def changed(self, since: Mapping[Fact, Value], of: Collection[Fact]) -> list[Fact]:
        """Those facts among `of` that are no longer what they were in `since`, which has all that was told then."""
        return [one for one in of if one in since and one in self.facts and since[one] != self.facts[one]]


class Acquaintance(Record):
    """All that Inbox knows of a person: on every platform, and each conversation of theirs with the team's accounts.

    `since` is when Inbox first knew of them, None where it does not say. v1 knows one platform, X.
    """

    profiles: tuple[Person, ...]
    threads: tuple[Thread, ...]
    since: datetime | None = None
    notes: str = ""


class ContactChange(Record):
    """What is to be another way: `facts` by name, and ids of tags to `add` and to `remove`."""

    facts: dict[Fact, Value] = field(default_factory=dict)
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.facts or self.add or self.remove)

    @property
    def names(self) -> list[str]:
        """What it is about, in the words of the record: `status`, `tags`."""
        return [*self.facts, *(["tags"] if self.add or self.remove else [])]

    def only(self, facts: Collection[Fact]) -> ContactChange:
        """As much of this as is about these facts."""
        return ContactChange(facts={name: value for name, value in self.facts.items() if name in facts})

    def without(self, other: ContactChange) -> ContactChange:
        """This, but for what is in `other`."""
        return ContactChange(
            facts={name: value for name, value in self.facts.items() if name not in other.facts},
            add=tuple(one for one in self.add if one not in other.add),
            remove=tuple(one for one in self.remove if one not in other.remove),
        )

    def and_also(self, other: ContactChange) -> ContactChange:
        """Both; of a fact in both, what `other` says."""
        return ContactChange(
            facts=self.facts | other.facts,
            add=tuple(dict.fromkeys([*self.add, *other.add])),
            remove=tuple(dict.fromkeys([*self.remove, *other.remove])),
        )
