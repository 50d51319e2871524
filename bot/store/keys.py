"""The names of every key in Redis, in one place.

All carry one hash tag, so that Redis Cluster keeps a workspace's keys together and the scripts may touch several,
and the version of the layout.
"""

from __future__ import annotations

from datetime import date
from typing import Final

LAYOUT: Final = 1  # a new one for whatever older versions of the bot could not read: bot/store/layout.py
LAYOUT_IS: Final = "{inbox-bridge}:layout"  # which one the data in Redis has; unset: the first
MIGRATING: Final = "{inbox-bridge}:migrating"
IMPORTING: Final = "{inbox-bridge}:importing"  # there while a copy is being put back: what lies there is not all
ALL: Final = "{inbox-bridge}:*"


def prefix(layout: int) -> str:
    return f"{{inbox-bridge}}:{layout}:"


PREFIX: Final = prefix(LAYOUT)
WEEK: Final = 7 * 24 * 3600
FORTNIGHT: Final = 2 * WEEK
DAY: Final = 24 * 3600
QUARTER: Final = 90 * DAY


def key(*parts: str) -> str:
    return PREFIX + ":".join(parts)


PEOPLE: Final = key("stream", "people")  # tickets of lanes in which a person waits
BACKGROUND: Final = key("stream", "background")  # tickets of the other lanes
GROUP: Final = "workers"  # the consumer group of both streams
DELAYED: Final = key("delayed")  # lanes that must wait, by the time they are due
DELAYED_SINCE: Final = key("delayed", "since")  # the same lanes, by when that was written down
DEAD: Final = key("dead")  # dead letters
TIDIED: Final = key("tidied")  # set for a day once all conversations were looked at
READY: Final = key("ready")  # written to see whether Redis takes writes

CURSOR: Final = key("feed", "cursor")  # seq up to which the feed is known
BEGAN: Final = key("feed", "began")  # when this bot first ran: older events are history
PENDING: Final = key("feed", "pending")  # event ids that wait for a gap to be filled, by seq
READ_AT: Final = key("feed", "read-at")  # when the feed was last read to its end
READ_BEFORE: Final = key("feed", "read-before")  # when the other API version's feed was read, until this one's is
GAP: Final = key("feed", "gap")  # since when events are lost to the feed, until the digest has said so
ACTIVE: Final = key("feed", "active")  # when somebody last acted, here or in Inbox (Unix seconds)
WEBHOOK_AT: Final = key("feed", "webhook-at")  # when a webhook last came (Unix seconds)
MISSED: Final = key("feed", "missed")  # thread ids with messages from while the bot was away, by the first one's time
MISSED_COUNT: Final = key("feed", "missed", "count")
PENDING_EVENTS: Final = key("feed", "pending", "events")
ABSENCE: Final = key("feed", "absence")  # since and until when nobody read the feed, while that is being read
OWED: Final = key("feed", "owed")  # thread ids with something missed that is not shown, by the first one's time
CAUGHT_UP: Final = key("feed", "caught-up")  # thread ids that were read again during the reading of an absence

ROUTES: Final = key("routes")  # the rules about channels, in order, as versions before 2026-12 read them
RULES: Final = key("rules")  # all rules, in order
DUE: Final = key("reminders", "due")  # thread ids by when to look at them again
WAITING: Final = key("reminders", "waiting")  # thread ids by when the first unanswered message was written
MORNINGS: Final = key("reminders", "mornings")  # channels by when their next digest is due

TARGETS: Final = key("targets", "due")  # thread ids by when to see whether they are late

SNOOZED: Final = key("snoozed")  # thread ids by when to wake them

SCHEDULED: Final = key("scheduled")  # messages that are sent later, by when to look at them

LINKED: Final = key("linked")  # Slack users that have a link
GUESTS: Final = key("guests")  # Slack users that an admin let in though they are guests
AUDIT: Final = key("audit")  # who did what, as a stream
ACTED: Final = key("acted")  # Slack users that ever did something in Inbox

COUNTED_SINCE: Final = key("stats", "since")  # the day of the first count
REPORTS: Final = key("stats", "reports")  # channels by when their next report is due
UNANSWERED: Final = key("stats", "unanswered")  # thread ids, by when somebody asked first (Unix seconds)

