"""The state of the sandbox's Slack: people, channels, messages and views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.sandbox.slack.block_kit.ids import with_ids
from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.notified import notified
from bot.sandbox.slack.records import (
    ALL_SCOPES,
    APP_ID,
    BOT_ID,
    BOT_USER,
    PATIENCE,
    Channel,
    Ephemeral,
    FileRecord,
    Hook,
    Json,
    Message,
    SlackError,
    Trigger,
    User,
    UserGroup,
)
from bot.sandbox.slack.socket_mode import Sockets

HOOK_SECONDS, HOOK_USES = 1800.0, 5


class World(Clock):
    """Everything there is in the sandbox's Slack, and how tests read it."""

    def __init__(
        self,
        *,
        signing_secret: str,
        bot_token: str,
        team_id: str,
        team_name: str,
        seed: int,
    ) -> None:
        super().__init__(seed)
        self.signing_secret, self.bot_token = signing_secret, bot_token
        self.team_id, self.team_name = team_id, team_name
        self.enterprise_id: str | None = None
        self.base_url, self.events_url = "http://127.0.0.1:5555", "http://127.0.0.1:3000/slack/events"
        self.socket_mode = False
        self.patience = PATIENCE  # for how long it waits for an ack, and a trigger is good
        self.sockets = Sockets(self.next_id, lambda: self.patience)
        self.scopes: set[str] = set(ALL_SCOPES)
        self.scopes_used: set[str] = set()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.posts: dict[str, dict[str, Message]] = {}
        self.private_words: list[Ephemeral] = []
        self.views: dict[str, Json] = {}
        self.homes: dict[str, str] = {}
        self.open_views: dict[str, list[str]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.unreachable: set[str] = set()  # addresses of pictures that Slack can't fetch
        self.refused: set[str] = set()  # words with which Slack takes nothing that is to be shown
        self.files: dict[str, FileRecord] = {}
        self.usergroups: dict[str, UserGroup] = {}
        self.add_user(BOT_USER, "Inbox", "", bot=True)

    # -- people and places

    def add_user(
        self,
        id: str | None,
        name: str,
        email: str,
        *,
        guest: bool = False,
        ultra: bool = False,
        bot: bool = False,
        deleted: bool = False,
        admin: bool = False,
        team_id: str | None = None,
        email_hidden: bool = False,
    ) -> str:
        """Their user id. Another `team_id` than ours makes a stranger, met in a shared channel."""
        id = id or self.next_id("U")
        who = User(id, name, email, team_id or self.team_id, guest, ultra, bot, deleted, admin, email_hidden)
        self.users[id] = who
        for channel in self.channels.values():
            if channel.everyone and (channel.shared or not self.stranger(id)):
                channel.members.add(id)
        return id

    def add_channel(
        self,
        name: str,
        *,
        members: list[str] | set[str] | None = None,
        private: bool = False,
        shared: bool = False,
        bot_in: bool = True,
    ) -> str:
        """The channel id. Without `members` everyone is in it, and strangers if it is shared."""
        ours = {id for id in self.users if shared or not self.stranger(id)}
        joined = (ours if members is None else set(members)) - {BOT_USER} | ({BOT_USER} if bot_in else set())
        channel = Channel(self.next_id("C"), name.lstrip("#"), joined, private, shared, everyone=members is None)
        self.channels[channel.id] = channel
        return channel.id

    def add_usergroup(self, handle: str, users: Sequence[str], name: str = "") -> str:
        """The id of a user group, which is mentioned as `<!subteam^S…>`."""
        group = UserGroup(self.next_id("S"), name or handle.title(), handle, tuple(users))
        self.usergroups[group.id] = group
        return group.id

    def dm(self, user: str) -> Channel:
        """The direct channel between the bot and `user`, opened when need be."""
        known = next((c for c in self.channels.values() if c.user == user), None)
        if known is None:
            known = Channel(self.next_id("D"), "directmessage", {user, BOT_USER}, user=user)
            self.channels[known.id] = known
        return known

    def channel(self, id: str) -> Channel:
        """A channel by its id, which is never a user's; raises SlackError."""
        if id not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[id]

    def place(self, id: str) -> Channel:
        """Where a post goes: a channel, or the DM of a user id, which nothing else takes; raises SlackError."""
        return self.dm(id) if id in self.users else self.channel(id)

    def stranger(self, user: str) -> bool:
        """Of another organisation: a sibling in our own Enterprise Grid is none."""
        who = self.users[user]
        return who.team_id != self.team_id and (who.grid is None or who.grid != self.enterprise_id)

    def post(self, channel: str, user: str, *, text: str = "", thread_ts: str | None = None, **rest: Any) -> Message:
        """A new message, filed in its channel and under its thread's parent."""
        posts = self.posts.setdefault(channel, {})
        parent = posts.get(thread_ts) if thread_ts else None
        if parent and parent.thread_ts:
            parent = posts[parent.thread_ts]
        message = Message(self.next_ts(), channel, user, text, thread_ts=parent.ts if parent else thread_ts, **rest)
        posts[message.ts] = message
        if parent:
            parent.replies.append(message)
        self.changed()
        return message

    def whisper(self, user: str, channel: str, via: str, content: Json, thread_ts: str | None = None) -> Ephemeral:
        """A new ephemeral message for `user`; in a thread they see it only where somebody has replied."""
        parent = self.posts.get(channel, {}).get(thread_ts or "")
        active = not thread_ts or bool(parent and not parent.deleted and (parent.replies or parent.thread_ts))
        words = Ephemeral(
            self.next_ts(), channel, user, content["text"], content["blocks"], via, thread_ts, active=active
        )
        self.private_words.append(words)
        self.changed()
        return words

    def message(self, channel: str, ts: str) -> Message:
        """A message that is still there; raises SlackError."""
        found = self.posts.get(self.channel(channel).id, {}).get(ts)
        if found is None or found.deleted:
            raise SlackError("message_not_found")
        return found

    def thread_there(self, channel: str, thread_ts: str | None) -> str | None:
        """The thread that a post of an app goes to: Slack ignores one whose parent is unknown or deleted."""
        parent = self.posts.get(channel, {}).get(thread_ts or "")
        return thread_ts if parent and not parent.deleted else None

    def remove(self, message: Message) -> None:
        """Delete a message; its thread keeps its other replies."""
        message.deleted = True
        if parent := self.posts[message.channel].get(message.thread_ts or ""):
            parent.replies.remove(message)
        self.changed()

    # -- what a person has got

    def trigger(self, user: str) -> str:
        id = f"{self.next_id('')}.{self.token()[:10]}.{self.token()}"
        self.triggers[id] = Trigger(user, self.now())
        return id

    def hook(self, user: str, channel: str, message: Message | None = None, words: Ephemeral | None = None) -> str:
        """A response_url for one interaction."""
        token = self.token()
        self.hooks[token] = Hook(user, channel, self.now(), message, words)
        return f"{self.base_url}/response/{token}"

    # -- reading

    def messages(self, channel: str) -> list[Message]:
        """The channel's top-level messages that are there now, oldest first."""
        posts = self.posts.get(self.channel(channel).id, {}).values()
        return [m for m in posts if not m.deleted and (not m.thread_ts or m.broadcast)]

    def replies(self, channel: str, ts: str) -> list[Message]:
        return list(self.message(channel, ts).replies)

    def notified(self, message: Message) -> set[str]:
        """Whom the message notifies by itself."""
        return notified(message, self.channels[message.channel], self.usergroups)

    def ephemerals(self, user: str | None = None) -> list[Ephemeral]:
        """What `user`, or anyone, is shown privately and has not been taken back, oldest first."""
        return [e for e in self.private_words if e.active and not e.deleted and user in (None, e.user)]

    def dms(self, user: str) -> list[Message]:
        """What the bot sent to `user` directly."""
        return [m for m in self.messages(self.dm(user).id) if m.user == BOT_USER]

    def modal(self, user: str) -> Json | None:
        """The modal that `user` sees: the top of their stack."""
        stack = self.open_views.get(user)
        return self.views[stack[-1]] if stack else None

    def home(self, user: str) -> Json | None:
        """What the bot last published to `user`'s Home tab."""
        return self.views.get(self.homes.get(user, ""))

    # -- views

    def put_view(self, spec: Json, user: str, *, old: Json | None = None, below: Json | None = None) -> Json:
        """Store what the bot described as a view of its own, instead of `old` or on top of `below`."""
        id = old["id"] if old else self.next_id("V")
        facts = {"id": id, "team_id": self.users[user].team_id, "app_id": APP_ID, "bot_id": BOT_ID}
        facts |= {"app_installed_team_id": self.team_id, "hash": f"{self.next_ts()}.{self.token()[:8]}"}
        facts |= {"root_view_id": (old or below or {}).get("root_view_id", id)}
        facts |= {"previous_view_id": old["previous_view_id"] if old else below and below["id"]}
        defaults: Json = {"callback_id": "", "private_metadata": "", "external_id": "", "submit": None, "close": None}
        defaults |= {"clear_on_close": False, "notify_on_close": False, "state": {"values": {}}}
        self.views[id] = defaults | spec | facts | {"blocks": self.with_ids(spec["blocks"])}
        self.changed()
        return self.views[id]

    def close_views(self, user: str, *, all: bool = False) -> None:
        """Take the top modal off `user`'s stack, or all of them; closed views are gone."""
        stack = self.open_views.get(user, [])
        while stack:
            del self.views[stack.pop()]
            if not all:
                break
        self.changed()

    def with_ids(self, blocks: list[Json]) -> list[Json]:
        """Blocks as Slack keeps them."""
        return with_ids(blocks, lambda: self.token()[:5])

    # -- scopes

    def need(self, scope: str) -> None:
        """Note that the call needs this scope; raises SlackError when the token lacks it."""
        self.scopes_used.add(scope)
        if scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def need_in(self, channel: Channel, what: str) -> None:
        """The same for scopes that go by the kind of channel: `what` is "read" or "history"."""
        self.need(f"{'im' if channel.user else 'groups' if channel.private else 'channels'}:{what}")

    def permalink(self, message: Message) -> str:
        tail = f"?thread_ts={quote(message.thread_ts)}&cid={message.channel}" if message.thread_ts else ""
        return f"{self.url}archives/{message.channel}/p{message.ts.replace('.', '')}{tail}"

    @property
    def url(self) -> str:
        """The workspace's address."""
        return f"https://{self.team_name.lower().replace(' ', '-')}.slack.com/"
