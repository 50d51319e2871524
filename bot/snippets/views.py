"""The menu of saved replies in a form, and the forms in which they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from bot.slack.blocks import Block, View, actions, button, confirm, context, label, modal, option, quote, section
from bot.slack.inputs import INPUT, field, text_input
from bot.snippets import words
from bot.text import clip, literal, plain

TITLE: Final = "Saved replies"
NEW: Final = "new"  # instead of a key, what a button asks for
PAGE: Final = 20  # saved replies on one page of the list
NAME: Final = 60  # code points
_OFFERED: Final = 100  # options that a menu takes
_SAID: Final = "snippet_said"  # the block that says why a saved reply was not put into a form


class Shown(NamedTuple):
    """A saved reply as a form shows it; `key` names it, `rev` its version."""

    key: str
    rev: str
    name: str
    text: str
    teams: bool


# --- choosing one ----------------------------------------------------------------------------------------------------


def menu(turn: int = 0) -> Block:
    """The menu above a text field. Slack keeps what was chosen in a block of one id: a new `turn` empties it."""
    element = {"type": "external_select", "action_id": "snippet", "min_query_length": 0}
    return {
        "type": "input",
        "block_id": f"snippet:{turn}",
        "label": label("Saved reply"),
        "element": {**element, "placeholder": label("Choose one, or type to find it")},
        "dispatch_action": True,
        "optional": True,
    }


def offered(own: Sequence[tuple[str, str, str]], teams: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """What the menu offers, each with its key, name and text: one's own first. At most a hundred in all."""
    groups = [("Yours", own[:_OFFERED]), ("The team's", teams[: max(_OFFERED - len(own), 0)])]
    made = [
        {"label": label(title), "options": [option(_line(name, text), key) for key, name, text in some]}
        for title, some in groups
        if some
    ]
    return {"option_groups": made} if made else {"options": []}


def with_text(view: View, turn: int, text: str | None, said: str = "", missing: Collection[str] = ()) -> View:
    """`view` with an empty menu, and `text` in its text field; None leaves the field as it is.

    Slack keeps what somebody typed into a block of one id, so what is to stand there needs another. `said` is mrkdwn.
    `missing` are the places in the text that have no value.
    """
    blocks: list[Block] = []
    for block in view["blocks"]:
        name = (block.get("element") or {}).get("action_id")
        if name == "snippet":
            blocks += [menu(turn), *([{**context(said), "block_id": _SAID}] if said else [])]
        elif name == "text" and text is not None:
            filled = {**block["element"], "initial_value": literal(text)}
            blocks.append({**block, "block_id": _marked(f"text:{turn}", missing), "element": filled})
        elif block.get("block_id") != _SAID:
            blocks.append(block)
    return {**view, "blocks": blocks}


def without_value(view: View, missing: Collection[str]) -> View:
    """`view`, of whose text the places `missing` have no value."""
    field = text_field(view)
    marked = {**field, "block_id": _marked(field["block_id"], missing)}
    return {**view, "blocks": [marked if one is field else one for one in view["blocks"]]}


def _marked(block_id: str, missing: Collection[str]) -> str:
    """The form itself says what is missing: Slack sends that with what somebody wrote, however late."""
    return "|".join([block_id, *([",".join(sorted(missing))] if missing else [])])


def missing_in(block_id: str) -> set[str]:
    """The places that have no value in the text field of that block."""
    return set(filter(None, block_id.partition("|")[2].split(",")))


def text_field(view: View) -> Block:
    """The block of a form into which saved replies are put."""
    return next(one for one in view["blocks"] if (one.get("element") or {}).get("action_id") == "text")


# --- keeping them ----------------------------------------------------------------------------------------------------


def listed(some: Sequence[Shown], *, page: int, metadata: str, said: str = "", admin: bool) -> View:
    """Page `page` (from 0) of all that somebody may use. `said` is mrkdwn: what was done just now."""
    pages = max(1, -(-len(some) // PAGE))
    page = min(page, pages - 1)
    add: Block = button("New saved reply", "snippet_edit", NEW)
    find: Block = {"type": "external_select", "action_id": "snippet_find", "min_query_length": 0}
    find["placeholder"] = label("Type a part of its name or text")
    turn = [button("Previous", "snippets_back", str(page - 1))] if page else []
    turn += [button("Next", "snippets_on", str(page + 1))] if page + 1 < pages else []
    return modal(
        TITLE,
        [
            *([section(said)] if said else []),
            *actions("snippets_top", [add, *([find] if some else [])]),
            *([] if some else [section(words.NONE_YET)]),
            *(_listed(one, admin=admin) for one in some[page * PAGE : (page + 1) * PAGE]),
            *([context(f"Page {page + 1} of {pages}")] if pages > 1 else []),
            *actions("snippets_turn", turn),
        ],
        private_metadata=metadata,
        close="Close",
    )


def _listed(one: Shown, *, admin: bool) -> Block:
    whose = "the team's" if one.teams else "yours"
    words_for = "Edit" if admin or not one.teams else "Read"
    said = section(f"*{plain(one.name, 150)}* · {whose}\n{plain(' '.join(one.text.split()), 150)}")
    return {**said, "accessory": button(words_for, "snippet_edit", one.key)}


def edit(
    *,
    name: str,
    text: str,
    metadata: str,
    stamp: str,
    old: Shown | None = None,
    whose: str | None = None,
    said: str = "",
    theirs: Shown | None = None,
) -> View:
    """The form of one saved reply. `whose` asks whom a new one is for, where there is a choice: "team", or the other.

    `said` is mrkdwn; `theirs` is how it was saved meanwhile by somebody else. `stamp` is another one each time: Slack
    keeps what was typed into a block of one id.
    """
    people = [option(words.EVERYBODY, "team"), option(words.MYSELF, "me")]
    chosen = people[0] if whose == "team" else people[1]
    for_whom = {"type": "radio_buttons", "options": people, "initial_option": chosen}
    back = button("All saved replies", "snippets_list", "0")
    return modal(
        TITLE,
        [
            *([section(said)] if said else []),
            *([section(words.theirs(theirs.name)), *quote(theirs.text, INPUT)] if theirs else []),
            {**field("name", "Name", text_input(NAME, name)), "block_id": f"name:{stamp}"},
            {**field("snippet_text", "Text", text_input(text=text, lines=True)), "block_id": f"text:{stamp}"},
            context(words.EXPLAINED),
            *([field("whose", "Who may use it", for_whom)] if whose else []),
            *actions("snippet_acts", [back, *([_remove(old)] if old else [])]),
        ],
        callback_id="snippet",
        submit=label("Save"),
        private_metadata=metadata,
    )


def read(one: Shown, metadata: str) -> View:
    """The same for who may not change it."""
    back = button("All saved replies", "snippets_list", "0")
    said = [section(f"*{plain(one.name, 150)}*"), *quote(one.text, INPUT), context(words.TEAMS)]
    return modal(TITLE, [*said, *actions("snippet_acts", [back])], private_metadata=metadata, close="Close")


def _remove(old: Shown) -> Block:
    whom = "Everybody loses it" if old.teams else "You lose it"
    sure = confirm("Remove it?", f"{whom}: “{clip(literal(old.name), 100)}”.", "Remove")
    return button("Remove", "snippet_remove", f"{old.key} {old.rev}", style="danger", confirm=sure)


def _line(name: str, text: str) -> str:
    """`Refund: Hi {first_name|there}, we…` in a menu."""
    return literal(f"{name}: {' '.join(text.split())}", 75)
