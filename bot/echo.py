"""Replies in a card's Slack thread that go out as direct messages, where an admin has chosen a prefix for that.

What does not begin with the prefix never leaves Slack, and neither does what was edited to begin with it later. The
writer is held against the gate like everybody who acts, and the channel against the rule for shared channels.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot.answers import Answers, say
from bot.consent import Consent
from bot.errors import Forbidden, InboxError, NotNow, SlackRefused, Unidentified
from bot.gate import Actor, Gate
from bot.inbox import Inbox
from bot.jobs import Announce, Asker, Console, Echo, Job, Mark, Revise, Send, TellAdmins
from bot.manifest import FOR_REPLIES
from bot.models import Address, Person, Thread
from bot.slack import Slack
from bot.store.audit import Audit
from bot.store.cards import Cards, Place
from bot.store.intents import Intents
from bot.store.people import People
from bot.store.preferences import Preferences
from bot.views import text, words
from bot.writing import Writing

log = structlog.get_logger(__name__)

WAITS: Final = "hourglass_flowing_sand"
FAILED: Final = "warning"
MARKS: Final = {
    "sending": WAITS,
    "sent": "white_check_mark",
    "unconfirmed": FAILED,
    "failed": FAILED,
    "edited": "pencil2",
}
LONGEST: Final = 20  # code points of a prefix


def intent_of(channel: str, ts: str) -> str:
    """The one intent of a Slack message: however often Slack tells of it, it is sent once."""
    return f"slack-{channel}-{ts}"


class Echoes:
    """Each handler can be run again."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        inbox: Inbox,
        people: People,
        cards: Cards,
        intents: Intents,
        preferences: Preferences,
        consent: Consent,
        answers: Answers,
        audit: Audit,
        writing: Writing,
    ) -> None:
        self._gate, self._slack, self._inbox, self._people = gate, slack, inbox, people
        self._cards, self._intents, self._preferences, self._consent = cards, intents, preferences, consent
        self._answers, self._audit, self._writing = answers, audit, writing

    # --- the setting ------------------------------------------------------------------------------------------------

    async def choose(self, job: Console, rest: list[str]) -> list[Job]:
        """`/inbox replies`, `/inbox replies on PREFIX`, `/inbox replies off`."""
        channel = job.asker.channel or ""
        match rest:
            case []:
                await self._gate.insider(job.asker)
                choices = await self._preferences.channel(channel)
                return [say(job.asker, words.replies_are(channel, choices.replies))]
            case ["on", prefix]:
                await self._gate.admin(job.asker)
                return await self._turn_on(job, channel, text.decode(prefix))
            case ["off"]:
                await self._gate.admin(job.asker)
                return await self._set(job, channel, "")
        return [say(job.asker, words.REPLIES_USAGE)]

    async def _turn_on(self, job: Console, channel: str, prefix: str) -> list[Job]:
        if not channel.startswith(("C", "G")) or not _usable(prefix):
            return [say(job.asker, words.REPLIES_USAGE)]
        if not await self._consent.shows(channel):
            return [say(job.asker, words.REPLIES_SHARED)]
        return await self._set(job, channel, prefix)

    async def _set(self, job: Console, channel: str, prefix: str) -> list[Job]:
        """On record, and known to everybody whom it concerns: the channel and the other admins."""
        missing = sorted(FOR_REPLIES - await self._slack.scopes()) if prefix else []
        choices = await self._preferences.channel(channel)
        await self._preferences.save_channel(channel, choices.model_copy(update={"replies": prefix}))
        await self._audit.note(job.asker, "replies on" if prefix else "replies off", channel, "done", job.ref)
        said = words.replies_are(channel, prefix)
        news = words.announced(job.asker.user, said)
        return [
            say(job.asker, said + (words.scopes_missing(missing) if missing else "")),
            TellAdmins(text=news, but=job.asker.user),
            Announce(channel=channel, text=news),
        ]

    # --- writing ----------------------------------------------------------------------------------------------------

    async def echo(self, job: Echo, _: object) -> list[Job]:
        """Send what follows the prefix, as the writer. Raises `Refused` for those who may not act."""
        channel = job.asker.channel or ""
        try:
            actor = await self._gate.actor(job.asker)
            links = await self._people.account_links(self._inbox.account_links)
        except (NotNow, Unidentified) as error:
            return await self._answers.later_or_failed(job, error)
        if await self._intents.withdrawn(intent_of(channel, job.ts)):
            gone = job.model_copy(update={"asker": _in_channel(job.asker)})
            return await self._not_sent(gone, actor, words.CHANGED_BEFORE, "changed before")
        if not await self._consent.shows(channel):
            return await self._not_sent(job, actor, words.REPLIES_SHARED, "shared channel")
        prefix = (await self._preferences.channel(channel)).replies
        body = text.after_prefix(await self._writing.decoded(job.text), prefix)
        if body is None:
            return await self._not_sent(job, actor, words.REPLIES_OFF, "switched off")
        card = await self._cards.get(job.thread_id)
        person = card.thread.person if card else None
        if card is None or card.gone or person is None:
            return await self._not_sent(job, actor, words.GONE if card else words.NO_CARD, "gone")
        if job.files or not body:
            return await self._not_sent(job, actor, words.NO_FILES if job.files else words.NOTHING_AFTER, "not text")
        account = next((link.label for link in links if link.id == card.thread.account_link_id), "your account")
        send = _intended(job, actor, card.thread, person, account, body)
        await self._intents.keep(send)
        return [Mark(ts=job.ts, state="sending", asker=job.asker), send]

    async def _not_sent(self, job: Echo, actor: Actor, why: str, how: str) -> list[Job]:
        await self._answers.note(job, f"not sent: {how}", actor.member.id)
        return [say(job.asker, words.stayed_in_slack(why))]

    # --- editing and deleting ---------------------------------------------------------------------------------------

    async def revise(self, job: Revise, _: object) -> list[Job]:
        """Edit or unsend the message that a Slack message became; where that cannot be done, its writer is told.

        Both are harmless to repeat, so an unknown outcome is simply tried again.
        """
        intent = intent_of(job.asker.channel or "", job.ts)
        kept = await self._intents.get(intent)
        if kept is None:  # it never left Slack, and no late repetition of what Slack told of it may send it now
            await self._intents.withdraw(intent)
            return []
        if job.address is None:
            return [job.model_copy(update={"address": kept.address})]
        actor = await self._gate.actor(job.asker)
        why, body = await self._hindered(job)
        if job.text is None:
            job = job.model_copy(update={"asker": _in_channel(job.asker)})
        arrived = await self._intents.arrived(kept.intent)
        if arrived is None:
            return [say(job.asker, words.NEVER_CONFIRMED)]
        if not why:
            why = await self._carry_over(job, arrived, body, kept)
        name = kept.person.label
        if why:
            await self._answers.note(job, "not done", actor.member.id)
            return [say(job.asker, words.not_amended(name, why, deleting=job.text is None))]
        await self._answers.note(job, "done", actor.member.id)
        if job.text is None:
            return [say(job.asker, words.unsent(name))]
        return [Mark(ts=job.ts, state="edited", asker=job.asker, told=say(job.asker, words.edited(name)))]

    async def _hindered(self, job: Revise) -> tuple[str, str]:
        """Why it must stay in Slack, or what the message is to say; both "" for one that is to be taken back."""
        channel = job.asker.channel or ""
        prefix = (await self._preferences.channel(channel)).replies
        if not prefix:
            return words.REPLIES_OFF, ""
        if job.text is None:
            return "", ""
        if not await self._consent.shows(channel):
            return words.REPLIES_SHARED, ""
        body = text.after_prefix(await self._writing.decoded(job.text), prefix)
        return ("", body) if body else (words.NO_PREFIX_NOW, "")

    async def _carry_over(self, job: Revise, arrived: tuple[str, str], body: str, kept: Send) -> str:
        """Do it in Inbox; "" or why it could not be done."""
        try:
            if job.text is None:
                await self._inbox.unsend(*arrived)
            else:
                await self._inbox.edit_message(*arrived, body)
        except NotNow:
            raise
        except InboxError as error:
            log.warning("not_amended", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
            if job.text is None and await self._is_gone(arrived, error):
                return ""
            return self._answers.explain(error, job.asker, job.ref, "change", account=kept.account)
        return ""

    async def _is_gone(self, arrived: tuple[str, str], error: InboxError) -> bool:
        """Whether the message is deleted already, as after an attempt whose answer was lost."""
        if isinstance(error, Forbidden):
            return False
        try:
            message, _ = await self._inbox.message(*arrived)
        except InboxError as other:
            return other.status == 404
        return message.deleted

    # --- the receipt ------------------------------------------------------------------------------------------------

    async def mark(self, job: Mark, _: object) -> list[Job]:
        """The hourglass, and later what takes its place; words besides where there is more to say, or no reaction."""
        place = Place(job.asker.channel or "", job.ts)
        told: list[Job] = [job.told] if job.told and job.state not in ("sent", "edited") else []
        try:
            await self._slack.react(place, MARKS[job.state])
            if job.state in ("sent", "unconfirmed", "failed"):
                await self._slack.take_reaction(place, WAITS)
            if job.again and MARKS[job.state] != FAILED:
                await self._slack.take_reaction(place, FAILED)
        except SlackRefused as error:
            log.warning("not_marked", ref=job.ref, error=error.code)
            if job.told and error.code == "message_not_found":
                return [job.told.model_copy(update={"asker": _in_channel(job.told.asker)})]
            return [job.told] if job.told else []
        return told


def _in_channel(asker: Asker) -> Asker:
    """Where somebody is told of a reply that they deleted: Slack shows nothing private in a thread without replies."""
    return asker.model_copy(update={"thread_ts": None})


def _usable(prefix: str) -> bool:
    """No ordinary word, no command, and nothing that Slack itself makes something of."""
    long_enough = len(prefix) > 1 or not prefix.isascii()  # one emoji will do
    return long_enough and len(prefix) <= LONGEST and not prefix[-1].isalnum() and prefix[0] not in "/@#<"


def _intended(job: Echo, actor: Actor, thread: Thread, person: Person, account: str, body: str) -> Send:
    """The one attempt to send that everything after this belongs to."""
    intent = intent_of(job.asker.channel or "", job.ts)
    return Send(
        ref=job.ref,
        at=job.at,
        intent=intent,
        only=f"echo:{intent}",
        address=Address.within(thread, person),
        person=person,
        account=account,
        text=body,
        asker=job.asker,
        member=actor.member.id,
        writer=actor.name,
        url=thread.url,
        echo=job.ts,
    )
