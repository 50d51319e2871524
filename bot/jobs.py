"""The work that is written to Redis before Slack or Inbox is answered, and the lane each piece of it waits in.

A lane is a queue that is worked strictly in order, by one worker at a time. Jobs whose order a person could notice
share one: the changes to a thread, the posts of a channel, the messages to a person.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from bot.hours import Reminders
from bot.models import Address, Candidate, Event, Message, Person, Privacy, Record, Thread


def reference(of: str | None = None) -> str:
    """Six hex digits that name one piece of work in the log and in what the person reads.

    `of` is the id of what asks for it, for work that may be asked for twice and is to have the same name.
    """
    return hashlib.sha256(of.encode()).hexdigest()[:6] if of else secrets.token_hex(3)


def now() -> datetime:
    return datetime.now(UTC)


class Asker(Record):
    """Who asked, as Slack's signed payload says it, and where to answer them privately.

    `team` and `enterprise` are the person's own, not the channel's. `response_url` takes 5 posts within 30 minutes
    (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses).
    """

    user: str
    team: str | None = None
    enterprise: str | None = None
    channel: str | None = None
    thread_ts: str | None = None
    response_url: str | None = None
    trigger: str | None = None


class Base(Record):
    """What all jobs have: a reference, the time of acceptance, and how often an attempt has failed.

    A `patient` job is tried again when something fails; somebody waits for the others, and is told instead. People's
    actions go before those of the `background`, for which nobody is waiting. A job that may `merge` is not accepted
    when one of its kind is the last in its lane, named by `waits_in`, and has not begun yet: it does the same work.
    """

    patient: ClassVar[bool] = True
    background: ClassVar[bool] = False
    merge: ClassVar[bool] = False
    waits_in: ClassVar[str]
    ref: str = Field(default_factory=reference)
    at: datetime = Field(default_factory=now)
    tries: int = 0

    @property
    def lane(self) -> str:
        return self.waits_in.format_map(vars(self))

    @property
    def once(self) -> str | None:
        """A key under which this work is accepted only once in seven days."""
        return None

    @property
    def age(self) -> float:
        """Seconds since it was accepted."""
        return (now() - self.at).total_seconds()


Verb = Literal["archive", "reopen", "assign_to_me", "assign_to", "claim", "unassign"]


class Change(Base):
    """A click on a card or in a list, or a message shortcut: change a thread in Inbox.

    `assign_to` gives it to the member `assignee`; `claim` takes it for who replied, where nobody has it. `begun` is
    set before Inbox is asked: whoever takes over then asks again, rather than find that it is done already. `seen_in`
    names the list it was pressed in, if any.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "thread:{thread_id}"
    kind: Literal["change"] = "change"
    verb: Verb
    thread_id: str
    asker: Asker
    assignee: str = ""
    begun: bool = False
    told: bool = False
    seen_in: str = ""


class Dm(Base):
    """`/dm`: find the recipient, then send or ask which one. `recipient` is normalised (`bot.views.text`)."""

    waits_in: ClassVar[str] = "dm:{recipient}"
    kind: Literal["dm"] = "dm"
    recipient: str
    text: str
    asker: Asker
    account_link_id: str | None = None
    told: bool = False


