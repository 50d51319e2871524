"""What the page's Inbox holds before anybody does anything: enough to choose between, to route and to look for."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.operate.snippets import Entry, take
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.stage import Scene
from bot.snippets.store import Snippets

TAGS: Final = {"VIP": "#ef4444", "Press": "#3b82f6", "Trial": "#22c55e"}
SAVED: Final = {
    "Welcome": "Hi {first_name|there}, good to hear from you! How can we help?",
    "On it": "Thanks, {first_name|there}. I'm looking into it, and you hear from me today. {me}",
    "Trial": "The trial is free for 14 days and needs no card. Shall I start one for {handle}?",
    "Refund": "I'm sorry about that, {first_name|there}. Your refund is on its way and takes three to five days.",
    "Goodbye": "You're welcome, {first_name|there}! We're here whenever you need us: {account}.",
    "By name": "Dear {name}, thank you for your patience.",
}
STATUSES: Final = ("New", "In talks", "Won", "Lost")


def furnish(on: Scene) -> None:
    """Two accounts on X and one on LinkedIn, tags and statuses, a user group, and people whom the team knows.

    What they wrote is days old, so nothing is to be announced: none of it is in the feed.
    """
    inbox, acme = on.inbox, on.acme
    on.slack.add_usergroup("support", [acme.ana, acme.bo])
    acme.sarah.bio, acme.sarah.followers = "Building Brightloop. Runs on coffee.", 12_400
    acme.omar.bio, acme.omar.followers = "Accounts at Khan & Sons", 310
    sales = inbox.add_account("acme_sales", "Acme Sales")
    inbox.add_account("acme-inc", "Acme Inc", platform="linkedin")
    tags = {name: inbox.add_tag(name, color) for name, color in TAGS.items()}
    statuses = {name: inbox.add_status(name) for name in STATUSES}
    acme.omar.tag_ids, acme.omar.status_id = [tags["VIP"]], statuses["In talks"]
    acme.omar.valuation, acme.omar.notes = 2_500, "Wants an invoice for each office."
    inbox.add_person("lin-wei", "Lin Wei", platform="linkedin", bio="Operations at Harbor", status_id=statuses["New"])
    ivy = inbox.add_person("ivy_writes", "Ivy Park", bio="Reporter", followers=48_000, tag_ids=[tags["Press"]])
    raj = inbox.add_person("raj_p", "Raj Patel", bio="Founder at Loom & Co", tag_ids=[tags["Trial"]])
    _wrote(inbox, ivy, acme.account, "I'm writing about small teams. Do you have ten minutes?", is_request=True)
    _wrote(inbox, raj, sales, "Raj, our spring offer ends on Friday.", by="campaign", archived=True)
    inbox.world.log.clear()


async def save_replies(snippets: Snippets) -> None:
    """Some saved replies of the team's, so that a newcomer can try them."""
    await take(snippets, [Entry(name=name, text=text) for name, text in SAVED.items()])


def _wrote(
    inbox: SandboxInbox, person: PersonRecord, account: str, text: str, by: str = "person", **fields: bool
) -> None:
    """A conversation of one message, two days ago."""
    thread = inbox.world.open_thread(account, person, **fields)
    campaign_id = inbox.world.campaign_id if by == "campaign" else None
    inbox.world.write(thread, by, text, at=inbox.clock() - timedelta(days=2), campaign_id=campaign_id)
