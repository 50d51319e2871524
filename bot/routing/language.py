"""Rules: how people write them, and which conversations they fit.

`platform:x tag:vip,lead text:"big deal"`: a condition holds when one of its values does, a rule fits when all of its
conditions hold. Values are kept as Inbox's ids, so that a tag may be renamed. What a rule does is in `actions.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Final, NamedTuple, get_args

from bot.errors import Mistake
from bot.recipient import Unreadable
from bot.recipient import read as read_recipient
from bot.routing.actions import SAYS, Actions, checked, names_channel, names_target, with_action
from bot.routing.store import Condition, Field
from bot.text import code, decode, mentioned, money, plain

FIELDS: Final[tuple[Field, ...]] = get_args(Field)
LONGEST: Final = 200  # code points of one value
MOST: Final = 20  # values of one rule


_OTHER_NAMES: Final[dict[str, Field]] = {
    "sender": "account",
    "network": "platform",
    "label": "tag",
    "owner": "assignee",
    "assigned": "assignee",
    "contains": "text",
    "words": "text",
    "says": "text",
    "worth": "value",
    "valuation": "value",
    "statuses": "status",
}
_FILLING: Final = {"to": "to", "in": "to", "into": "to", "and": "and", "&": "and", "when": "", "if": ""}
_THEN: Final = {"->", "→", "=>", "then"}  # behind it, `tag:` and `status:` say what the contact gets
_GIVEN: Final = {"tag": "tag+", "tags": "tag+", "label": "tag+", "status": "status+"}
_FLAGS: Final[dict[str, Field]] = {
    "request": "request", "requests": "request", "campaign": "campaign",
    "verified": "verified", "link": "link", "links": "link", "first": "first",
}  # fmt: skip
NUMBERS: Final = frozenset({"followers", "value"})
_EVERYTHING: Final = {"all", "everything", "anything", "*"}
_YES: Final = {"yes", "true", "on", "1", "y"}
_NO: Final = {"no", "false", "off", "0", "n"}
_NOBODY: Final = {"none", "nobody", "unassigned", "no-one", "noone", "empty"}
_PLATFORMS: Final = {"x": "twitter", "twitter": "twitter", "linkedin": "linkedin"}
_SHOWN_PLATFORMS: Final = {"twitter": "x"}

_QUOTES: Final = str.maketrans("“”„«»‟", '""""""')
_VALUE: Final = r'(?:"[^"]*"|[^\s,"]+)'
_PIECE: Final = re.compile(
    rf"\s*(?:(?P<name>[^\W\d_][\w-]*\+?)\s*[:=]\s*(?P<values>{_VALUE}(?:\s*,\s*{_VALUE})*)?|(?P<bare>\"[^\"]*\"|\S+))"
)
_NUMBER: Final = re.compile(r"(>=|<=|>|<|=|)\s*(\d+(?:\.\d+)?)\s*([km]?)", re.IGNORECASE)
_UNCLEAR: Final = re.compile(r"[1-9]\d{0,2}\.\d{3}")  # thousands in one country, decimals in another
_TIMES: Final = {"": 1, "k": 1_000, "m": 1_000_000}


class Wish(NamedTuple):
    """A condition as it was typed: its values still need their ids."""

    field: Field
    words: tuple[str, ...]


class Draft(NamedTuple):
    """A rule as it was typed. `actions.channel` is None where it does not name one; `marks` stand by themselves."""

    wishes: tuple[Wish, ...]
    actions: Actions = Actions()
    marks: frozenset[str] = frozenset()


class Named(NamedTuple):
    """Something of the team's that a value may mean: its id, what it is called, and other names for it.

    An account's `platform` is where its address is.
    """

    id: str
    name: str
    others: tuple[str, ...] = ()
    platform: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.id, self.name, *self.others


# --- reading ---------------------------------------------------------------------------------------------------------


def read(typed: str, marks: Collection[str] = (), *, verb: str = "route add") -> Draft:
    """What `typed`, after `/inbox` and the verb, asks for, where `marks` are words that may stand by themselves.

    Raises `Mistake`.
    """
    actions, wishes, everything, then, marked = Actions(), list[Wish](), False, False, set[str]()
    last = ""  # what the piece before was about
    for piece in _PIECE.finditer(typed.translate(_QUOTES).strip()):
        name, bare = piece["name"], (piece["bare"] or "").strip('"')
        before, last = last, ""
        if name:
            words, lower = _words(piece["values"] or ""), name.lower()
            lower = _GIVEN.get(lower, lower) if then else lower
            if lower in SAYS:
                actions, last = with_action(actions, lower, words), SAYS[lower]
            else:
                wishes.append(_wish(name, words))
                last = "assignee" if wishes[-1].field == "assignee" and words[-1].casefold() not in _NOBODY else ""
        elif names_target(bare):
            last = "" if names_channel(bare) else _for_what(before, actions)
            actions = with_action(actions, last or "to", (bare,))
        elif bare.lower() in SAYS and SAYS[bare.lower()] == "no-card":
            actions = with_action(actions, "no-card", ())
        elif bare.lower() in _EVERYTHING:
            everything = True
        elif bare.lower() in marks:
            marked.add(bare.lower())
        elif flag := _FLAGS.get(bare.lower()):
            wishes.append(_wish(flag, ("yes",)))
        elif decode(bare).lower() in _THEN:
            then, last = True, "to"
        elif (filling := _FILLING.get(decode(bare).lower())) is not None:
            last = before if filling == "and" else filling
        else:
            raise _stray(bare, wishes)
    return _whole(Draft(tuple(wishes), checked(actions), frozenset(marked)), everything, verb)


def _for_what(before: str, actions: Actions) -> str:
    """The action for which somebody is named by themselves, behind a piece about `before`. Raises `Mistake`."""
    if before == "assignee" or (actions.mention and before not in ("to", "mention")):
        raise Mistake(
            "I can't tell what the second person is for. Put commas between those who belong together, as in "
            "`assignee:@ana,@bo`. In a rule, `to:@ana` assigns, `mention:@ana` mentions."
        )
    return "mention" if before == "mention" else "to"


def _whole(draft: Draft, everything: bool, verb: str) -> Draft:
    if not (draft.wishes or draft.marks or everything):
        raise Mistake(
            f"Say which conversations: for example `/inbox {verb} tag:vip`, or `/inbox {verb} all` for all that "
            f"no rule before it takes. You can use {_all_fields()}."
        )
    if sum(len(wish.words) for wish in draft.wishes) > MOST:
        raise Mistake(f"A rule takes at most {MOST} values: make two rules of it.")
    return draft


def _words(values: str) -> tuple[str, ...]:
    found = (one.strip('"').strip() for one in re.findall(_VALUE, values))
    return tuple(one for one in found if one)


def _wish(name: str, words: tuple[str, ...]) -> Wish:
    field = _field(name.lower())
    if not words:
        raise Mistake(f"What should the {field} be? For example `{field}:{_EXAMPLES[field]}`.")
    if too_long := next((one for one in words if len(one) > LONGEST), None):
        raise Mistake(f"*{plain(too_long, 40)}* is too long: a value has at most {LONGEST} characters.")
    return Wish(field, words)


def _field(name: str) -> Field:
    """The field that `name` means; plurals and a few other names will do."""
    for one in (name, name.removesuffix("s"), f"{name}s"):
        if one in FIELDS:
            return one
        if one in _OTHER_NAMES:
            return _OTHER_NAMES[one]
    near = get_close_matches(name, [*FIELDS, *_OTHER_NAMES, *SAYS], n=1, cutoff=0.6)
    meant = f" Did you mean `{_OTHER_NAMES.get(near[0]) or SAYS.get(near[0], near[0])}`?" if near else ""
    raise Mistake(f"I don't know *{plain(name, 40)}*.{meant} You can use {_all_fields()}.")


def _stray(bare: str, wishes: Sequence[Wish]) -> Mistake:
    shown = plain(decode(bare), 40)
    if wishes:
        last = wishes[-1]
        together = f'{last.field}:"{" ".join([decode(last.words[-1]), decode(bare)])}"'.replace("`", "'")
        return Mistake(
            f"I don't understand *{shown}*. Put words that belong together in quotes: `{plain(together, 100)}`."
        )
    return Mistake(f"I don't understand *{shown}*. Write what it is, such as `text:{shown}` or `tag:{shown}`.")


def _all_fields() -> str:
    return ", ".join(f"`{one}`" for one in FIELDS)


_EXAMPLES: Final[dict[Field, str]] = {
    "account": "@acme",
    "platform": "x",
    "tag": "vip",
    "status": "lead",
    "assignee": "none",
    "request": "yes",
    "campaign": "yes",
    "text": "refund",
    "followers": "&gt;10000",
    "value": "&gt;5000",
    "verified": "yes",
    "link": "yes",
    "first": "yes",
}


# --- from names to ids -----------------------------------------------------------------------------------------------


def condition(wish: Wish, known: Sequence[Named]) -> Condition:
    """The condition that `wish` means, among what the team has. Raises `Mistake`."""
    if wish.field in NUMBERS and len(wish.words) > 1:
        raise Mistake(f"Write one number without commas, as `{wish.field}:{_EXAMPLES[wish.field]}`.")
    unique = dict(pair for word in wish.words for pair in _meant(wish.field, _typed(word), known))
    return Condition(field=wish.field, values=tuple(unique), shown=tuple(unique.values()))


def _typed(word: str) -> str:
    """The words as they were meant; somebody who is mentioned is named by their Slack id."""
    users = mentioned(word)
    return f"<@{users[0]}>" if users else decode(word).strip()


def _meant(field: Field, word: str, known: Sequence[Named]) -> list[tuple[str, str]]:
    """Ids and names that `word` stands for; several accounts may have one name."""
    match field:
        case "text":
            return [(word.casefold(), word)]
        case "request" | "campaign" | "verified" | "link" | "first":
            return [_yes_or_no(field, word)]
        case "followers" | "value":
            return [_amount(field, word)]
        case "platform":
            return [_platform(word, known)]
    if word.casefold() in _NOBODY and field != "account":
        return [("", "none")]
    wanted, platform = _address(word) if field == "account" else (word.casefold().lstrip("@"), None)
    found = [
        one
        for one in known
        if wanted in {part.casefold().lstrip("@") for part in one.names} and platform in (None, one.platform)
    ]
    if not found:
        raise _unknown(field, word, [one.name for one in known])
    return [(one.id, one.name) for one in found]


def _address(word: str) -> tuple[str, str | None]:
    """What an account is called in `word`, and the platform that an address of its profile names."""
    try:
        to = read_recipient(word)
    except Unreadable:
        return word.casefold().lstrip("@"), None
    plain_word = to.platform is None and not word.lstrip().startswith(("@", "＠"))  # noqa: RUF001 - a full-width sign
    return (word.casefold() if plain_word else to.name), to.platform


def _yes_or_no(field: Field, word: str) -> tuple[str, str]:
    if word.casefold() in _YES | _NO:
        said = "yes" if word.casefold() in _YES else "no"
        return said, said
    raise Mistake(f"Write `{field}:yes` or `{field}:no`.")


def _amount(field: Field, word: str) -> tuple[str, str]:
    """`>10000.00`, and how people read it; a number alone is the least that will do."""
    found = _NUMBER.fullmatch(word.strip())
    if found is None:
        raise Mistake(
            f"Write a number, as `{field}:{_EXAMPLES[field]}`; `&lt;`, `&gt;=`, `&lt;=` and `10k` will do as well."
        )
    if _UNCLEAR.fullmatch(found[2]):
        ways = [f"{one}{found[3]}" for one in (found[2].replace(".", ""), f"{float(found[2]):g}")]
        write = " or ".join(code(f"{field}:{found[1]}{one}") for one in ways)
        raise Mistake(f"`{found[2]}{found[3]}` may mean {' or '.join(ways)}. Write {write}.")
    sign, amount = found[1] or ">=", float(found[2]) * _TIMES[found[3].lower()]
    return f"{sign}{amount:.2f}", f"{sign}{money(amount, '')}"


def _platform(word: str, known: Sequence[Named]) -> tuple[str, str]:
    found = _PLATFORMS.get(word.casefold()) or next((one.id for one in known if one.id == word.casefold()), None)
    if found is None:
        raise _unknown("platform", word, ["x", "linkedin"])
    return found, _SHOWN_PLATFORMS.get(found, found)


def _unknown(field: Field, word: str, names: Sequence[str]) -> Mistake:
    if mentioned(word):
        return Mistake(f"I don't know who {word} is in Inbox. An admin can tell me: `/inbox link`.")
    said = f"There is no {field} *{plain(word, 60)}*."
    by_folded = {name.casefold(): name for name in names}
    if near := get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6):
        return Mistake(f"{said} Did you mean *{plain(by_folded[near[0]], 60)}*?")
    shown = ", ".join(plain(name, 60) for name in sorted(names, key=str.casefold)[:15])
    return Mistake(f"{said} There is: {shown}." if shown else f"{said} The team has none at all.")
