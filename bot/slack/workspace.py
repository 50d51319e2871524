"""What Slack says of the workspace and of its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.models import Line, Record


class Installation(Record):
    """The workspace that the bot token belongs to."""

    team: str
    name: str
    enterprise: str | None = None
    bot_user: str
    url: str = ""

    def permalink(self, channel: str, ts: str) -> str | None:
        """A message's address, in the form that chat.getPermalink answers; None where the workspace's is unknown."""
        return f"{self.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}" if self.url else None


class Profile(Record):
    """What Slack says of one of its users. `email` is None when Slack hides it.

    `confirmed` is False where Slack says that nobody has proved to own the address; `teams` are the workspaces of an
    Enterprise Grid organisation that they belong to.
    """

    id: str
    team: str | None
    enterprise: str | None = None
    name: Line
    email: str | None = None
    confirmed: bool = True
    teams: tuple[str, ...] = ()
    guest: bool = False
    bot: bool = False
    deleted: bool = False
    admin: bool = False
    zone: str = "UTC"

    @classmethod
    def of(cls, user_id: str, user: Mapping[str, Any]) -> Profile:
        """The profile as users.info and users.list answer it."""
        about = user.get("profile") or {}
        enterprise = user.get("enterprise_user") or {}
        return cls(
            id=user_id,
            team=user.get("team_id"),
            enterprise=enterprise.get("enterprise_id"),
            name=about.get("display_name")
            or about.get("real_name")
            or user.get("real_name")
            or user.get("name")
            or "Someone",
            email=about.get("email") or None,
            confirmed=user.get("is_email_confirmed") is not False,
            teams=tuple(enterprise.get("teams") or ()),
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            bot=bool(user.get("is_bot") or user.get("is_workflow_bot")),
            deleted=bool(user.get("deleted")),
            admin=bool(user.get("is_admin") or user.get("is_owner")),
            zone=user.get("tz") or "UTC",
        )
