"""The names of every key in Redis, in one place.

All carry one hash tag, so that Redis Cluster keeps a workspace's keys together and the scripts may touch several,
and the version of the layout.
"""

from __future__ import annotations

from collections.abc import Callable
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
DAY: Final = 24 * 3600
WEEK: Final = 7 * DAY
FORTNIGHT: Final = 2 * WEEK
QUARTER: Final = 90 * DAY


def key(*parts: str) -> str:
    return PREFIX + ":".join(parts)


def each(*parts: str) -> Callable[[str], str]:
    """Keys of which there is one for each thing: behind each of them stands for what, and what lies there."""
    begin = key(*parts, "")
    return lambda about: begin + about


def each_two(*parts: str) -> Callable[[str, str], str]:
    """Keys of which there is one for each two things."""
    begin = key(*parts, "")
    return lambda about, more: f"{begin}{about}:{more}"


# --- the queue -------------------------------------------------------------------------------------------------------

PEOPLE: Final = key("stream", "people")  # tickets of lanes in which a person waits
BACKGROUND: Final = key("stream", "background")  # tickets of the other lanes
GROUP: Final = "workers"  # the consumer group of both streams
DELAYED: Final = key("delayed")  # lanes that must wait, by the time they are due
DELAYED_SINCE: Final = key("delayed", "since")  # the same lanes, by when that was written down
DEAD: Final = key("dead")  # dead letters
TIDIED: Final = key("tidied")  # set for a day once all conversations were looked at
READY: Final = key("ready")  # written to see whether Redis takes writes
lane: Final = each("lane")  # lane: its jobs
once: Final = each("once")  # whatever happens once: set once it has
quota: Final = each("pace")  # what is spent, or whose turn it is

# --- the event feed --------------------------------------------------------------------------------------------------

CURSOR: Final = key("feed", "cursor")  # seq up to which the feed is known
BEGAN: Final = key("feed", "began")  # when this bot first ran: older events are history
PENDING: Final = key("feed", "pending")  # event ids that wait for a gap to be filled, by seq
PENDING_EVENTS: Final = key("feed", "pending", "events")
READ_AT: Final = key("feed", "read-at")  # when the feed was last read to its end
READ_BEFORE: Final = key("feed", "read-before")  # when the other API version's feed was read, until this one's is
GAP: Final = key("feed", "gap")  # since when events are lost to the feed, until the digest has said so
ACTIVE: Final = key("feed", "active")  # when somebody last acted, here or in Inbox (Unix seconds)
WEBHOOK_AT: Final = key("feed", "webhook-at")  # when a webhook last came (Unix seconds)
ABSENCE: Final = key("feed", "absence")  # since and until when nobody read the feed, while that is being read
MISSED: Final = key("feed", "missed")  # thread ids with messages from while the bot was away, by the first one's time
MISSED_COUNT: Final = key("feed", "missed", "count")
OWED: Final = key("feed", "owed")  # thread ids with something missed that is not shown, by the first one's time
CAUGHT_UP: Final = key("feed", "caught-up")  # thread ids that were read again during the reading of an absence
readings: Final = each("feed", "readings")  # hour since 1970: how often the feed was read in it; for a day
BURIED_LOOKED_AT: Final = key("buried-looked-at")  # set once cards that an ended API v1 may have buried were looked at


def read_lately(thread_id: str, what: str = "") -> str:
    return key("read-lately", thread_id, *([what] if what else []))


# --- cards -----------------------------------------------------------------------------------------------------------

card: Final = each("card")  # thread
card_at: Final = each_two("card-at")  # channel and ts: the thread whose card that is
CARD_OR_CHANNEL: Final = key("[cs][aho][rnoa]*")  # cards of both kinds, and what is kept of channels; and some others
threads_of: Final = each("threads-of")  # contact id, or a person's platform id: the threads known with them
standing: Final = each("standing")  # channel: the ts of what stands in it, while it is drawn anew
unshown: Final = each("unshown")  # thread: the messages that wait to be shown
shown: Final = each("shown")  # message: where it is shown
post: Final = each_two("post")  # channel and ts: the messages that it shows
receipt: Final = each("receipt")  # receipt: where it is
receipt_of: Final = each("receipt-of")  # message
says: Final = each("says")  # message that was sent with a receipt and has changed since: as it is now

