"""What tells that something which lies in Redis is about a person outside the team."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bot.models import Person
from bot.recipient import Recipient, Unreadable, X, folded, keys_of, read
from bot.text import plain

LONG: Final = 10  # characters of an id that stands for nothing else wherever it stands
# Work about several conversations, by its kind: the lists and tables of these that it has, the rest of which goes on.
_SEVERAL: Final = {
    "announce": ("threads",),
    "bulk": ("left", "how", "came"),
    "digest": ("places", "unknown"),
    "look_at_buried": ("left",),
    "nudge": ("threads",),
    "tell_late": ("threads",),
}
_MOVES_ON: Final = {"begun": False, "waits": True, "slept": True}  # a `Bulk` from the lane of who was its next
_SAY: Final = ("tell", "tell_admins", "line", "console")  # kinds of work that is sentences and no more
_JOINER: Final = "\u2060"  # which `plain` puts into names


@dataclass
class Traces:
    """What tells that something is about somebody: ids of theirs and of their conversations, and handles on X.

    `people` are their profiles, on every platform; those that were asked for by name are `named`. `unsure` are ids of
    contacts by which something about others is kept as well, and which tell nothing therefore.
    """

    people: list[Person] = field(default_factory=list)
    named: list[Person] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    handles: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    @property
    def others(self) -> list[Person]:
        """Their profiles beside those that were asked for."""
        named = {(one.platform, one.platform_id) for one in self.named}
        return [one for one in self.people if (one.platform, one.platform_id) not in named]

    def marks(self) -> list[bytes]:
        """Byte strings, in lower case, one of which stands in whatever is about them, or at its end if it begins so."""
        found = {one for one in self.threads if len(one) >= LONG}
        found |= {f'"{one}"' for one in self.threads if len(one) < LONG}
        for person in self.people:
            found |= {one if len(one) >= LONG else f'_id":"{one}"' for one in self._ids(person)}
            found.add(f"\0{person.platform}:{person.platform_id}")
            found |= {f'"{one}"' for one in (person.profile_url,) if one}
        found |= {f'"recipient":"{sign}{one}"' for one in self.recipients() for sign in ("", "@")}
        return [one.lower().encode() for one in sorted(found)]

    def in_work(self) -> Callable[[bytes], bool]:
        """Tells whether an item of a lane is about them, by its ids. One that is sentences and no more is so by their
        names too: a message to somebody else may mention them.
        """
        marks, words = self.marks(), self._words()

        def tells(item: bytes) -> bool:
            return is_about(item, marks) or bool(words and words.search(_said(item)))

        return tells

    def in_form(self) -> Callable[[bytes], bool]:
        """Tells whether an open form is about them: by its ids, by whom it was filled in for, or by what it says."""
        marks, words, recipients = self.marks(), self._words(), self.recipients()

        def tells(raw: bytes) -> bool:
            typed = [
                str(one["initial_value"]) for one in parts(raw) if isinstance(one, dict) and "initial_value" in one
            ]
            says = "\n".join(typed).replace(_JOINER, "").lower()
            named = any(_recipient(one) in recipients for one in typed)
            return is_about(raw, marks) or named or bool(words and words.search(says))

        return tells

    def spared(self, item: bytes) -> bytes | None:
        """The same item of a lane for the others that it is about; None where it is about them alone, or names them."""
        job: Any = next(parts(item[1:]), None)
        words = self._words()
        names = _SEVERAL.get(job.get("kind", ""), ()) if isinstance(job, dict) else ()
        others = {one: self._others(job[one]) for one in names if job.get(one)}
        if not (any(others.values()) or (names and job["kind"] == "digest")):  # which asks what else was missed
            return None
        if job["kind"] == "bulk" and others.get("left") and others["left"][0] != job["left"][0]:
            others |= _MOVES_ON
        said = json.dumps(job | others, ensure_ascii=False, separators=(",", ":"))
        left = item[:1] + said.encode(errors="backslashreplace")
        return None if is_about(left, self.marks()) or (words and words.search(said.lower())) else left

    def _others(self, about: Any) -> Any:
        """A list of conversations, or a table by their ids, without theirs."""
        if isinstance(about, dict):
            return {one: what for one, what in about.items() if one not in self.threads}
        return [one for one in about if _thread_of(one) not in self.threads]

    def _words(self) -> re.Pattern[str] | None:
        """What sentences call them: a whole name, or a handle with its sign, and not a part of a longer one."""
        names = {one.name for one in self.people if " " in one.name} | {f"@{handle}" for handle in self.handles}
        spoken = "|".join(re.escape(one.replace(_JOINER, "").lower()) for name in names for one in (name, plain(name)))
        return re.compile(rf"(?<![\w@])(?<!\w[.-])(?:{spoken})(?!\w|[.-]\w)") if spoken else None

    def names(self) -> set[str]:
        """Parts of keys, members and fields that stand for them."""
        found = self.threads | {one for person in self.people for one in self._ids(person)}
        found |= {f"{one.platform}:{one.platform_id}" for one in self.people}
        return {one.lower() for one in found if one}

    def _ids(self, person: Person) -> set[str]:
        ids = {person.platform_id, person.contact_id or "", person.profile_id or ""}
        return ids - self.unsure - {""}

    def recipients(self) -> set[str]:
        """How jobs and caches call them."""
        found = {one for person in self.people for one in keys_of(person)}
        return found | {Recipient(one, username=handle).key for one in (None, X) for handle in self.handles}


class Found(NamedTuple):
    """Somebody of whom something is kept, in a conversation or elsewhere."""

    person: Person | None
    contact_id: str | None
    thread_id: str = ""

    @property
    def marks(self) -> set[str]:
        """What tells that something else is about the same person: a profile's id, and their contact's."""
        return {one for one in (self.profile, self.contact) if one}

    @property
    def profile(self) -> str:
        who = self.person
        return f"{who.platform}:{who.platform_id}" if who and who.platform_id else ""

    @property
    def contact(self) -> str:
        return self.contact_id or (self.person and self.person.contact_id) or ""

    def now(self, contacts: Mapping[str, str]) -> Found:
        """The same by what was said last of whose contact each profile is."""
        contact = contacts.get(self.profile) or self.contact or None
        return Found(self.person and self.person.having(contact_id=contact), contact, self.thread_id)

    def is_named(self, who: Recipient) -> bool:
        """A profile without a username may have any, but none that was typed."""
        return self.person is not None and bool(self.person.username or who.platform_id) and who.means(self.person)


def _recipient(typed: str) -> str:
    """Whom that names, as jobs call them; "" for nobody."""
    try:
        return read(typed).key
    except Unreadable:
        return ""


def _thread_of(one: Any) -> Any:
    """The id of a conversation, of which a list has that alone, or something about it, or all of it."""
    return one.get("thread_id") or one["id"] if isinstance(one, dict) else one


def traces_of(who: Recipient, kept: Iterable[Found]) -> Traces:
    """Of all that is `kept`, latest first, what is about whoever is named, and about their contact's other profiles.

    A profile is that contact's which was said last: Inbox's people merge contacts, and undo that.
    """
    said = list(kept)
    contacts = {one.profile: one.contact for one in reversed(said) if one.profile and one.contact}
    kept = [one.now(contacts) for one in said]
    named = [one for one in kept if one.is_named(who)]
    theirs, more = set[str](), {mark for one in named for mark in one.marks}
    while more - theirs:  # what is kept of one profile may name the contact, and that another profile
        theirs |= more
        more = {mark for one in kept if one.marks & theirs for mark in one.marks}
    about = [one for one in kept if one.marks & theirs]
    people = _profiles(about)
    handles = {folded(one.username) for one in people.values() if one.username and one.platform == X}
    handles |= {who.username} if who.username and who.is_at(X) else set()
    return Traces(
        people=list(people.values()),
        named=list(_profiles(named).values()),
        threads={one.thread_id for one in about} - {""},
        handles=handles,
        unsure={was.contact for was, one in zip(said, kept, strict=True) if not one.marks & theirs} - {""},
    )


def _profiles(kept: Iterable[Found]) -> dict[str, Person]:
    """Each profile once, as it is kept with its contact if it is."""
    found = dict[str, Person]()
    for one in (each.person for each in kept if each.person):
        known = found.get(f"{one.platform}:{one.platform_id}")
        found[f"{one.platform}:{one.platform_id}"] = known if known and known.contact_id else one
    return found


def parts(raw: bytes) -> Iterator[Any]:
    """A piece of JSON, then what stands in it, however deep."""
    try:
        left = [json.loads(raw)]
    except ValueError:
        return
    while left:
        one = left.pop()
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
        yield one


def _said(item: bytes) -> str:
    """What a job says, in lower case, if it does nothing else; a letter stands before it."""
    whole, *words = [*parts(item[1:])] or [None]
    if not isinstance(whole, dict) or whole.get("kind") not in _SAY:
        return ""
    return "\n".join(one for one in words if isinstance(one, str)).replace(_JOINER, "").lower()


def is_about(raw: bytes, marks: Sequence[bytes]) -> bool:
    low = raw.lower()
    return any(low.endswith(mark) if mark.startswith(b"\0") else mark in low for mark in marks)
