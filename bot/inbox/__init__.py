"""The Inbox client: two API versions behind one set of verbs, and webhooks. Only here: httpx."""

from bot.inbox.client import KEEP, Http, Inbox, Keep, Learn, Pace, choose_version, http_client, open_inbox
from bot.inbox.webhook import may_be_signed, parse_event, verify

__all__ = [
    "KEEP",
    "Http",
    "Inbox",
    "Keep",
    "Learn",
    "Pace",
    "choose_version",
    "http_client",
    "may_be_signed",
    "open_inbox",
    "parse_event",
    "verify",
]
