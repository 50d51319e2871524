"""The Inbox client: two API versions behind one set of verbs, and webhooks. Only here: httpx."""

from bot.inbox.client import KEEP, Http, Inbox, Keep, Learn, Pace, choose_version, http_client, is_pinned, open_inbox
from bot.inbox.either import Either
from bot.inbox.spoken import Shared, Spoken, end_of
from bot.inbox.webhook import may_be_signed, parse_event, verify

__all__ = [
    "KEEP",
    "Either",
    "Http",
    "Inbox",
    "Keep",
    "Learn",
    "Pace",
    "Shared",
    "Spoken",
    "choose_version",
    "end_of",
    "http_client",
    "is_pinned",
    "may_be_signed",
    "open_inbox",
    "parse_event",
    "verify",
]
