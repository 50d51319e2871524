"""Every figure that Prometheus may ask for, in one place.

What is counted first is no increase to Prometheus, unless the counter was there before: so it is, where it is known of
what there may be something to count.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

BUILD: Final = Gauge("bot_build_info", "1 for the version of the bot that this process is.", ["version"])
REQUESTS: Final = Counter(
    "bot_requests_total", "Requests by route (`socket` is Socket Mode) and status.", ["route", "status"]
)
ACK_SECONDS: Final = Histogram(
    "bot_ack_seconds",
    "Seconds until a request was answered.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 3),
)
SOCKETS: Final = Gauge("bot_socket_connections", "Open Socket Mode connections.")
FINISHED: Final = Counter(
    "bot_jobs_total", "Jobs by kind and outcome; `again` and `later` are retries.", ["kind", "outcome"]
)
SECONDS: Final = Histogram(
    "bot_job_seconds",
    "Seconds from acceptance to outcome.",
    ["kind"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600),  # a send may be tried for ten minutes
)
DEPTH: Final = Gauge("bot_queue_lanes", "Lanes that have work, wait, or failed for good.", ["state"])
OLDEST: Final = Gauge("bot_queue_oldest_seconds", "Age of the oldest work that can be done now.")
CURSOR_LAG: Final = Gauge("bot_feed_lag_seconds", "Seconds since the event feed was last read to its end.")
API_VERSION: Final = Gauge(
    "bot_inbox_api_version", "1 for the version of Inbox's API that this process speaks, 0 for the other.", ["version"]
)
API_ENDS: Final = Gauge(
    "bot_inbox_api_ends_seconds", "Seconds until the version that is spoken ends, as far as announced; negative after."
)
QUOTA: Final = Gauge("bot_inbox_quota_left", "Calls left by our own count, of each window.", ["window"])
HELD: Final = Gauge(
    "bot_inbox_held_seconds", "How much longer no call (all), or no background call, goes out.", ["who"]
)
ANSWERS: Final = Counter("bot_inbox_answers_total", "Inbox's answers by status; 0 when there was none.", ["status"])
ANSWERS.labels("401")
STANDS: Final = Gauge("bot_queue_stands_seconds", "Age of the oldest work that was tried and waits to be tried again.")

# What a team does, by Slack channel; `direct` is none, as in direct messages with the bot.
RECEIVED: Final = Counter("bot_messages_received_total", "Messages from outside that were shown.", ["channel"])
ANSWERED: Final = Counter("bot_waits_answered_total", "Waits that an answer ended, written anywhere.", ["channel"])
SENT: Final = Counter(
    "bot_messages_sent_total", "What was written in Slack: sent, unsent or unconfirmed.", ["channel", "outcome"]
)
WAITING: Final = Gauge("bot_waiting", "Conversations in which somebody waits for an answer.", ["channel"])
OLDEST_WAIT: Final = Gauge("bot_waiting_oldest_seconds", "How long the longest of these has waited.", ["channel"])

CIRCUIT: Final = Gauge(
    "bot_circuit_open",
    "1 while calls rest for everybody: Inbox told us to wait (inbox), or Slack took the token away (slack).",
    ["to"],
)


SENT_OUTCOMES: Final = ("sent", "unsent", "unconfirmed")


def place_of(channel: str | None) -> str:
    """The label of what happened in a channel, or outside of all: there are all its counters from then on."""
    place = channel if channel and channel.startswith(("C", "G")) else "direct"
    _counts_in(place)
    return place


@cache
def _counts_in(place: str) -> None:
    RECEIVED.labels(place)
    ANSWERED.labels(place)
    for outcome in SENT_OUTCOMES:
        SENT.labels(place, outcome)


def route(name: str, *statuses: int) -> None:
    """Requests will come by that route, and may be answered so."""
    ACK_SECONDS.labels(name)
    for one in statuses:
        REQUESTS.labels(name, one)