# --- who waits, and who answers --------------------------------------------------------------------------------------

DUE: Final = key("reminders", "due")  # thread ids by when to look at them again
WAITING: Final = key("reminders", "waiting")  # thread ids by when the first unanswered message was written
MORNINGS: Final = key("reminders", "mornings")  # channels by when their next digest is due
TARGETS: Final = key("targets", "due")  # thread ids by when to see whether they are late
SNOOZED: Final = key("snoozed")  # thread ids by when to wake them
snoozing: Final = each("snoozing")  # thread: set while its snoozing is on its way
waiting: Final = each("waiting")  # thread: when somebody asked, and what the team did then
wait_began: Final = each("wait-began")  # thread
untold: Final = each("untold")  # Slack user: threads in which a wait began that they are to be told of
mentioned: Final = each_two("mentioned")  # channel and ts: whom the post mentions
member_of: Final = each_two("cache", "member-of")  # channel and Slack user
replying: Final = each("replying")  # thread: who has its reply form open
anyway: Final = each("anyway")  # thread: who replies though a colleague has it, each with that colleague's member id

# --- rules -----------------------------------------------------------------------------------------------------------

ROUTES: Final = key("routes")  # the rules about channels, in order, as versions before 2026-12 read them
RULES: Final = key("rules")  # all rules, in order
RULES_KNOWN: Final = key("rules", "known")  # Slack users, by when they changed the rules, or saw their numbers, last
routed: Final = each("routed")  # thread
circle: Final = each("turns", "circle")  # rule: who had the last turn in it, until it has had none for 90 days
owed: Final = each("turns", "owed")  # rule: Slack users whose turn in it came to nothing
turn: Final = each_two("turns", "taken")  # thread and message: whose turn was taken for it
load: Final = each("turns", "load")  # member: the threads they have, for an hour after they were counted or one given
load_at: Final = each("turns", "load-at")  # member
# member: threads that rules gave them within an hour, by when Inbox confirmed it (ms), infinite until then; a week
given: Final = each("turns", "given")
nobody_free: Final = each("turns", "nobody-free")  # rule: channels that know that nobody in it is free
mentions: Final = each("turns", "mentions")  # channel: waits of the last hour that rules mentioned people for, by when
mentions_left: Final = each("turns", "mentions-left")  # channel: waits that found no room there, with their rules
# thread: when the last message was written of the wait that a rule mentioned people for
mentioned_until: Final = each("turns", "mentioned-until")

# --- sending ---------------------------------------------------------------------------------------------------------

intent: Final = each("intent")  # intent: what is to be sent
answer: Final = each("answer")  # intent: whether to send it again
wrote: Final = each_two("wrote")  # platform and platform id: the Slack users who wrote to them lately, or are about to
choice: Final = each("choice")  # choice: what somebody is to choose between
SCHEDULED: Final = key("scheduled")  # messages that are sent later, by when to look at them
# message that is sent later: its text and all else, until it is sent or given back; at most two weeks after its time
scheduled: Final = each("scheduled")
scheduled_post: Final = each("scheduled-post")  # the same: where it is shown, as long as it is kept
scheduled_to: Final = each("scheduled-to")  # account and person: the messages that are sent later from one to the other
PLAN_REFUSED: Final = key("plan-refused")  # when Inbox last refused a first message for want of an add-on

# --- forms and lists -------------------------------------------------------------------------------------------------

