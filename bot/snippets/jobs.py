"""Saved replies: their forms, and choosing one."""

from __future__ import annotations

from typing import ClassVar

from bot.queue.job import Filled


class OpenSnippets(Filled, tag="open_snippets"):
    """Fill a view with the list of saved replies, from `page` on."""

    recorded: ClassVar[tuple[str, str]] = ("snippets", "")
    page: int = 0


class OpenSnippet(Filled, tag="open_snippet"):
    """Fill a view with one saved reply; with an empty one, where `snippet` names none."""

    recorded: ClassVar[tuple[str, str]] = ("snippets", "{snippet}")
    snippet: str = ""


class SaveSnippet(Filled, tag="save_snippet"):
    """The form was submitted: `snippet` is "" for a new one, `rev` which version they had before them."""

    recorded: ClassVar[tuple[str, str]] = ("snippet saved", "{snippet}")
    snippet: str = ""
    rev: str = ""
    owner: str
    name: str
    text: str


class RemoveSnippet(Filled, tag="remove_snippet"):
    """Remove a saved reply, unless somebody changed it since they had `rev` before them."""

    recorded: ClassVar[tuple[str, str]] = ("snippet removed", "{snippet}")
    snippet: str
    rev: str


class PutSnippet(Filled, tag="put_snippet"):
    """Put a saved reply behind what is written in a form.

    `typed` is what its text field, the block `field`, held when it was chosen. The form is about the conversation
    `thread_id`, else about whom the fields of `/dm` name: what was typed, who was chosen, and the account.
    """

    noted: ClassVar[bool] = False
    snippet: str
    typed: str
    field: str
    thread_id: str = ""
    recipient: str = ""
    known: str = ""
    account: str = ""
