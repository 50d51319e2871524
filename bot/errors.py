"""Every error the bot raises on purpose, named for what the reader can do next.

BotError
├── SettingsError              the operator sets a variable right           (exit 2)
├── StoreUnavailable           Redis does not answer: the sender tries again
│   ├── StoreMoved             the same: it may be another Redis, which lacks what was written
│   └── NotWritable            Redis answers, and takes no writes now
├── Mistake                    who typed it types it otherwise
├── Refused                    this person may not do this
│   ├── NotLinked              an admin links them
│   │   └── Unlinked           they link themselves again
│   ├── AdminsOnly             an admin does it
│   ├── Outsider               nothing: not a member of the workspace
│   │   └── Guest              an admin lets them in
│   └── Unidentified           Slack could not say who it is: try again
├── SlackError                 Slack said no, or nothing; `code` is what it said
│   ├── SlackAway              wait: nothing says that it cannot be done later
│   │   ├── SlackBusy          not done: wait `retry_after` seconds         429
│   │   ├── SlackDown          not answered; it may or may not be done      5xx, network, codes that pass
│   │   ├── SlackRevoked       the operator installs the app again          the token is refused
│   │   └── SlackUnknown       a code that no document of Slack's names: look it up
│   └── SlackRefused           Slack's last word on this call
│       ├── ChannelRefused     an admin lets the bot post there
│       ├── ScopeMissing       an admin grants a scope
│       ├── NotThere           nothing: the person, view or message is gone
│       │   └── CardDeleted    a new card comes: nothing is posted below one that is gone
│       └── ContentRefused     nothing: Slack will never take it as it is
└── InboxError                 Inbox said no, or nothing
    ├── NotNow                 wait, and ask again
    │   ├── Unauthorized       the operator renews the API token            401
    │   ├── RateLimited        not processed: wait `retry_after` seconds    429
    │   └── Unavailable        not answered, and repeating is harmless      5xx, network
    │       └── VersionEnded   the other API version is asked               410, 3xx, a page
    ├── Forbidden              a plan or a lock forbids it                  403
    │   └── PlanRequired       the team buys the outbound add-on
    ├── Gone                   the thread or member no longer exists        404
    ├── Conflict               the state changed: look again                409
    │   ├── AccountOffline     reconnect the account in Inbox
    │   └── SendInProgress     ask again with the same key
    ├── Rejected               Inbox will never accept this as it is        400, 422
    │   ├── WindowClosed       nothing: the platform's time for it is over
    │   └── KeyReused          an earlier attempt used the key: look for what it sent
    ├── PlatformUnknown        nothing: this API version does not know the platform
    ├── NoContact              nothing: Inbox names no contact that could be changed
    └── Unconfirmed            it may or may not have been done: look first
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

Posting = Literal["post", "reply", "change"]
"""What Slack takes or refuses in a channel: a post at its root, one in a thread, or the change of either."""


class BotError(Exception):
    """Base class. `str(error)` is for the operator's log; what the person reads is in a `words` module."""


class SettingsError(BotError):
    """A setting is missing or wrong; the text is one sentence that names the variable."""


class StoreUnavailable(BotError):
    """Redis did not answer, so nothing was accepted."""


class StoreMoved(StoreUnavailable):
    """Another Redis may have taken the place of the one that was written to; it may lack what was written."""


class NotWritable(StoreUnavailable):
    """Redis answered that it takes no writes now: it is a replica, is full, or has no disk or replica to write to."""


class Mistake(BotError):
    """What somebody typed cannot be understood; the text is the sentence that they read."""


class Refused(BotError):
    """The person may not act; nothing was called on their behalf. `admins_help` where an admin could change that."""

    admins_help: ClassVar[bool] = False


class NotLinked(Refused):
    """A member of the workspace whom no Inbox member could be matched to."""

    admins_help = True


class Unlinked(NotLinked):
    """Somebody whose link was taken away on purpose: no address matches them until they are linked again."""

    admins_help = False


class AdminsOnly(Refused):
    """Only workspace admins and the people in BOT_ADMINS may do that."""


class Outsider(Refused):
    """A guest, a bot, a deactivated person, someone of another workspace, or someone Slack could not identify."""


class Guest(Outsider):
    """A guest of the workspace whom no admin has let in yet."""

    admins_help = True


class Unidentified(Refused):
    """Slack did not answer who the person is, so they are refused."""


class SlackError(BotError):
    """Slack refused, failed or did not answer. `code` is Slack's word for it, such as `is_archived`, or "".

    `refused` is what was to be done in a channel, where that is known.
    """

    refused: Posting | None = None

    def __init__(self, code: str = "", message: str = "") -> None:
        super().__init__(message or f"Slack answered {code}")
        self.code = code