snippets: Final = each("snippets")  # owner
snippet_form: Final = each("snippet-form")  # view
contact_form: Final = each("contact-form")  # form
contact_talk: Final = each("contact-talk")  # talk
contact_draft: Final = each("contact-draft")  # draft
CONTACT_TAGS: Final = key("contact-tags")  # those that the form of a contact last offered
listing: Final = each("listing")  # listing
ticked: Final = each("ticked")  # listing: its threads that are ticked
bulk_stop: Final = each_two("bulk-stop")  # bulk and Slack user: set where they want it to end
triage: Final = each("triage")  # triage
triaged: Final = each("triaged")  # thread: the triage in which somebody has it before them
KNOWN: Final = key("known")  # people outside the team, by platform and id, to be completed while somebody types
KNOWN_WORDS: Final = key("known", "words")  # the words of their names and handles, each with its person
KNOWN_SEEN: Final = key("known", "seen")  # when each was seen last (Unix seconds)

# --- people and channels ---------------------------------------------------------------------------------------------

LINKED: Final = key("linked")  # Slack users that have a link
link: Final = each("link")  # Slack user: their member id
LINKED_AS_FOUND: Final = key("linked-as", "found")  # set once it was noted of the links that older versions left
linked_as: Final = each("linked-as")  # member: Slack users who are linked to them, or were once; `link` says who is
UNLINKED: Final = key("unlinked")  # Slack users who were unlinked on purpose at some time; `link` says who still is
UNLINKED_FOUND: Final = key("unlinked", "found")  # set once those were looked for whom older versions unlinked
matched_by: Final = each("matched-by")  # Slack user: the digest of the address by which they were matched
GUESTS: Final = key("guests")  # Slack users that an admin let in though they are guests
AUDIT: Final = key("audit")  # who did what, as a stream
ACTED: Final = key("acted")  # Slack users that ever did something in Inbox
CHANNELS: Final = key("channels")  # those of which something is kept for good
CHANNELS_FOUND: Final = key("channels", "found")  # set once those were looked for that versions before 2026-12 left
consent: Final = each("consent")  # channel: the admin who said that another organisation may read there
sharing: Final = each("sharing")  # channel: whether another organisation reads there
click: Final = each("click")  # Slack user: the last that was refused them for want of a link
access_request: Final = each("access-request")  # request
channel_choices: Final = each("choices", "channel")  # channel
person_choices: Final = each("choices", "person")  # Slack user


def line(name: str) -> str:
    """Where the line of that name is shown: `line:`, the user and the reference of what they asked for."""
    return PREFIX + name


# --- figures ---------------------------------------------------------------------------------------------------------

COUNTED_SINCE: Final = key("stats", "since")  # the day of the first count
REPORTS: Final = key("stats", "reports")  # channels by when their next report is due
UNANSWERED: Final = key("stats", "unanswered")  # thread ids, by when somebody asked first (Unix seconds)
# thread: when its latest message and its latest answer were written, for an hour
latest_of: Final = each("stats", "latest")


def received(day: date) -> str:
    return key("stats", "received", day.isoformat())


def answered(day: date) -> str:
    return key("stats", "answered", day.isoformat())


def answer_facts(day: date) -> str:
    """Of each message that the team wrote on that day, where it was shown and to whom it went."""
    return key("stats", "facts", day.isoformat())


# --- what Slack and Inbox said ---------------------------------------------------------------------------------------

MEMBERS: Final = key("cache", "members")
ACCOUNT_LINKS: Final = key("cache", "account-links")
TAGS: Final = key("cache", "tags")
STATUSES: Final = key("cache", "statuses")
PLATFORMS: Final = key("cache", "platforms")
TEAM: Final = key("cache", "team")
profile: Final = each("cache", "profile")  # Slack user
group: Final = each("cache", "group")  # user group: who is in it
lookup: Final = each("cache", "lookup")  # recipient: who that is
INSTALLATION: Final = key("installation")
REVOKED: Final = key("revoked")  # Slack took the token away
REFUSED: Final = key("refused")  # Slack does not take the token now: its word for that
INBOX_VERSION: Final = key("inbox-version")