KNOWN: Final = key("known")  # people outside the team, by platform and id, to be completed while somebody types
KNOWN_WORDS: Final = key("known", "words")  # the words of their names and handles, each with its person
KNOWN_SEEN: Final = key("known", "seen")  # when each was seen last (Unix seconds)

MEMBERS: Final = key("cache", "members")
ACCOUNT_LINKS: Final = key("cache", "account-links")
TAGS: Final = key("cache", "tags")
STATUSES: Final = key("cache", "statuses")
PLATFORMS: Final = key("cache", "platforms")
TEAM: Final = key("cache", "team")
CONTACT_TAGS: Final = key("contact-tags")  # those that the form of a contact last offered
INSTALLATION: Final = key("installation")
REVOKED: Final = key("revoked")  # Slack took the token away
REFUSED: Final = key("refused")  # Slack does not take the token now: its word for that
INBOX_VERSION: Final = key("inbox-version")
BURIED_LOOKED_AT: Final = key("buried-looked-at")  # set once cards that an ended API v1 may have buried were looked at
PLAN_REFUSED: Final = key("plan-refused")  # when Inbox last refused a first message for want of an add-on


def lane(name: str) -> str:
    return key("lane", name)


def once(name: str) -> str:
    return key("once", name)


def readings(hour: int) -> str:
    """How often the feed was read in that hour since 1970; for a day."""
    return key("feed", "readings", str(hour))


def link(user: str) -> str:
    return key("link", user)


LINKED_AS_FOUND: Final = key("linked-as", "found")  # set once it was noted of the links that older versions left


def linked_as(member_id: str) -> str:
    """Slack users who were linked to a member at some time; `link` says who is."""
    return key("linked-as", member_id)


def matched_by(user: str) -> str:
    """The digest of the address by which a Slack user was matched to their member."""
    return key("matched-by", user)


CHANNELS: Final = key("channels")  # those of which something is kept for good
CHANNELS_FOUND: Final = key("channels", "found")  # set once those were looked for that versions before 2026-12 left


def consent(channel: str) -> str:
    return key("consent", channel)


def line(name: str) -> str:
    """Where the line of that name is shown: `line:`, the user and the reference of what they asked for."""
    return PREFIX + name


def sharing(channel: str) -> str:
    return key("sharing", channel)


def click(user: str) -> str:
    return key("click", user)


def access_request(about: str) -> str:
    return key("access-request", about)


def profile(user: str) -> str:
    return key("cache", "profile", user)


def lookup(recipient: str) -> str:
    return key("cache", "lookup", recipient)


def card(thread_id: str) -> str:
    return key("card", thread_id)


CARD_OR_CHANNEL: Final = key("[cs][aho][rnoa]*")  # cards of both kinds, and what is kept of channels; and some others


def card_at(channel: str, ts: str) -> str:
    return key("card-at", channel, ts)


def standing(channel: str) -> str:
    """The ts of what stands in the channel, while it is drawn anew."""
    return key("standing", channel)


def threads_of(person: str) -> str:
    return key("threads-of", person)


def routed(thread_id: str) -> str:
    return key("routed", thread_id)


def circle(rule: str) -> str:
    """Who had the last turn in a rule, until it has had none for 90 days."""
    return key("turns", "circle", rule)


def owed(rule: str) -> str:
    """Slack users whose turn in a rule came to nothing."""
    return key("turns", "owed", rule)


def turn(thread_id: str, message_id: str) -> str:
    """Whose turn was taken for a message."""
    return key("turns", "taken", thread_id, message_id)


def load(member_id: str) -> str:
    """Threads that a member has, for an hour after they were counted, or a rule gave one."""
    return key("turns", "load", member_id)


def load_at(member_id: str) -> str:
    return key("turns", "load-at", member_id)


def given(member_id: str) -> str:
    """Threads that rules gave a member within an hour, by when Inbox confirmed it (ms), infinite until then; a week."""
    return key("turns", "given", member_id)


def nobody_free(rule: str) -> str:
    """Channels that know that nobody in a rule is free."""
    return key("turns", "nobody-free", rule)