class SlackAway(SlackError):
    """Nothing can be done at Slack now; what waits may be done later."""


class SlackBusy(SlackAway):
    """429: nothing was done; wait `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("ratelimited", f"Slack asks to wait {retry_after:g} s")
        self.retry_after = retry_after


class SlackDown(SlackAway):
    """5xx, the network, or a code that passes: whether it was done is unknown."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(code, message)


class SlackRevoked(SlackAway):
    """The bot's token is not good now."""


class SlackUnknown(SlackAway):
    """A code that the bot does not know; it may pass."""


class SlackRefused(SlackError):
    """Slack's last word on this call."""


class ChannelRefused(SlackRefused):
    """The channel takes nothing from the bot, until somebody changes that."""


class ScopeMissing(SlackRefused):
    """The app was not granted what the call needs."""


class NotThere(SlackRefused):
    """The person, view, trigger or message is not there, or not any more."""


class CardDeleted(NotThere):
    """The message is gone below which something was posted: it stands at `stray` instead, a channel and a ts."""

    def __init__(self, stray: tuple[str, str]) -> None:
        super().__init__("thread_not_found")
        self.stray = stray


class ContentRefused(SlackRefused):
    """Slack will never take this call as it is."""


class InboxError(BotError):
    """Inbox refused, failed or did not answer.

    `status` is the HTTP status (0 without an answer), `code` the vendor's error code or "", `request_id` the
    vendor's reference, `detail` the vendor's sentence where it may be shown to a person, and `answered` says
    whether a response arrived at all.
    """

    def __init__(
        self, message: str = "", *, status: int = 0, code: str = "", request_id: str = "", detail: str = ""
    ) -> None:
        super().__init__(message or f"Inbox answered {status} {code}".strip())
        self.status, self.code, self.request_id, self.detail = status, code, request_id, detail

    @property
    def answered(self) -> bool:
        return self.status > 0


class NotNow(InboxError):
    """Nothing says that it cannot be done later: ask again."""


class Unauthorized(NotNow):
    """401: the API token is missing, wrong or revoked."""


class Forbidden(InboxError):
    """403: the workspace is locked, or the resource is not this team's."""


class PlanRequired(Forbidden):
    """403 on a send: the team's plan or an add-on is missing."""


class Gone(InboxError):
    """404: unknown or deleted."""


class Conflict(InboxError):
    """409: the present state forbids it."""


class AccountOffline(Conflict):
    """409: the sending account is signed out of its platform."""


class SendInProgress(Conflict):
    """409: a send with this idempotency key is still running."""


class Rejected(InboxError):
    """400 or 422: Inbox will not take this request as it is."""


class WindowClosed(Rejected):
    """422: the platform allows to edit or unsend a message only for a while, which ended at `closed_at` if known."""

    def __init__(self, message: str = "", *, closed_at: datetime | None = None, **facts: str | int) -> None:
        super().__init__(message, **facts)  # type: ignore[arg-type]  # facts are InboxError's own keywords
        self.closed_at = closed_at


class KeyReused(Rejected):
    """422: this idempotency key came before with another request, which may have been done."""


class PlatformUnknown(InboxError):
    """The API version in use knows nobody on `platform`; nothing was asked."""

    def __init__(self, platform: str) -> None:
        super().__init__(f"this API version does not know {platform}", code="platformUnknown")
        self.platform = platform


class NoContact(InboxError):
    """The conversation's person has no record that this API version could change; nothing was asked."""


class RateLimited(NotNow):
    """429, or our own budget is spent: not processed; wait `retry_after` seconds."""

    def __init__(self, message: str = "", *, retry_after: float, **facts: str | int) -> None:
        super().__init__(message, **facts)  # type: ignore[arg-type]  # facts are InboxError's own keywords
        self.retry_after = retry_after


class Unavailable(NotNow):
    """5xx or the network, where repeating the call is harmless."""


class VersionEnded(Unavailable):
    """Nothing answers at this API version's address but a redirect, a page, or a 404 that is not the API's.

    The request was not taken (`code` is `unsent`), or what it came to is unknown.
    """


class Unconfirmed(InboxError):
    """The outcome is unknown: a send may have been delivered. Never repeated by itself. `message_id` where known."""

    def __init__(self, message: str = "", *, message_id: str | None = None, **facts: str | int) -> None:
        super().__init__(message, **facts)  # type: ignore[arg-type]  # facts are InboxError's own keywords
        self.message_id = message_id
