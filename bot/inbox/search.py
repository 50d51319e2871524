"""What both versions' clients share about finding conversations: where to look, how far, and whom a lookup found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from bot.address import Candidate
from bot.models import Person, Thread
from bot.records import Record

LIMIT: Final = 200  # conversations that one search reads at the most
Known = tuple[Person, Thread | None]


class Narrow(Record):
    """What Inbox is asked to leave out: ids, of which one must fit; "" stands for none or nobody; empty for any.

    `requests`: only message requests, or none of them. Inbox may know fewer of these than there are: who asks looks
    at what comes.
    """

    accounts: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    requests: bool | None = None


class Search(Record):
    """Which conversations to list; `about` is a member's id for `mine`, what to look for for `words`.

    Archived ones are among those found by words only. `narrow` is for `open` ones, which come with their contacts.
    """

    kind: Literal["mine", "unassigned", "requests", "words", "open"]
    about: str = ""
    narrow: Narrow = Narrow()

    def fits(self, thread: Thread) -> bool:
        """Whether the thread, as it is now, belongs on the list; of words, Inbox alone may know."""
        if thread.idle or (thread.archived and self.kind != "words"):
            return False
        match self.kind:
            case "mine":
                return thread.assignee_id == self.about
            case "unassigned":
                return thread.assignee_id is None
            case "requests":
                return thread.is_request
        return True


class Found(Record):
    """What a search found. `looked` is the number of conversations that were read where that was not all of them."""

    threads: tuple[Thread, ...]
    looked: int | None = None


def candidates(found: Iterable[Known]) -> list[Candidate]:
    """The same as ways to write to somebody."""
    return [
        Candidate(person=person, account_link_id=thread.account_link_id, thread_id=thread.id, thread_url=thread.url)
        if thread
        else Candidate(person=person)
        for person, thread in found
    ]


def says(thread: Thread, words: str) -> bool:
    """Whether each of `words` stands in the person's name or handle or in the last message, ignoring case."""
    person, last = thread.person, thread.last_message
    seen = " ".join([person.name, person.username] if person else []) + " " + (last.text if last else "")
    return all(word in seen.casefold() for word in words.casefold().split())