def mentions(channel: str) -> str:
    """Waits that rules mentioned people for in the last hour, by when that was (ms)."""
    return key("turns", "mentions", channel)


def mentions_left(channel: str) -> str:
    """Waits that found no room there, with their rules."""
    return key("turns", "mentions-left", channel)


def mentioned_until(thread_id: str) -> str:
    """When the last message was written of the wait that a rule mentioned people for."""
    return key("turns", "mentioned-until", thread_id)


def group(group_id: str) -> str:
    return key("cache", "group", group_id)


def snoozing(thread_id: str) -> str:
    return key("snoozing", thread_id)


def waiting(thread_id: str) -> str:
    return key("waiting", thread_id)


def wait_began(thread_id: str) -> str:
    return key("wait-began", thread_id)


def intent(intent_id: str) -> str:
    return key("intent", intent_id)


def choice(choice_id: str) -> str:
    return key("choice", choice_id)


def scheduled(about: str) -> str:
    """A message that is sent later, with its text, until it is sent or given back; at most two weeks after its time."""
    return key("scheduled", about)


def scheduled_post(about: str) -> str:
    """Where it is shown that the message is sent later; as long as the message is kept."""
    return key("scheduled-post", about)


def scheduled_to(line: str) -> str:
    """The messages that are sent later from one account to one person."""
    return key("scheduled-to", line)


def snippets(owner: str) -> str:
    return key("snippets", owner)


def snippet_form(view_id: str) -> str:
    return key("snippet-form", view_id)


def replying(thread_id: str) -> str:
    return key("replying", thread_id)


def anyway(thread_id: str) -> str:
    """Who replies in a conversation that a colleague has, each with that colleague's member id."""
    return key("anyway", thread_id)


def receipt(receipt_id: str) -> str:
    return key("receipt", receipt_id)


def receipt_of(message_id: str) -> str:
    return key("receipt-of", message_id)


def shown(message_id: str) -> str:
    return key("shown", message_id)


def unshown(thread_id: str) -> str:
    return key("unshown", thread_id)


def read_lately(thread_id: str, what: str = "") -> str:
    return key("read-lately", thread_id, *([what] if what else []))


def mentioned(channel: str, ts: str) -> str:
    """Whom the post mentions."""
    return key("mentioned", channel, ts)


def member_of(channel: str, user: str) -> str:
    return key("cache", "member-of", channel, user)


def untold(user: str) -> str:
    """Threads in which a wait began that a Slack user is to be told of."""
    return key("untold", user)


def post(channel: str, ts: str) -> str:
    return key("post", channel, ts)


def wrote(platform: str, platform_id: str) -> str:
    return key("wrote", platform, platform_id)


def answer(intent_id: str) -> str:
    return key("answer", intent_id)


def contact_form(form_id: str) -> str:
    return key("contact-form", form_id)


def contact_talk(talk_id: str) -> str:
    return key("contact-talk", talk_id)


def contact_draft(draft_id: str) -> str:
    return key("contact-draft", draft_id)


def listing(listing_id: str) -> str:
    return key("listing", listing_id)


def ticked(listing_id: str) -> str:
    """The threads of a list that are ticked."""
    return key("ticked", listing_id)


def bulk_stop(bulk_id: str, user: str) -> str:
    """Set where that user wants what they do with many conversations to end."""
    return key("bulk-stop", bulk_id, user)


def triage(triage_id: str) -> str:
    return key("triage", triage_id)


def triaged(thread_id: str) -> str:
    """The triage in which somebody has the conversation before them."""
    return key("triaged", thread_id)


def quota(name: str) -> str:
    return key("pace", name)


def channel_choices(channel: str) -> str:
    return key("choices", "channel", channel)


def received(day: date) -> str:
    return key("stats", "received", day.isoformat())


def answered(day: date) -> str:
    return key("stats", "answered", day.isoformat())


def answer_facts(day: date) -> str:
    """Of each message that the team wrote on that day, where it was shown and to whom it went."""
    return key("stats", "facts", day.isoformat())


def latest_of(thread_id: str) -> str:
    """When the latest message and the latest answer of a conversation were written, for an hour."""
    return key("stats", "latest", thread_id)


def person_choices(user: str) -> str:
    return key("choices", "person", user)
