"""The listeners: read the payload, write the job, answer. Nothing here waits for Inbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from slack_bolt.async_app import AsyncAck

from bot import channel_settings
from bot.dm_command import command
from bot.errors import StoreUnavailable
from bot.jobs import (
    Answer,
    Asker,
    Change,
    Choose,
    Console,
    Dm,
    Job,
    LookUp,
    MoveTo,
    OpenAssign,
    OpenChoice,
    OpenDm,
    OpenHome,
    OpenReply,
    OpenSettings,
    Reply,
    SaveSettings,
    SendAgain,
    SetChoices,
    ShowAgain,
    StopReplying,
    Tell,
    Verb,
    Why,
)
from bot.listeners.boundary import hand_back
from bot.listeners.payloads import (
    Body,
    asker,
    button_value,
    from_event,
    from_modal,
    seen_in,
    submitted,
    ticked,
    ticked_now,
)
from bot.listeners.seen import seen
from bot.models import Installation
from bot.recipient import Unreadable, in_text, read
from bot.slack import Slack
from bot.store.cards import Cards, Place
from bot.store.install import Install
from bot.store.lanes import Lanes
from bot.views import INPUT, WHOLE, help_message, loading_modal, notice_modal, reminding, steering, text, words

log = structlog.get_logger(__name__)

_Act = Callable[[AsyncAck, Body], Awaitable[None]]
_Fill = Callable[[str], Job]
ACCEPT_WITHIN: Final = 1.8  # seconds; less than the boundary waits before it says that nothing was done


class Front:
    """What people press and type. `once` keys make a repeated payload the same piece of work."""

    def __init__(self, lanes: Lanes, cards: Cards, slack: Slack, install: Install, installation: Installation) -> None:
        self._lanes, self._cards, self._slack = lanes, cards, slack
        self._install, self._installation = install, installation

    async def dm_command(self, ack: AsyncAck, body: Body) -> None:
        """`/dm`, `/dm help`, `/dm recipient` and `/dm recipient text`."""
        typed, who = str(body.get("text") or ""), asker(body)
        if typed.strip().lower() == "help":
            await ack(**help_message())
            return
        try:
            asked = command(typed)
        except Unreadable as error:
            await hand_back(self._slack, ack, body, words.unreadable(error.why))
            return
        if len(asked.text) > (WHOLE if asked.to else INPUT):
            why = words.TOO_LONG if asked.to else words.TOO_LONG_FOR_FORM
            await hand_back(self._slack, ack, body, why)
            return
        if asked.to and asked.text:
            await self._accept(who, Dm(recipient=asked.to.key, text=asked.text, asker=who))
        else:
            form = OpenDm(view_id="", asker=who, recipient=asked.typed, text=asked.text)
            await self._open(
                who, "New DM", lambda view_id: form.model_copy(update={"view_id": view_id}), text.decode(typed)
            )
        await ack()

    async def inbox_command(self, ack: AsyncAck, body: Body) -> None:
        """`/inbox help` is answered at once, everything else by a worker."""
        asked = str(body.get("text") or "").strip()
        if asked in ("", "help"):
            await ack(text=words.inbox_help())
            return
        who = asker(body)
        if asked.lower() == "settings":
            await self._settings(ack, who)
            return
        await self._accept(who, Console(words=asked, asker=who))
        await ack()

    async def _settings(self, ack: AsyncAck, who: Asker) -> None:
        """The form for the channel that it was asked for in."""
        if not (who.channel or "").startswith(("C", "G")):
            await ack(text=reminding.SETTINGS_USAGE)
            return
        await self._open(who, channel_settings.TITLE, lambda view_id: OpenSettings(view_id=view_id, asker=who))
        await ack()

    async def settings_submitted(self, ack: AsyncAck, body: Body) -> None:
        """The form: what can be seen to be wrong is said beside the field."""
        _, who = from_modal(body)
        names = ("privacy", "unassigned_after", "assigned_after", "hours", "zone", "digest")
        typed = {name: submitted(body, name) for name in names}
        form = channel_settings.read_form(typed, ticked(body, "days"))
        if form.wrong:
            await ack(response_action="errors", errors=form.wrong)
            return
        job = SaveSettings(privacy=typed["privacy"], reminders=form.reminders, asker=who)  # type: ignore[arg-type]  # an option
        await self._take(job, f"view:{body['view']['id']}")
        await ack()

    def button(self, verb: Verb) -> _Act:
        """A button of a card or in a list; its value is the thread."""

        async def press(ack: AsyncAck, body: Body) -> None:
            who = asker(body)
            job = Change(verb=verb, thread_id=button_value(body), asker=who, seen_in=seen_in(body))
            await self._accept(who, job)
            await ack()

        return press

    def shortcut(self, verb: Verb) -> _Act:
        """A message shortcut, on a card or on any message in its thread."""

        async def choose(ack: AsyncAck, body: Body) -> None:
            who, thread_id = asker(body), await self._thread_of(body)
            job: Job = Tell(asker=who, text=words.NO_CARD)
            if thread_id:
                job = Change(verb=verb, thread_id=thread_id, asker=who)
            await self._accept(who, job)
            await ack()

        return choose

    def form(self, title: str, kind: type[OpenReply | OpenAssign]) -> _Act:
        """A form about a thread: from a button, whose value it is, or from a shortcut on its card or below it."""

        async def open_form(ack: AsyncAck, body: Body) -> None:
            who = asker(body)
            thread_id = await self._thread_of(body) if "message_ts" in body else button_value(body)
            if thread_id:
                await self._open(who, title, lambda view_id: kind(view_id=view_id, thread_id=thread_id, asker=who))
            else:
                await self._accept(who, Tell(asker=who, text=words.NO_CARD))
            await ack()

        return open_form

    async def _thread_of(self, body: Body) -> str:
        """The thread whose card this message is, or stands below; "" where it is none."""
        message = body["message"]
        return await self._cards.at(Place(body["channel"]["id"], message.get("thread_ts") or message["ts"])) or ""

    async def replied(self, ack: AsyncAck, body: Body) -> None:
        """The reply form was submitted."""
        thread_id, who = from_modal(body)
        said = submitted(body, "text")
        if not said.strip():
            await ack(response_action="errors", errors={"text": words.EMPTY_TEXT_FIELD})
            return
        await self._take(Reply(thread_id=thread_id, text=said, asker=who), f"view:{body['view']['id']}")
        await ack()

    async def reply_closed(self, ack: AsyncAck, body: Body) -> None:
        thread_id, who = from_modal(body)
        await self._take(StopReplying(thread_id=thread_id, asker=who), f"closed:{body['view']['id']}")
        await ack()

    async def assigned(self, ack: AsyncAck, body: Body) -> None:
        """A colleague was chosen."""
        thread_id, who = from_modal(body)
        job = Change(verb="assign_to", thread_id=thread_id, assignee=submitted(body, "assignee"), asker=who)
        await self._take(job, f"view:{body['view']['id']}")
        await ack()

    async def assignments_off(self, ack: AsyncAck, body: Body) -> None:
        """The button in what a new assignee is told."""
        who = asker(body)
        await self._accept(who, Console(words="assignments off", asker=who))
        await ack()

    async def why_here(self, ack: AsyncAck, body: Body) -> None:
        """The message shortcut that asks why the conversation is in this channel."""
        who, message = asker(body), body["message"]
        thread_id = await self._cards.at(Place(body["channel"]["id"], message.get("thread_ts") or message["ts"]))
        job: Job = Why(thread_id=thread_id, asker=who) if thread_id else Tell(asker=who, text=words.NO_CARD)
        await self._accept(who, job)
        await ack()

    async def move_thread(self, ack: AsyncAck, body: Body) -> None:
        """The form that asks where to; it shows nothing, and its submission is checked."""
        who = asker(body)
        metadata = f"{button_value(body)}|{who.channel or ''}|{who.thread_ts or ''}"
        await self._slack.open_view(who.trigger or "", steering.move_modal(metadata))
        await ack()

    async def move_submitted(self, ack: AsyncAck, body: Body) -> None:
        thread_id, who = from_modal(body)
        job = MoveTo(thread_id=thread_id, to=submitted(body, "channel") or None, asker=who)
        await self._take(job, f"view:{body['view']['id']}")
        await ack()

    async def send_as_dm(self, ack: AsyncAck, body: Body) -> None:
        """The message shortcut that fills the form with a message's text."""
        who, shown = asker(body), seen(body["message"])
        await self._open(who, "New DM", lambda view_id: OpenDm(view_id=view_id, asker=who, text=shown))
        await ack()

    async def find_in_inbox(self, ack: AsyncAck, body: Body) -> None:
        """The message shortcut that looks up the profiles a message links to."""
        who = asker(body)
        found = tuple(one.key for one in in_text(seen(body["message"])))
        await self._accept(who, LookUp(recipients=found, asker=who))
        await ack()

    async def turn_page(self, ack: AsyncAck, body: Body) -> None:
        """Next and Previous; their value is the list and the page."""
        who = asker(body)
        await self._accept(who, ShowAgain(seen_in=button_value(body), asker=who))
        await ack()

    def answer(self, *, send: bool) -> _Act:
        """What to do with a first message after all."""

        async def press(ack: AsyncAck, body: Body) -> None:
            who = asker(body)
            await self._accept(who, Answer(intent=button_value(body), send=send, asker=who))
            await ack()

        return press

    async def my_choices(self, ack: AsyncAck, body: Body) -> None:
        """The boxes in Home; each click brings all that are ticked."""
        who = asker(body)
        await self._accept(who, SetChoices(chosen=ticked_now(body), asker=who))
        await ack()

    async def send_again(self, ack: AsyncAck, body: Body) -> None:
        who = asker(body)
        await self._accept(who, SendAgain(intent=button_value(body), asker=who))
        await ack()

    async def choose_button(self, ack: AsyncAck, body: Body) -> None:
        who, choice_id = asker(body), button_value(body)
        await self._open(
            who, "Who is it for?", lambda view_id: OpenChoice(view_id=view_id, choice_id=choice_id, asker=who)
        )
        await ack()

    async def dm_submitted(self, ack: AsyncAck, body: Body) -> None:
        """The form: what can be seen to be wrong is said beside the field."""
        _, who = from_modal(body)
        said = submitted(body, "text")
        wrong = {} if said.strip() else {"text": words.EMPTY_TEXT_FIELD}
        try:
            recipient = read(submitted(body, "recipient")).key
        except Unreadable as error:
            wrong["recipient"] = words.unreadable_field(error.why)
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        account = submitted(body, "account") or None
        job = Dm(recipient=recipient, text=said, asker=who, account_link_id=account)
        await self._take(job, f"view:{body['view']['id']}")
        await ack()

    async def chosen(self, ack: AsyncAck, body: Body) -> None:
        choice_id, who = from_modal(body)
        job = Choose(choice_id=choice_id, index=int(submitted(body, "choice") or 0), asker=who)
        await self._take(job, f"view:{body['view']['id']}")
        await ack()

    async def opened_home(self, ack: AsyncAck, body: Body) -> None:
        if body["event"].get("tab") == "home":
            await self._take(OpenHome(asker=from_event(body)), f"slack-event:{body['event_id']}")
        await ack()

    async def uninstalled(self, ack: AsyncAck, body: Body) -> None:
        """The workspace removed the app."""
        await self._revoked(body)
        await ack()

    async def tokens_revoked(self, ack: AsyncAck, body: Body) -> None:
        """Only the bot's own token matters: it acts for nobody else's."""
        if self._installation.bot_user in (body["event"]["tokens"].get("bot") or ()):
            await self._revoked(body)
        await ack()

    async def _revoked(self, body: Body) -> None:
        if body.get("team_id") == self._installation.team:
            log.error("revoked", why=body["event"]["type"], remedy="install the app again and restart")
            await self._install.revoke()

    async def nothing(self, ack: AsyncAck, body: Body) -> None:
        """A link button: Slack opens it, and only wants to hear that we know."""
        await ack()

    async def _accept(self, who: Asker, job: Job) -> None:
        await self._take(job, f"trigger:{who.trigger}" if who.trigger else "")

    async def _take(self, job: Job, once: str = "") -> None:
        new = await self._lanes.accept(job, once=once, within=ACCEPT_WITHIN)
        log.info("accepted", ref=job.ref, kind=job.kind, new=new)

    async def _open(self, who: Asker, title: str, then: _Fill, typed: str = "") -> None:
        """A loading view at once, as the trigger lives three seconds; a worker fills it.

        `typed` is handed back where it cannot be.
        """
        view_id = await self._slack.open_view(who.trigger or "", loading_modal(title))
        try:
            await self._take(then(view_id))
        except StoreUnavailable:
            await self._slack.update_view(view_id, notice_modal(title, words.STORE_DOWN, typed))