class Send(Base):
    """One message to one person. `intent` is the idempotency key, fixed before the first attempt.

    `attempted` is when the last attempt began; `doubt` is set while its outcome is unknown, and `looks` counts how
    often the thread was read to find out; `answered` tells that Inbox itself said it failed, so that a message that
    is not there will not arrive later. `api` is the version that was tried. `only` makes it the only answer to one
    press of a button. `account` is the sender's label, `url` the conversation where it is known, `member` the Inbox
    member on whose behalf it is sent, and `writer` their name. A reply names the thread of its `card`, below which the
    `receipt` of that id stands; other sends have a private one. `echo` is the `ts` of the Slack message whose words
    these are, where it is one: then a reaction to it is the receipt. `first`: nobody of the team has exchanged a
    message with them yet.
    """

    waits_in: ClassVar[str] = "to:{address.account_link_id}:{address.platform_id}"
    kind: Literal["send"] = "send"
    intent: str
    address: Address
    person: Person
    account: str
    text: str
    asker: Asker
    member: str = ""
    writer: str = ""
    card: str = ""
    receipt: str = ""
    url: str | None = None
    attempted: datetime | None = None
    doubt: bool = False
    answered: bool = False
    looks: int = 0
    told: bool = False
    api: str | None = None
    only: str | None = None
    echo: str | None = None
    first: bool = False

    @property
    def once(self) -> str | None:
        return self.only


class OpenDm(Base):
    """Fill the loading view of the `/dm` modal. `text` is Slack's markup, not decoded yet."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_dm"] = "open_dm"
    view_id: str
    asker: Asker
    recipient: str = ""
    text: str = ""


class OpenChoice(Base):
    """Fill the loading view in which somebody chooses between several matches."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_choice"] = "open_choice"
    view_id: str
    choice_id: str
    asker: Asker


class Choose(Base):
    """The person chose: send the kept text to candidate number `index` of choice `choice_id`."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "choice:{choice_id}"
    kind: Literal["choose"] = "choose"
    choice_id: str
    index: int
    asker: Asker
    told: bool = False


class SendAgain(Base):
    """Somebody looked, and wants an unconfirmed or failed message sent once more."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "again:{intent}"
    kind: Literal["send_again"] = "send_again"
    intent: str
    asker: Asker
    told: bool = False


class OpenReply(Base):
    """Fill the loading view of the reply form."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_reply"] = "open_reply"
    view_id: str
    thread_id: str
    asker: Asker


class Reply(Base):
    """The reply form was submitted: send `text` (Slack's markup) to whom the thread is with."""

    waits_in: ClassVar[str] = "reply:{thread_id}"
    kind: Literal["reply"] = "reply"
    thread_id: str
    text: str
    asker: Asker
    told: bool = False


class StopReplying(Base):
    """Somebody closed the reply form without sending."""

    waits_in: ClassVar[str] = "replying:{thread_id}"
    kind: Literal["stop_replying"] = "stop_replying"
    thread_id: str
    asker: Asker


class Fade(Base):
    """Draw a card without "Ana is replying…" once that is no longer believed."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "fade:{thread_id}"
    kind: Literal["fade"] = "fade"
    thread_id: str
    waited: bool = False


class Receipt(Base):
    """What has become of a reply, for all to see below its card; its writer hears of an unhappy end besides.

    `message` is what was sent, as it is now: somebody may edit it in Inbox, or react to it.
    """

    waits_in: ClassVar[str] = "receipt:{send.receipt}"
    kind: Literal["receipt"] = "receipt"
    send: Send
    state: Literal["sending", "sent", "unconfirmed", "failed"]
    reason: str = ""
    message: Message | None = None

    @property
    def once(self) -> str | None:
        """An attempt begins once, however often a button is pressed that would begin it."""
        return f"sending:{self.send.intent}" if self.state == "sending" else None


class OpenAssign(Base):
    """Fill the loading view in which a colleague is chosen."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_assign"] = "open_assign"
    view_id: str
    thread_id: str
    asker: Asker


class TellAssignee(Base):
    """A colleague, `by` name, gave the thread to `member_id`: tell them, unless they do not want to know."""

    waits_in: ClassVar[str] = "assigned:{member_id}"
    kind: Literal["tell_assignee"] = "tell_assignee"
    thread_id: str
    member_id: str
    by: str


class Amend(Base):
    """A message was edited, deleted or reacted to: show it as it is now, where it is shown.

    First it waits until what came before it was found out (`in_turn`): the message itself may be among that.
    """

    background: ClassVar[bool] = True
    kind: Literal["amend"] = "amend"
    thread_id: str
    message_id: str
    deleted: bool = False
    in_turn: bool = False

    @property
    def lane(self) -> str:
        return f"message:{self.message_id}" if self.in_turn else "inbound"


