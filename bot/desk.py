"""The use cases: change a thread, send a direct message, choose whom it is for.

Each handler takes a job that was accepted, does it, and returns the jobs that follow. A worker may be killed at any
await and the job be handed to another one, so every handler can be run again: changes to a thread are harmless to
repeat, and a send is written down before it is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from bot import jobs
from bot.errors import (
    Gone,
    InboxError,
    NotLinked,
    RateLimited,
    Refused,
    SendInProgress,
    SlackRefused,
    Unavailable,
    Unconfirmed,
    Unidentified,
)
from bot.gate import Actor, Gate
from bot.inbox import Inbox
from bot.jobs import (
    Asker,
    Change,
    Choice,
    Choose,
    Console,
    Dm,
    Job,
    Keep,
    Later,
    OpenChoice,
    OpenDm,
    Render,
    Send,
    SendAgain,
    Tell,
)
from bot.models import AccountLink, Candidate, Card, Note, Thread
from bot.slack import Slack
from bot.store.audit import Audit
from bot.store.cards import Cards
from bot.store.intents import Intents
from bot.store.people import People
from bot.store.rights import Rights
from bot.views import Msg, choose_message, choose_modal, dm_modal, loading_modal, notice_modal, receipt, text, words

log = structlog.get_logger(__name__)

PATIENCE: Final = 60.0  # seconds after which the writer may be looking elsewhere
KEEP_TRYING: Final = 600.0  # seconds a send is tried for
TRIGGER_LIVES: Final = 2.5  # seconds; Slack's three, less the way there
PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds between tries; the last one repeats
LOOK_AGAIN: Final = (2.0, 3.0, 5.0, 10.0, 20.0)  # seconds between looks for a message whose outcome is unknown


def pause(tries: int) -> float:
    """Seconds until try number `tries` + 1."""
    return PAUSES[min(tries, len(PAUSES) - 1)]


class Desk:
    """What people can do. Raises `Later` where a job must wait; an error that ends a job becomes a `Tell`."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        inbox: Inbox,
        people: People,
        cards: Cards,
        intents: Intents,
        rights: Rights,
        audit: Audit,
        default_account: str | None,
    ) -> None:
        self._gate, self._slack, self._inbox = gate, slack, inbox
        self._people, self._cards, self._intents = people, cards, intents
        self._rights, self._audit = rights, audit
        self._default_account = default_account

    # --- threads ---------------------------------------------------------------------------------------------------

    async def change(self, job: Change, _: Keep) -> list[Job]:
        """Archive, reopen, assign or unassign; the card is drawn anew once Inbox has confirmed."""
        try:
            actor = await self._gate.actor(job.asker)
            card = await self._cards.get(job.thread_id)
            if card is None:
                await self._note(job, "no such card", actor.member.id)
                return [_say(job.asker, words.NO_CARD)]
            if already := _already(job, card, actor):
                await self._note(job, "nothing to do", actor.member.id)
                return [_say(job.asker, already), Render(thread_id=job.thread_id)]
            await self._confirm(job, card, actor)
        except Gone as error:
            return await self._gone(job, error)
        except RateLimited as error:
            then = [] if job.told else [_say(job.asker, words.quota(error.retry_after, "change"))]
            raise Later(error.retry_after, job.model_copy(update={"told": True}), *then) from error
        return [Render(thread_id=job.thread_id)]

    async def _confirm(self, job: Change, card: Card, actor: Actor) -> None:
        by = Note(who=actor.name, at=jobs.now())
        if job.verb in ("archive", "reopen"):
            thread = await self._inbox.update_thread(job.thread_id, archived=job.verb == "archive")
            notes = {"archived": by}
        else:
            wanted = actor.member.id if job.verb == "assign_to_me" else None
            thread = await self._inbox.update_thread(job.thread_id, assignee_id=wanted)
            notes = {"assigned": by}
        await self._note(job, "done", actor.member.id)
        thread = thread.with_person(card.thread.person)
        await self._cards.write(thread, notes=notes)
        await self._people.saw(thread)
        log.info("changed", ref=job.ref, verb=job.verb, thread=job.thread_id, user=actor.user, member=actor.member.id)

    async def _gone(self, job: Change, error: Gone) -> list[Job]:
        """Inbox says 404 to a change. The thread tells whether it is gone; a 404 without a code tells nothing."""
        try:
            await self._inbox.thread(job.thread_id)
        except Gone as gone:
            if not gone.code:
                raise
            await self._cards.bury(job.thread_id)
            await self._note(job, "gone")
            return [_say(job.asker, words.GONE), Render(thread_id=job.thread_id)]
        log.warning("changed_nothing", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
        await self._note(job, "not found")
        return [_say(job.asker, words.not_found(job.ref))]

    # --- direct messages -------------------------------------------------------------------------------------------

    async def dm(self, job: Dm, _: Keep) -> list[Job]:
        """Find out whom `/dm` means, then send, or let the person choose."""
        try:
            actor = await self._gate.actor(job.asker)
            links = await self._people.account_links(self._inbox.account_links)
            found = await self._find(job.recipient, links)
        except (RateLimited, Unavailable) as error:
            return await self._later_or_failed(job, error)
        if not links:
            return [await self._not_sent(job, words.NO_ACCOUNT, "no account")]
        if not found:
            return [await self._not_sent(job, words.nobody(job.recipient), "nobody found")]
        options = self._options(found, links, job.account_link_id)
        if not options:
            why = words.NO_WAY if job.account_link_id else words.NO_ACCOUNT
            return [await self._not_sent(job, why, "no account")]
        body = await self._decoded(job.text)
        if len(options) == 1:
            return [await self._intend(options[0], body, job, links, actor)]
        choice = Choice(recipient=job.recipient, text=body, candidates=tuple(options), user=job.asker.user)
        return await self._let_choose(job, choice)

    async def _find(self, recipient: str, links: Sequence[AccountLink]) -> list[Candidate]:
        known = await self._people.lookup(recipient)
        if known is None:
            known = await self._inbox.find(recipient, links)
            await self._people.save_lookup(recipient, known)
        return known

    def _options(self, found: Sequence[Candidate], links: Sequence[AccountLink], wanted: str | None) -> list[Candidate]:
        """The ways to send that are left to choose from, each with its account.

        An existing conversation comes before a new one, the account the person asked for before all, and
        INBOX_ACCOUNT_LINK_ID decides between several.
        """
        options: list[Candidate] = []
        people = {(one.person.platform, one.person.platform_id): one for one in reversed(found)}
        for who, one in reversed(people.items()):
            threads = {c.account_link_id: c for c in found if c.account_link_id and _who(c) == who}
            accounts = [link.id for link in links if link.platform == one.person.platform]
            new = {
                a: one.model_copy(update={"account_link_id": a, "thread_id": None, "thread_url": None})
                for a in accounts
            }
            ways = {**new, **threads}
            if wanted and wanted not in ways:
                continue  # the account they asked for cannot reach this person, and no other was asked for
            for choice in (wanted, self._default_account if len(threads) != 1 else None):
                if choice in ways:
                    ways = {choice: ways[choice]}
                    break
            else:
                ways = dict(threads) or ways
            options += ways.values()
        return options

    async def _decoded(self, raw: str) -> str:
        """What the contact will read: Slack's markup as plain text, people's mentions as their names."""
        names: dict[str, str] = {}
        for user in text.mentioned(raw):
            profile = await self._people.profile(user)
            if profile is None:
                try:
                    profile = await self._slack.profile(user)
                except SlackRefused:
                    continue
            names[user] = profile.name
        return text.decode(raw, names)

    async def _intend(
        self, to: Candidate, body: str, job: Dm | Choose, links: Sequence[AccountLink], actor: Actor
    ) -> Send:
        """The one attempt to send that everything after this belongs to, written down."""
        assert to.account_link_id is not None  # options always name their account
        account = next((link.label for link in links if link.id == to.account_link_id), to.account_link_id)
        send = Send(
            ref=job.ref,
            intent=f"slack-{job.ref}-{jobs.reference()}{jobs.reference()}",
            address=to.address(to.account_link_id),
            person=to.person,
            url=to.thread_url,
            account=account,
            text=body,
            asker=job.asker,
            member=actor.member.id,
        )
        await self._intents.keep(send)
        return send

    async def _let_choose(self, job: Dm, choice: Choice) -> list[Job]:
        """A modal while the trigger is fresh, else a message with a button that brings a fresh one."""
        choice_id = job.ref + jobs.reference()
        await self._intents.keep_choice(choice_id, choice)
        if job.asker.trigger and job.age < TRIGGER_LIVES and job.tries == 0:
            try:
                view_id = await self._slack.open_view(job.asker.trigger, loading_modal("Who is it for?"))
                return [OpenChoice(view_id=view_id, choice_id=choice_id, asker=job.asker)]
            except SlackRefused:
                pass  # too late after all
        return [_tell(job.asker, choose_message(recipient=job.recipient, intent=choice_id))]

    async def open_choice(self, job: OpenChoice, _: Keep) -> list[Job]:
        """Fill the loading view with the people and accounts to choose from."""
        if not await self._may(job.view_id, job.asker, "Who is it for?", job.ref):
            return []
        choice = await self._intents.choice(job.choice_id)
        if choice is None or choice.user != job.asker.user:
            await self._slack.update_view(job.view_id, notice_modal("Who is it for?", words.TOO_OLD))
            return []
        found = await self._accounts(job.view_id, job.asker, "Who is it for?")
        if found is None:
            return []
        links = {link.id: link for link in found}
        metadata = _metadata(job.choice_id, job.asker)
        view = choose_modal(candidates=choice.candidates, links=links, text=choice.text, metadata=metadata)
        await self._slack.update_view(job.view_id, view)
        return []

    async def choose(self, job: Choose, _: Keep) -> list[Job]:
        """Somebody chose: send what was kept."""
        choice = await self._intents.choice(job.choice_id)
        try:
            actor = await self._gate.actor(job.asker)
            links = await self._people.account_links(self._inbox.account_links)
        except (RateLimited, Unavailable) as error:
            return await self._later_or_failed(job, error)
        if choice is None or choice.user != job.asker.user or not 0 <= job.index < len(choice.candidates):
            return [_say(job.asker, words.TOO_OLD)]
        return [await self._intend(choice.candidates[job.index], choice.text, job, links, actor)]

    async def open_dm(self, job: OpenDm, _: Keep) -> list[Job]:
        """Fill the loading view with the form, or with the reason why there is none."""
        if not await self._may(job.view_id, job.asker, "New DM", job.ref):
            return []
        links = await self._accounts(job.view_id, job.asker, "New DM")
        if links is None:
            return []
        view = dm_modal(
            links=links,
            recipient=job.recipient,
            text=await self._decoded(job.text),
            account_link_id=self._default_account,
            metadata=_metadata("", job.asker),
        )
        await self._slack.update_view(job.view_id, view)
        return []

    async def _accounts(self, view_id: str, asker: Asker, title: str) -> list[AccountLink] | None:
        """The team's accounts; None when Inbox does not tell, which the view then says."""
        try:
            return await self._people.account_links(self._inbox.account_links)
        except InboxError as error:
            await self._slack.update_view(view_id, notice_modal(title, self.explain(error, asker, "")))
            return None

    async def _may(self, view_id: str, asker: Asker, title: str, ref: str) -> bool:
        """Whether the form may be filled in for `asker`; otherwise it says why not."""
        try:
            await self._gate.actor(asker)
        except (Refused, InboxError) as error:
            await self._audit.note(asker, "send", "", outcome(error), ref)
            await self._slack.update_view(view_id, notice_modal(title, self.explain(error, asker, ref)))
            return False
        return True

    async def send_again(self, job: SendAgain, _: Keep) -> list[Job]:
        """A person looked and wants it sent once more: a new attempt with a key of its own."""
        try:
            actor = await self._gate.actor(job.asker)
        except (RateLimited, Unavailable) as error:
            return await self._later_or_failed(job, error)
        kept = await self._intents.get(job.intent)
        if kept is None or kept.asker.user != job.asker.user:
            return [_say(job.asker, words.TOO_OLD)]
        again = Send(
            ref=job.ref,
            intent=f"{kept.intent}-again",
            only=f"again:{kept.intent}",
            address=kept.address,
            person=kept.person,
            url=kept.url,
            account=kept.account,
            text=kept.text,
            asker=job.asker,
            member=actor.member.id,
        )
        await self._intents.keep(again)
        return [again]

    # --- sending, exactly once -------------------------------------------------------------------------------------

    async def send(self, job: Send, keep: Keep) -> list[Job]:
        """Deliver one message, once, or tell its writer that it was not.

        v2 carries the intent as its idempotency key, so an unknown outcome is simply asked again. v1 has none: after
        one, the thread's messages tell; until they do, nothing is sent.
        """
        if job.attempted:  # whoever tried before us did not live to say how it ended, or did not know
            job = job.model_copy(update={"doubt": True})
        if job.doubt and not (self._keyed and job.api == self._inbox.version):
            found = await self._look(job)
            if found is not None:
                return found
            job = job.model_copy(update={"doubt": False, "answered": False})
        job = job.model_copy(update={"attempted": jobs.now(), "api": self._inbox.version})
        await keep(job)
        try:
            sent = await self._inbox.send(job.address, job.text, job.intent)
        except Unconfirmed as error:
            return await self._unconfirmed(job, error)
        except (RateLimited, SendInProgress, Unavailable) as error:
            return await self._later_or_failed(job, error)
        except Gone as error:
            return await self._elsewhere(job, error)
        except InboxError as error:
            log.warning("not_sent", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
            return await self._refused(job, error)
        await self._intents.claim(sent.message.id, job.intent)
        return await self._sent(job, sent.thread, sent.thread_id)

    async def _refused(self, job: Send, error: InboxError) -> list[Job]:
        """Inbox will not take it; an earlier attempt of unknown outcome may have arrived all the same."""
        if job.doubt:
            return [await self._ended(job, "unconfirmed")]
        return [await self._ended(job, "failed", self.explain(error, job.asker, job.ref, "send", account=job.account))]

    async def _elsewhere(self, job: Send, error: Gone) -> list[Job]:
        """What was known of the person is out of date: once more, to the person instead of the thread."""
        await self._people.forget(job.person)
        if job.address.thread_id is None or job.doubt or not self._keyed:
            return await self._refused(job, error)
        address = job.address.model_copy(update={"thread_id": None})
        again = {"address": address, "intent": f"{job.intent}-person", "attempted": None, "url": None}
        send = job.model_copy(update=again)
        await self._intents.keep(send)
        return [send]

    @property
    def _keyed(self) -> bool:
        return self._inbox.version == "v2"

    async def _sent(self, job: Send, thread: Thread | None, thread_id: str) -> list[Job]:
        log.info("sent", ref=job.ref, thread=thread_id, user=job.asker.user)
        await self._audit.note(job.asker, "send", thread_id, "sent", job.ref, job.member)
        follow: list[Job] = []
        url = job.url
        if thread is not None:
            thread = thread.with_person(job.person)
            url = thread.url or url
            await self._people.saw(thread)
            if await self._cards.get(thread.id):
                follow.append(jobs.Refresh(thread_id=thread.id, shown=thread))
        return [_receipt(job.model_copy(update={"url": url}), "sent"), *follow]

    async def _look(self, job: Send) -> list[Job] | None:
        """What became of an attempt whose outcome is unknown; None when it certainly was not sent."""
        assert job.attempted is not None
        known: set[str] = set()
        try:
            while sent := await self._inbox.find_sent(job.address, job.text, job.attempted, known):
                if await self._intents.claim(sent.message.id, job.intent):
                    return await self._sent(job, sent.thread, sent.thread_id)
                known.add(sent.message.id)
        except (RateLimited, Unavailable) as error:
            return await self._later_or_failed(job, error)
        except InboxError:
            return [await self._ended(job, "unconfirmed")]
        if job.answered:  # Inbox itself said that it failed, and it is not there
            return [await self._ended(job, "failed", words.GAVE_UP)] if job.age > KEEP_TRYING else None
        if job.looks < len(LOOK_AGAIN):
            raise Later(LOOK_AGAIN[job.looks], job.model_copy(update={"looks": job.looks + 1}))
        return [await self._ended(job, "unconfirmed")]

    async def _ended(self, job: Send, state: str, reason: str = "") -> Tell:
        """The attempt is over without Inbox having confirmed it: on record, and in words."""
        await self._note(job, state, job.member)
        return _receipt(job, state, reason)

    async def _unconfirmed(self, job: Send, error: Unconfirmed) -> list[Job]:
        """v2 said that it cannot know. On v1 nobody knows yet: the thread will tell."""
        log.warning("unconfirmed", ref=job.ref, status=error.status, request=error.request_id)
        if self._keyed:
            return [await self._ended(job, "unconfirmed")]
        then = [] if job.told else [_say(job.asker, words.INBOX_DOWN)]
        said_so = error.status == 500 and bool(error.code)  # Inbox itself, and no proxy in front of it
        doubt = {"doubt": True, "answered": said_so, "looks": 0, "told": True, "tries": job.tries + 1}
        raise Later(max(pause(job.tries), LOOK_AGAIN[0]), job.model_copy(update=doubt), *then) from error

    async def _later_or_failed(self, job: Send | Dm | Choose | SendAgain, error: InboxError) -> list[Job]:
        """Try again later, saying so once; after ten minutes, give up and hand the text back."""
        wait = error.retry_after if isinstance(error, RateLimited) else pause(job.tries)
        doubt = isinstance(job, Send) and (job.doubt or (isinstance(error, Unavailable) and not _never_began(error)))
        if job.age + wait > KEEP_TRYING:
            if isinstance(job, Send):
                state, why = ("unconfirmed", "") if doubt else ("failed", words.GAVE_UP)
                return [await self._ended(job, state, why)]
            if isinstance(job, Dm):
                return [await self._not_sent(job, words.GAVE_UP, "failed")]
            return [_say(job.asker, words.GAVE_UP)]
        then: list[Job] = []
        if not job.told and not isinstance(error, SendInProgress):
            patience = words.quota(error.retry_after) if isinstance(error, RateLimited) else words.INBOX_DOWN
            then = [_say(job.asker, patience)]
        update: dict[str, object] = {"tries": job.tries + 1, "told": job.told or bool(then)}
        if isinstance(job, Send):
            update |= {"doubt": doubt, "attempted": job.attempted if doubt else None}
        raise Later(wait, job.model_copy(update=update), *then) from error

    # --- words -----------------------------------------------------------------------------------------------------

    def explain(
        self, error: Exception, asker: Asker, ref: str, doing: words.Doing = "change", *, account: str = ""
    ) -> str:
        """What `asker` reads about `error`."""
        if isinstance(error, Unidentified):
            return words.UNIDENTIFIED
        if isinstance(error, (Refused, InboxError)):
            return words.explain(
                error, team=self._gate.installation.name, account=account or "The account", reference=ref, doing=doing
            )
        return words.unexpected(ref)

    async def failed(self, job: Job, error: Exception) -> list[Job]:
        """The last word on a job that will not be tried again: on record, and in words."""
        if isinstance(error, NotLinked) and isinstance(job, (Change, Dm, Choose)):
            again = {"at": jobs.now(), "tries": 0, "asker": job.asker.model_copy(update={"trigger": None})}
            await self._rights.keep_click(job.asker.user, job.model_copy(update=again))
        if hasattr(job, "asker") and not isinstance(job, (Tell, Dm, Send)):
            await self._note(job, outcome(error))
        return await self._last_word(job, error)

    async def _last_word(self, job: Job, error: Exception) -> list[Job]:
        if isinstance(job, Dm):
            return [await self._not_sent(job, self.explain(error, job.asker, job.ref, "send"), outcome(error))]
        if isinstance(error, Refused) and hasattr(job, "asker"):
            return [_say(job.asker, self.explain(error, job.asker, job.ref))]
        if isinstance(job, Send):
            state = "unconfirmed" if job.attempted else "failed"
            why = "" if job.attempted else self.explain(error, job.asker, job.ref, "send")
            return [await self._ended(job, state, why)]
        if not hasattr(job, "asker") or isinstance(job, Tell):
            return []
        return [
            _say(
                job.asker,
                self.explain(error, job.asker, job.ref, "send" if isinstance(job, (Choose, SendAgain)) else "change"),
            )
        ]

    async def _note(self, job: Job, how: str, member: str = "") -> None:
        what, about = described(job)
        await self._audit.note(job.asker, what, about, how, job.ref, member)  # type: ignore[union-attr]  # of people

    async def _not_sent(self, job: Dm, why: str, how: str) -> Tell:
        await self._note(job, how)
        body = text.decode(job.text)
        name = job.recipient
        return _tell(
            job.asker, receipt(state="failed", person=name, handle=name, account="", text=body, url=None, reason=why)
        )


def described(job: Job) -> tuple[str, str]:
    """What a person's job does, and to which thread or person, in the words of the record."""
    match job:
        case Change(verb=verb, thread_id=thread_id):
            return verb, thread_id
        case Send(address=address):
            return "send", address.thread_id or address.platform_id
        case Console(words=asked):
            return f"/inbox {asked.split()[0]}", ""  # the rest may be an address
        case Dm() | Choose() | OpenDm() | OpenChoice():
            return "send", ""
    return job.kind, ""


def outcome(error: Exception) -> str:
    """`refused: Outsider`, `failed: Unavailable`."""
    return f"{'refused' if isinstance(error, Refused) else 'failed'}: {type(error).__name__}"


def _already(job: Change, card: Card, actor: Actor) -> str:
    """What to say when there is nothing left to do, as after a double click; "" when there is."""
    thread = card.thread
    by = card.archived.who if card.archived else None
    match job.verb:
        case "archive" if thread.archived:
            return words.archived_already(by)
        case "reopen" if not thread.archived:
            return words.open_already(by)
        case "assign_to_me" if thread.assignee_id == actor.member.id:
            return words.assigned_already()
        case "unassign" if thread.assignee_id is None:
            return words.unassigned_already()
    return ""


def _who(candidate: Candidate) -> tuple[str, str]:
    return candidate.person.platform, candidate.person.platform_id


def _never_began(error: InboxError) -> bool:
    """Whether the failed call cannot have reached Inbox."""
    return error.code == "unsent"


def _metadata(choice_id: str, asker: Asker) -> str:
    """What a modal remembers: what it is about, and where its result is told."""
    return f"{choice_id}|{asker.channel or ''}|{asker.thread_ts or ''}"


def _say(asker: Asker, sentence: str) -> Tell:
    return _tell(asker, {"text": sentence, "blocks": []})


def _tell(asker: Asker, message: Msg, *, lasting: bool = False) -> Tell:
    return Tell(asker=asker, text=message["text"], blocks=message["blocks"], lasting=lasting)


def _receipt(job: Send, state: str, reason: str = "") -> Tell:
    """What became of it; after a while, and when somebody must act, where it is still there when they come back."""
    return _tell(
        job.asker,
        lasting=job.age > PATIENCE and state != "sent",
        message=receipt(
            state=state,  # type: ignore[arg-type]  # one of receipt's own literals
            person=job.person.label,
            handle=job.person.handle,
            account=job.account,
            text=job.text,
            url=job.url,
            reason=reason,
            intent=job.intent,
        ),
    )
