"""What both versions' clients share about finding conversations: where to look, how far, and whom a lookup found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.models import Candidate, Person, Thread

LIMIT: Final = 200  # conversations that one search reads at the most
Known = tuple[Person, Thread | None]


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