class Console(Base):
    """`/inbox` with words that need an answer from the store, Slack or Inbox."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["console"] = "console"
    words: str
    asker: Asker


class OpenHome(Base):
    """Somebody opened the bot's Home tab: show it to those who may act, and the others why they may not."""

    patient: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["open_home"] = "open_home"
    asker: Asker


class TellAdmins(Base):
    """Tell every admin but `but` in a direct message; what has a `name`, once a week until it is well again."""

    waits_in: ClassVar[str] = "admins"
    kind: Literal["tell_admins"] = "tell_admins"
    text: str
    but: str = ""
    name: str = ""

    @property
    def once(self) -> str | None:
        return f"admins:{self.name}" if self.name else None


class Notify(Base):
    """A message event from Inbox: find out what it says and whether it belongs in a channel. One lane: order."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "inbound"
    kind: Literal["notify"] = "notify"
    event: Event


class Refresh(Base):
    """Something may have changed a thread outside Slack: learn what is true now and draw it.

    `event` or `shown` (a thread in an answer) say what to expect; where the card shows that already, nothing is read.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "thread:{thread_id}"
    kind: Literal["refresh"] = "refresh"
    thread_id: str
    event: Event | None = None
    shown: Thread | None = None


class Recheck(Base):
    """Refresh a thread some seconds later, without holding up what people do with it meanwhile."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "recheck:{thread_id}"
    kind: Literal["recheck"] = "recheck"
    thread_id: str
    waited: bool = False


class RefreshPerson(Base):
    """A person's default assignee, tags or status changed: refresh each thread with them that has a card."""

    background: ClassVar[bool] = True
    kind: Literal["refresh_person"] = "refresh_person"
    event: Event

    @property
    def lane(self) -> str:
        return f"person:{self.event.contact_id or self.event.person_platform_id}"


class Post(Base):
    """Show an inbound message in a channel: as a new card, or below the card that the thread already has."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["post"] = "post"
    channel: str
    thread_id: str
    message: Message
    posted: bool = False

    @property
    def once(self) -> str | None:
        return f"message:{self.message.id}"


class Digest(Base):
    """Sum up what happened while the bot was away. `stale` when that was longer than Inbox keeps its events.

    `places` are the channels of the threads, as far as they are known; None where a thread is posted nowhere.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "inbound"
    kind: Literal["digest"] = "digest"
    stale: bool = False
    places: dict[str, str | None] = Field(default_factory=dict)


class Announce(Base):
    """Say something to a whole channel."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["announce"] = "announce"
    channel: str
    text: str


class Missed(Base):
    """Show a thread in which somebody wrote while the bot was away: its card, and what was written since."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["missed"] = "missed"
    channel: str
    thread_id: str
    since: datetime


class Render(Base):
    """Draw a thread's card anew from what is known now."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "card:{thread_id}"
    kind: Literal["render"] = "render"
    thread_id: str


class Tell(Base):
    """Say something to one person, privately; `lasting` in a direct message, which is there when they come back.

    `replace` puts it in the place of the message whose button they pressed.
    """

    waits_in: ClassVar[str] = "tell:{asker.user}"
    kind: Literal["tell"] = "tell"
    asker: Asker
    text: str
    blocks: list[dict[str, Any]] = Field(default_factory=list)
    lasting: bool = False
    replace: bool = False


class LookUp(Base):
    """*Find in Inbox* on a message: list the conversations with those whose profiles it links to."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["look_up"] = "look_up"
    recipients: tuple[str, ...]
    asker: Asker


