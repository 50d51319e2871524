"""What a person at the page can do, in Slack, in Inbox and behind the scenes; each act is a method by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.page.show import FEATURES
from bot.sandbox.page.theatre import Theatre
from bot.sandbox.slack.records import Ack, Message

Json = dict[str, Any]
Act = Callable[..., Awaitable[Json]]
COMMANDS: Final = frozenset(one["command"] for one in FEATURES["slash_commands"])
MEDIA: Final = "https://media.sandbox.example/"  # nowhere; the page shows its own pictures instead
TROUBLE: Final = "We had some trouble connecting. Try again?"
NEWCOMERS: Final = (  # handle, name, what they say of themselves, followers, and what they write
    ("maria_l", "María López", "Ceramics from Seville", 830, "Hello! Do you ship to Lisbon?"),
    ("jun", "Jun Watanabe", "Data engineer", 2_140, "The export fails with an error since this morning 😕"),
    (
        "nora",
        "Nora Weiss",
        "Partnerships at Kite",
        18_600,
        "Loved your talk yesterday. Could we do something together?",
    ),
    ("theo", "Theo Martin", "", 41, "Is there a student discount?"),
)


class Acts:
    """Acts by name: `acts["press"](user=…, …)`. They raise LookupError and ValueError for what cannot be done."""

    def __init__(self, theatre: Theatre) -> None:
        self._theatre, self._slack, self._inbox = theatre, theatre.scene.slack, theatre.scene.inbox
        self._by_name: Mapping[str, Act] = {
            act.__name__: act
            for act in (
                self.say, self.rewrite, self.erase, self.command, self.press, self.press_private, self.press_modal,
                self.press_home, self.submit, self.close, self.shortcut, self.suggest, self.open_home, self.write,
                self.newcomer, self.status, self.tags, self.value, self.campaign, self.answer, self.archive,
                self.assign, self.delete, self.edit, self.take_back,
                self.fault, self.kill, self.start, self.play,
            )
        }  # fmt: skip

    def __getitem__(self, name: str) -> Act:
        return self._by_name[name]

    # -- in Slack

    async def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
        await self._slack.write(user, channel, text, thread_ts)
        return {"ok": True}

    async def rewrite(self, user: str, channel: str, ts: str, text: str) -> Json:
        await self._slack.rewrite(self._own(user, channel, ts), text)
        return {"ok": True}

    async def erase(self, user: str, channel: str, ts: str) -> Json:
        await self._slack.erase(self._own(user, channel, ts))
        return {"ok": True}

    def _own(self, user: str, channel: str, ts: str) -> Message:
        message = self._slack.message(channel, ts)
        if message.user != user:
            raise LookupError("that is somebody else's message")
        return message

    async def command(self, user: str, channel: str, command: str, text: str) -> Json:
        """Outsiders in a shared channel have no commands of ours, as anybody has none that do not exist."""
        if command not in COMMANDS or self._slack.stranger(user):
            return {"ok": False, "says": f"{command} is not a valid command."}
        ack = await self._slack.command(user, channel, command, text)
        return _outcome(ack, f'{command} failed with the error "{_code(ack)}"')

    async def press(self, user: str, channel: str, ts: str, action: str, value: Any = None) -> Json:
        return _pressed(await self._slack.press(user, channel, ts, action, value=value))

    async def press_private(self, user: str, ts: str, action: str, value: Any = None) -> Json:
        words = next((one for one in self._slack.ephemerals(user) if one.ts == ts), None)
        if words is None:
            raise LookupError("that message is gone")
        return _pressed(await self._slack.press_ephemeral(user, words, action, value=value))

    async def press_modal(self, user: str, action: str, value: Any = None, values: Json | None = None) -> Json:
        return _pressed(await self._slack.press_modal(user, action, value=value, values=values))

    async def press_home(self, user: str, action: str, value: Any = None) -> Json:
        return _pressed(await self._slack.press_home(user, action, value=value))

    async def submit(self, user: str, view_id: str, values: Json) -> Json:
        ack = await self._slack.submit(user, view_id, values)
        body = ack.body if isinstance(ack.body, dict) else {}
        return _outcome(ack, TROUBLE) | {"errors": body.get("errors") or {}}

    async def suggest(self, user: str, action: str, query: str) -> Json:
        ack = await self._slack.suggest(user, action, query)
        return _outcome(ack, TROUBLE) | {"options": self._slack.suggested(action)}

    async def close(self, user: str) -> Json:
        await self._slack.close(user)
        return {"ok": True}

    async def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Json:
        ack = await self._slack.shortcut(user, channel, ts, callback_id)
        names = {one["callback_id"]: one["name"] for one in FEATURES["shortcuts"]}
        return _outcome(ack, f'{names[callback_id]} failed with the error "{_code(ack)}"')

    async def open_home(self, user: str) -> Json:
        return _pressed(await self._slack.open_home(user))

    # -- in Inbox, and where customers are

    async def write(self, person: str, text: str, picture: str | None = None) -> Json:
        """`picture` is one of those that the page has in `media/`."""
        attachments = [{"kind": "image", "url": f"{MEDIA}{picture}"}] if picture else []
        await self._inbox.customer_writes(self._person(person), text, attachments=attachments)
        return {"ok": True}

    async def newcomer(self) -> Json:
        """Somebody nobody knows writes, four of them at the most."""
        known = {person.username for person in self._inbox.world.people.values()}
        for username, name, bio, followers, text in NEWCOMERS:
            if username not in known:
                person = self._inbox.add_person(username, name, bio=bio or None, followers=followers)
                await self._inbox.customer_writes(person, text)
                return {"ok": True, "person": person.profile_id}
        raise LookupError("that is everybody there is")

    async def status(self, person: str, status: str | None) -> Json:
        """A colleague sets it in the Inbox app itself, as with tags and value."""
        if status is not None and status not in self._inbox.world.labels["status"]:
            raise LookupError("there is no such status")
        await self._inbox.app_sets_status(self._person(person), status)
        return {"ok": True}

    async def tags(self, person: str, names: str) -> Json:
        """Those of these names, and no others; `names` with commas between them. What is new becomes a tag."""
        wanted = [name.strip() for name in names.split(",") if name.strip()]
        known = [self._inbox.world.label("tag", name) for name in wanted]
        ids = [tag.id if tag else self._inbox.add_tag(name) for tag, name in zip(known, wanted, strict=True)]
        await self._inbox.app_tags(self._person(person), *dict.fromkeys(ids))
        return {"ok": True}

    async def value(self, person: str, value: str) -> Json:
        """What somebody is worth, in the team's currency. Raises ValueError for what is no number."""
        await self._inbox.app_values(self._person(person), float(value))
        return {"ok": True}

    async def campaign(self, thread: str, text: str) -> Json:
        """A campaign writes, which archives the conversation."""
        await self._inbox.campaign_writes(thread, text)
        return {"ok": True}

    async def answer(self, thread: str, text: str) -> Json:
        """A colleague answers in the Inbox app itself."""
        await self._inbox.teammate_writes(thread, text, how="member")
        return {"ok": True}

    async def archive(self, thread: str, archived: bool) -> Json:
        await self._inbox.app_archives(thread, archived)
        return {"ok": True}

    async def assign(self, thread: str, member: str | None) -> Json:
        await self._inbox.app_assigns(thread, member)
        return {"ok": True}

    async def delete(self, thread: str) -> Json:
        await self._inbox.app_deletes(thread)
        return {"ok": True}

    async def edit(self, message: str, text: str) -> Json:
        await self._inbox.edits(message, text)
        return {"ok": True}

    async def take_back(self, message: str) -> Json:
        await self._inbox.deletes(message)
        return {"ok": True}

    def _person(self, id: str) -> PersonRecord:
        return self._inbox.world.people[id]

    # -- behind the scenes

    async def fault(self, party: str, fault: str) -> Json:
        self._theatre.fault(party, fault)
        return {"ok": True}

    async def kill(self) -> Json:
        await self._theatre.kill()
        return {"ok": True}

    async def start(self) -> Json:
        await self._theatre.start()
        return {"ok": True}

    async def play(self, version: str | None = None, channel: str | None = None) -> Json:
        if version not in (None, "v1", "v2") or channel not in (None, *self._slack.channels):
            raise LookupError("there is no such version or channel")
        await self._theatre.play(version=version, channel=channel)
        return {"ok": True}


def _pressed(ack: Ack) -> Json:
    return _outcome(ack, f'That failed with the error "{_code(ack)}"')


def _outcome(ack: Ack, says: str) -> Json:
    """How it went; `says` is what Slack shows when the bot did not answer well, or not within three seconds."""
    shown = {"ok": ack.ok, "status": ack.status, "seconds": round(ack.seconds, 3)}
    return shown if ack.ok else shown | {"says": f"{says} ({ack.trouble})" if ack.trouble else says}


def _code(ack: Ack) -> str:
    return "operation_timeout" if ack.timed_out else "dispatch_failed"
