"""Saved replies: their forms, and choosing one."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Filled


class OpenSnippets(Filled):
    """Fill a view with the list of saved replies, from `page` on."""

    recorded: ClassVar[tuple[str, str]] = ("snippets", "")
    kind: Literal["open_snippets"] = "open_snippets"
    page: int = 0


class OpenSnippet(Filled):
    """Fill a view with one saved reply; with an empty one, where `snippet` names none."""

    recorded: ClassVar[tuple[str, str]] = ("snippets", "{snippet}")
    kind: Literal["open_snippet"] = "open_snippet"
    snippet: str = ""


class SaveSnippet(Filled):
    """The form was submitted: `snippet` is "" for a new one, `rev` which version they had before them."""

    recorded: ClassVar[tuple[str, str]] = ("snippet saved", "{snippet}")
    kind: Literal["save_snippet"] = "save_snippet"
    snippet: str = ""
    rev: str = ""
    owner: str
    name: str
    text: str


class RemoveSnippet(Filled):
    """Remove a saved reply, unless somebody changed it since they had `rev` before them."""

    recorded: ClassVar[tuple[str, str]] = ("snippet removed", "{snippet}")
    kind: Literal["remove_snippet"] = "remove_snippet"
    snippet: str
    rev: str


class PutSnippet(Filled):
    """Put a saved reply behind what is written in a form.

    `typed` is what its text field, the block `field`, held when it was chosen. The form is about the conversation
    `thread_id`, else about whom the fields of `/dm` name: what was typed, who was chosen, and the account.
    """

    noted: ClassVar[bool] = False
    kind: Literal["put_snippet"] = "put_snippet"
    snippet: str
    typed: str
    field: str
    thread_id: str = ""
    recipient: str = ""
    known: str = ""
    account: str = ""