class ShowAgain(Base):
    """Draw a private list anew, perhaps on another page: `seen_in` is `list|`, its id, `|` and the page.

    `changed` is the thread that was acted on; the others are shown as they were read.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "shown:{asker.user}"
    kind: Literal["show_again"] = "show_again"
    seen_in: str
    asker: Asker
    changed: str = ""


class DrawHome(Base):
    """Draw somebody's Home anew after they acted on the thread `changed` in it."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "shown:{asker.user}"
    kind: Literal["draw_home"] = "draw_home"
    changed: str
    asker: Asker


class Answer(Base):
    """The answer to what was asked before a first message: send what was kept as `intent`, or do not."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "again:{intent}"
    kind: Literal["answer"] = "answer"
    intent: str
    send: bool
    asker: Asker
    told: bool = False


class SetChoices(Base):
    """Somebody ticked in their Home what they want: `chosen` are the names of all settings that are on now."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["set_choices"] = "set_choices"
    chosen: tuple[str, ...]
    asker: Asker


class Echo(Base):
    """A reply in a card's Slack thread that begins with the channel's prefix: what follows it goes out as a message.

    `ts` is the Slack message, `text` its markup, not decoded yet.
    """

    waits_in: ClassVar[str] = "echo:{asker.channel}:{asker.thread_ts}"
    kind: Literal["echo"] = "echo"
    thread_id: str
    ts: str
    text: str
    files: bool = False
    asker: Asker
    told: bool = False


class Revise(Base):
    """A reply in a card's Slack thread was edited, to `text`, or deleted: so is the message that it became, if any.

    First it waits for what was written before it, then, with the `address`, until that was sent.
    """

    kind: Literal["revise"] = "revise"
    thread_id: str
    ts: str
    text: str | None
    asker: Asker
    address: Address | None = None

    @property
    def lane(self) -> str:
        if self.address is None:
            return f"echo:{self.asker.channel}:{self.asker.thread_ts}"
        return f"to:{self.address.account_link_id}:{self.address.platform_id}"


class Mark(Base):
    """Show on the Slack message `ts`, by a reaction, what became of it; `told` are the words for its writer.

    `again` when an earlier attempt has left its own mark.
    """

    waits_in: ClassVar[str] = "mark:{asker.channel}:{ts}"
    kind: Literal["mark"] = "mark"
    ts: str
    state: str
    asker: Asker
    told: Tell | None = None
    again: bool = False


class Count(Base):
    """For the figures: a message came or went out, or a thread was closed, at `when`, in the order of the events.

    `member` is who wrote it, where that is certain.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "count:{thread_id}"
    kind: Literal["count"] = "count"
    what: Literal["received", "sent", "closed"]
    thread_id: str
    when: datetime
    message_id: str = ""
    member: str = ""


class Chart(Base):
    """Show somebody the figures as a picture, in their direct messages with the bot: in `channel`, once it is known."""

    waits_in: ClassVar[str] = "chart:{asker.user}"
    kind: Literal["chart"] = "chart"
    asker: Asker
    channel: str = ""


class Outbound(Base):
    """Our side wrote in a thread: nobody waits for an answer there any more, unless it was a campaign.

    A campaign's has its turn among the messages, whose channel may depend on it. An answer has a time, which counts
    whenever it is heard of: it waits for no other thread's message, or somebody is reminded of what was answered.
    """

    background: ClassVar[bool] = True
    kind: Literal["outbound"] = "outbound"
    thread_id: str
    written: datetime
    campaign: bool = False

    @property
    def lane(self) -> str:
        return "inbound" if self.campaign else f"answered:{self.thread_id}"


class Campaign(Base):
    """A campaign wrote in a thread, or was answered there."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "inbound"
    kind: Literal["campaign"] = "campaign"
    thread_id: str


