"""What the sandbox's Slack is made of: calls, people, channels, messages and what people hold of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

PATIENCE: Final = 3.0  # seconds for which Slack waits for an ack

ALL_SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "chat:write.public",
        "users:read",
        "users:read.email",
        "team:read",
        "reactions:write",
        "channels:read",
        "groups:read",
        "im:read",
        "im:write",
        "channels:history",
        "groups:history",
        "im:history",
        "files:write",
        "usergroups:read",
    }
)
APP_ID, BOT_USER, BOT_ID = "A0SANDBOX", "U0SANDBOXBOT", "B0SANDBOX"


class SlackError(Exception):
    """A refusal by the Web API: `{"ok": false, "error": code, **facts}`."""

    def __init__(self, code: str, *messages: str, **facts: Any) -> None:
        super().__init__(code)
        noted = {"response_metadata": {"messages": [f"[ERROR] {m}" for m in messages]}} if messages else {}
        self.answer: Json = {"ok": False, "error": code, **noted, **facts}


@dataclass
class Call:
    """One Web API call or response_url post by the bot; `answer` is what it was told, `at` Unix seconds."""

    method: str
    args: Json
    answer: Json
    at: float

    @property
    def ok(self) -> bool:
        return bool(self.answer.get("ok"))


@dataclass
class Ack:
    """How the bot answered one request; `status` is 0 without an answer, `trouble` what Slack refuses of it.

    `within` is for how many seconds Slack waits.
    """

    status: int
    body: Json | str | None
    seconds: float
    trouble: str = ""
    within: float = PATIENCE

    @property
    def timed_out(self) -> bool:
        return self.seconds > self.within

    @property
    def ok(self) -> bool:
        return self.status == 200 and not self.timed_out and not self.trouble


@dataclass
class User:
    id: str
    name: str
    email: str
    team_id: str
    guest: bool = False
    ultra: bool = False
    bot: bool = False
    deleted: bool = False
    admin: bool = False
    email_hidden: bool = False
    confirmed: bool = True
    grid: str | None = None
    teams: tuple[str, ...] = ()
    zone: str = "Europe/Berlin"

    @property
    def username(self) -> str:
        return self.name.lower().replace(" ", ".")

    def payload(self, *, with_email: bool, stranger: bool) -> Json:
        """As `users.info` shows them; strangers come with fewer facts, and without an e-mail address."""
        profile = {"real_name": self.name, "display_name": self.name.split()[0], "team": self.team_id}
        if with_email and not (stranger or self.email_hidden or self.bot):
            profile["email"] = self.email
        shown = {"id": self.id, "team_id": self.team_id, "name": self.username, "deleted": self.deleted}
        shown |= {"real_name": self.name, "tz": self.zone, "tz_offset": 3600, "profile": profile}
        shown |= {"is_bot": self.bot, "is_app_user": False, "is_stranger": False, "updated": 1763800000}
        if self.grid:
            shown["enterprise_user"] = {"id": self.id, "enterprise_id": self.grid, "teams": list(self.teams)}
        if stranger or self.deleted:
            return shown
        shown["is_email_confirmed"] = self.confirmed
        flags = {"is_admin": self.admin, "is_owner": False, "is_primary_owner": False}
        return shown | flags | {"is_restricted": self.guest or self.ultra, "is_ultra_restricted": self.ultra}


@dataclass
class Channel:
    """A channel, or a DM when `user` is set; whoever is added to the workspace joins one that is for `everyone`.

    `facts` are what `conversations.info` says besides, or otherwise.
    """

    id: str
    name: str
    members: set[str]
    private: bool = False
    shared: bool = False
    teams: tuple[str, ...] = ()  # other organisations that Slack names
    archived: bool = False
    user: str | None = None
    everyone: bool = False
    facts: Json = field(default_factory=dict)

    @property
    def bot_in(self) -> bool:
        return BOT_USER in self.members or self.user is not None

    def payload(self, team: str) -> Json:
        """As `team` sees it, which is named beside the others once they are connected."""
        if self.user:
            return {"id": self.id, "is_im": True, "user": self.user, "is_archived": self.archived}
        shown: Json = {"id": self.id, "name": self.name, "is_channel": not self.private, "is_group": self.private}
        shown |= {"is_im": False, "is_mpim": False, "is_private": self.private, "is_archived": self.archived}
        shown |= {"is_shared": self.shared, "is_ext_shared": self.shared, "is_org_shared": False}
        connected = {"connected_team_ids": [*self.teams, team], "pending_connected_team_ids": []}
        shown |= {"shared_team_ids": [team], "internal_team_ids": []} | (connected if self.shared else {})
        return shown | {"is_member": self.bot_in, "is_general": False, "num_members": len(self.members)} | self.facts


@dataclass
class UserGroup:
    """People who can be mentioned together, as `<!subteam^S…>`."""

    id: str
    name: str
    handle: str
    users: tuple[str, ...]

    def payload(self, team: str) -> Json:
        shown: Json = {"id": self.id, "team_id": team, "is_usergroup": True, "name": self.name, "handle": self.handle}
        return shown | {"date_delete": 0, "users": list(self.users), "user_count": len(self.users)}


@dataclass
class Message:
    """A message as it stands now; `raw` are the arguments of the call that posted it (unfurl flags and the like)."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    replies: list[Message] = field(default_factory=list)
    metadata: Json | None = None
    edited: str | None = None
    deleted: bool = False
    reactions: list[tuple[str, str]] = field(default_factory=list)
    raw: Json = field(default_factory=dict)

    @property
    def broadcast(self) -> bool:
        """A reply that is shown in the channel too."""
        return bool(self.thread_ts and self.raw.get("reply_broadcast"))

    def payload(self, *, with_metadata: bool = False) -> Json:
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        if self.user == BOT_USER:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
        kept = {"blocks": self.blocks, "attachments": self.attachments}
        shown |= {name: value for name, value in kept.items() if value}
        shown |= {"files": self.raw["files"]} if self.raw.get("files") else {}
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.edited}
        if self.replies:
            shown |= {"thread_ts": self.ts, "reply_count": len(self.replies), "latest_reply": self.replies[-1].ts}
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
            shown |= {"subtype": "thread_broadcast"} if self.broadcast else {}
        if self.reactions:
            names = dict.fromkeys(name for name, _ in self.reactions)
            who = {name: [user for one, user in self.reactions if one == name] for name in names}
            shown["reactions"] = [{"name": name, "users": who[name], "count": len(who[name])} for name in names]
        if with_metadata and self.metadata:
            shown["metadata"] = self.metadata
        return shown


@dataclass
class Ephemeral:
    """Words that only `user` sees; `via` is "chat.postEphemeral", "response_url" or "ack".

    Slack shows none of them in a thread that is not `active`, whatever it answers.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json]
    via: str
    thread_ts: str | None = None
    deleted: bool = False
    active: bool = True


@dataclass
class FileRecord:
    """An upload; `content` is None until the bytes have come, `channel` until it is shown somewhere."""

    id: str
    name: str
    length: int
    alt: str
    content: bytes | None = None
    title: str = ""
    channel: str | None = None

    def payload(self) -> Json:
        return {"id": self.id, "name": self.name, "title": self.title, "size": self.length, "alt_txt": self.alt}


@dataclass
class Hook:
    """What a response_url stands for: who acted, where, and on what."""

    user: str
    channel: str
    at: float
    message: Message | None = None
    ephemeral: Ephemeral | None = None
    uses: int = 0


@dataclass
class Trigger:
    user: str
    at: float
    used: bool = False