class Move(Base):
    """Post a thread's card anew in a channel, and close the old one; `message` is what a rule moved it for.

    `mover` moved it by hand and is told. Once there is a new card, `posted` is its ts, and `old` the place it had.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["move"] = "move"
    channel: str
    thread_id: str
    message: Message | None = None
    mover: Asker | None = None
    posted: str = ""
    old: tuple[str, str] | None = None

    @property
    def once(self) -> str | None:
        return f"message:{self.message.id}" if self.message else None


class Leave(Base):
    """Close the card that a thread had at `old`, with a link to the one it has now."""

    waits_in: ClassVar[str] = "card:{thread_id}"
    kind: Literal["leave"] = "leave"
    thread_id: str
    old: tuple[str, str]


class MoveTo(Base):
    """Somebody wants a thread's card in another channel, or where the rules want it (`to` is None)."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "thread:{thread_id}"
    kind: Literal["move_to"] = "move_to"
    thread_id: str
    to: str | None
    asker: Asker


class Why(Base):
    """Tell somebody why a thread's card is where it is."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["why"] = "why"
    thread_id: str
    asker: Asker


class OpenSettings(Base):
    """Fill the loading view of a channel's settings."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_settings"] = "open_settings"
    view_id: str
    asker: Asker


class SaveSettings(Base):
    """An admin submitted the settings of the channel that `asker` began in."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["save_settings"] = "save_settings"
    privacy: Privacy
    reminders: Reminders
    asker: Asker


class Due(Base):
    """Look at the threads in which somebody may have waited long enough, and at the channels' mornings."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "due"
    kind: Literal["due"] = "due"


class Nudge(Base):
    """Remind a channel, or a person in a direct message (`channel` is their id), of threads that wait.

    `threads` maps each to the time of the first message that nobody answered and nobody was reminded of.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["nudge"] = "nudge"
    channel: str
    threads: dict[str, float]


class Morning(Base):
    """A channel's digest of the day `day` (ISO), by its own clock."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["morning"] = "morning"
    channel: str
    day: str

    @property
    def once(self) -> str | None:
        return f"morning:{self.channel}:{self.day}"


class Sync(Base):
    """Read the event feed after the stored cursor."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "sync"
    kind: Literal["sync"] = "sync"


Job = Annotated[
    Change
    | Dm
    | Send
    | OpenDm
    | OpenChoice
    | Choose
    | SendAgain
    | OpenReply
    | Reply
    | StopReplying
    | Fade
    | Receipt
    | OpenAssign
    | TellAssignee
    | Amend
    | Console
    | OpenHome
    | TellAdmins
    | Notify
    | Refresh
    | Recheck
    | RefreshPerson
    | Post
    | Digest
    | Announce
    | Missed
    | Render
    | Tell
    | Echo
    | Revise
    | Mark
    | Count
    | Chart
    | LookUp
    | ShowAgain
    | DrawHome
    | Answer
    | SetChoices
    | Outbound
    | Campaign
    | Move
    | Leave
    | MoveTo
    | Why
    | OpenSettings
    | SaveSettings
    | Due
    | Nudge
    | Morning
    | Sync,
    Field(discriminator="kind"),
]
_JOB: TypeAdapter[Job] = TypeAdapter(Job, config=ConfigDict(defer_build=True))


Keep = Callable[[Job], Awaitable[None]]
"""How a handler writes down how far its job has come, before it goes on."""


class Later(Exception):
    """A handler's word that its job is not done yet: work it again in `seconds`, as `job`, and do `then` now."""

    def __init__(self, seconds: float, job: Job, *then: Job) -> None:
        super().__init__(f"in {seconds:g} s")
        self.seconds, self.job, self.then = seconds, job, then


def dump(job: Job) -> bytes:
    return job.model_dump_json(exclude_defaults=False).encode()


def load(raw: bytes) -> Job:
    """The job that `dump` wrote. Raises `ValueError` when it is no job of this version."""
    return _JOB.validate_json(raw)


class Choice(Record):
    """What is kept while `user`, and nobody else, decides whom a text is for."""

    recipient: str
    text: str
    candidates: tuple[Candidate, ...]
    user: str
