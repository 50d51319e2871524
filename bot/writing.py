"""Whom a direct message is for, and from which account: `/dm`, its form, and the choice between several matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.answers import Answers, say, tell
from bot.errors import InboxError, NotNow, PlatformUnknown, Refused, SlackError, SlackRefused, Unidentified
from bot.first_touch import FirstTouch
from bot.gate import Actor, Gate
from bot.inbox import Inbox
from bot.jobs import (
    Answer,
    Asker,
    Choice,
    Choose,
    Dm,
    Job,
    Keep,
    OpenChoice,
    OpenDm,
    Receipt,
    Send,
    SendAgain,
    Tell,
)
from bot.models import AccountLink, Candidate
from bot.recipient import Recipient
from bot.slack import Slack
from bot.store.intents import Intents
from bot.store.people import People
from bot.views import (
    choose_message,
    choose_modal,
    dm_modal,
    first_touch,
    loading_modal,
    notice_modal,
    receipt,
    text,
    words,
    words_find,
)

TRIGGER_LIVES: Final = 2.5  # seconds; Slack's three, less the way there
ASKED_FOR: Final = 86_400.0  # seconds that a question waits for its answer


class Writing:
    """Everything before a message is sent. Its outcome is a `Send`, written down."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        inbox: Inbox,
        people: People,
        intents: Intents,
        answers: Answers,
        first_touch: FirstTouch,
        default_account: str | None,
    ) -> None:
        self._gate, self._slack, self._inbox = gate, slack, inbox
        self._people, self._intents, self._answers = people, intents, answers
        self._first_touch, self._default_account = first_touch, default_account

    async def dm(self, job: Dm, _: Keep) -> list[Job]:
        """Find out whom `/dm` means, then send, or let the person choose."""
        to = Recipient.of(job.recipient)
        try:
            actor = await self._gate.actor(job.asker)
            links = await self._people.account_links(self._inbox.account_links)
            found = await self._find(to, links)
        except PlatformUnknown:
            return [await self._answers.not_sent(job, words.platform_unknown(to.platform or ""), "platform unknown")]
        except (NotNow, Unidentified) as error:
            return await self._answers.later_or_failed(job, error)
        if not links:
            return [await self._answers.not_sent(job, words.NO_ACCOUNT, "no account")]
        if not found:
            return [await self._answers.not_sent(job, _nobody(to, links), "nobody found")]
        options = self._options(found, links, job.account_link_id)
        if not options:
            why = words.NO_WAY if job.account_link_id else words.NO_ACCOUNT
            return [await self._answers.not_sent(job, why, "no account")]
        body = await self.decoded(job.text)
        if len(options) == 1:
            return await self._begin(options[0], found, body, job, links, actor)
        choice = Choice(recipient=job.recipient, text=body, candidates=tuple(options), user=job.asker.user)
        return await self._let_choose(job, choice)

    async def _find(self, to: Recipient, links: Sequence[AccountLink]) -> list[Candidate]:
        known = await self._people.lookup(to.key)
        if known is None:
            known = await self._inbox.find(to, links)
            await self._people.save_lookup(to.key, known)
        return [one for one in known if to.is_at(one.person.platform)]

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

    async def decoded(self, raw: str) -> str:
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

    async def _begin(
        self,
        to: Candidate,
        known: Sequence[Candidate],
        body: str,
        job: Dm | Choose,
        links: Sequence[AccountLink],
        actor: Actor,
    ) -> list[Job]:
        """Send it, or ask first where something speaks against a first message; `known` are their conversations."""
        try:
            doubts, first = await self._first_touch.judge(to, known, links, actor, job.at)
        except NotNow as error:
            return await self._answers.later_or_failed(job, error)
        send = await self._intend(to, body, job, links, actor, first=first)
        if not doubts:
            await self._intents.writes(send, sent=False)
            return [send]
        await self._answers.note(job, "asked first", actor.member.id)
        question = first_touch(
            person=send.person, account=send.account, doubts=doubts, text=send.text, intent=send.intent
        )
        return [tell(job.asker, question)]

    async def answer(self, job: Answer, _: Keep) -> list[Job]:
        """What was asked before a first message is answered, once and by the one who wrote it."""
        try:
            actor = await self._gate.actor(job.asker)
        except NotNow as error:
            return await self._answers.later_or_failed(job, error)
        kept = await self._intents.get(job.intent)
        if kept is None or kept.asker.user != job.asker.user or kept.age > ASKED_FOR:
            return [say(job.asker, words.TOO_OLD)]
        send = await self._intents.answer(job.intent, send=job.send)
        if send != job.send:
            return [say(job.asker, words_find.ANSWERED_YES if send else words_find.ANSWERED_NO)]
        if not send:
            await self._answers.note(job, "not sent: decided so", actor.member.id)
            return [_instead(job, _handed_back(kept))]
        now = {"ref": job.ref, "at": job.at, "asker": job.asker, "member": actor.member.id}
        sent = kept.model_copy(update=now | {"only": f"answer:{job.intent}"})
        await self._intents.writes(sent, sent=False)
        return [_instead(job, say(job.asker, words_find.SENT_ANYWAY)), sent]

    async def _intend(
        self,
        to: Candidate,
        body: str,
        job: Dm | Choose,
        links: Sequence[AccountLink],
        actor: Actor,
        *,
        first: bool,
    ) -> Send:
        """The one attempt to send that everything after this belongs to, written down."""
        assert to.account_link_id is not None  # options always name their account
        account = next((link.label for link in links if link.id == to.account_link_id), to.account_link_id)
        send = Send(
            ref=job.ref,
            at=job.at,
            intent=job.key,
            address=to.address(to.account_link_id),
            person=to.person,
            url=to.thread_url,
            account=account,
            text=body,
            asker=job.asker,
            member=actor.member.id,
            writer=actor.name,
            first=first,
        )
        await self._intents.keep(send)
        return send

    async def _let_choose(self, job: Dm, choice: Choice) -> list[Job]:
        """A modal while the trigger is fresh, else a message with a button that brings a fresh one."""
        choice_id = job.key.removeprefix("slack-")
        await self._intents.keep_choice(choice_id, choice)
        if job.asker.trigger and job.age < TRIGGER_LIVES and job.tries == 0:
            try:
                view_id = await self._slack.open_view(job.asker.trigger, loading_modal("Who is it for?"))
                return [OpenChoice(view_id=view_id, choice_id=choice_id, asker=job.asker)]
            except SlackError:
                pass  # too late after all: a message can wait
        return [tell(job.asker, choose_message(recipient=Recipient.of(job.recipient).name, intent=choice_id))]

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
        """Somebody chose: send what was kept, or ask first."""
        choice = await self._intents.choice(job.choice_id)
        try:
            actor = await self._gate.actor(job.asker)
            links = await self._people.account_links(self._inbox.account_links)
        except NotNow as error:
            return await self._answers.later_or_failed(job, error)
        if choice is None or choice.user != job.asker.user or not 0 <= job.index < len(choice.candidates):
            return [say(job.asker, words.TOO_OLD)]
        to = choice.candidates[job.index]
        return await self._begin(to, choice.candidates, choice.text, job, links, actor)

    async def open_dm(self, job: OpenDm, _: Keep) -> list[Job]:
        """Fill the loading view with the form, or with the reason why there is none."""
        typed = f"{job.recipient} {text.decode(job.text)}".strip()
        if not await self._may(job.view_id, job.asker, "New DM", job.ref, typed):
            return []
        links = await self._accounts(job.view_id, job.asker, "New DM", typed)
        if links is None:
            return []
        view = dm_modal(
            links=links,
            recipient=job.recipient,
            text=await self.decoded(job.text),
            account_link_id=self._default_account,
            metadata=_metadata("", job.asker),
            check=bool(job.recipient and job.text),  # or it would have been sent
        )
        await self._slack.update_view(job.view_id, view)
        return []

    async def _accounts(self, view_id: str, asker: Asker, title: str, typed: str = "") -> list[AccountLink] | None:
        """The team's accounts; None when Inbox does not tell, which the view then says."""
        try:
            return await self._people.account_links(self._inbox.account_links)
        except InboxError as error:
            why = self._answers.explain(error, asker, "")
            await self._slack.update_view(view_id, notice_modal(title, why, typed))
            return None

    async def _may(self, view_id: str, asker: Asker, title: str, ref: str, typed: str = "") -> bool:
        """Whether the form may be filled in for `asker`; otherwise it says why not, and hands back what they typed."""
        try:
            await self._gate.actor(asker)
        except (Refused, InboxError) as error:
            await self._answers.refused(asker, error, ref)
            why = self._answers.explain(error, asker, ref)
            await self._slack.update_view(view_id, notice_modal(title, why, typed))
            return False
        return True

    async def send_again(self, job: SendAgain, _: Keep) -> list[Job]:
        """A person looked and wants it sent once more: a new attempt with a key of its own."""
        try:
            actor = await self._gate.actor(job.asker)
        except NotNow as error:
            return await self._answers.later_or_failed(job, error)
        kept = await self._intents.get(job.intent)
        if kept is not None and kept.card and kept.asker.user != job.asker.user:
            return [say(job.asker, words.only_the_writer(kept.asker.user))]
        if kept is None or kept.asker.user != job.asker.user:
            return [say(job.asker, words.TOO_OLD)]
        again = Send(
            ref=job.ref,
            at=job.at,
            intent=f"{kept.intent}-again",
            only=f"again:{kept.intent}",
            address=kept.address,
            person=kept.person,
            url=kept.url,
            account=kept.account,
            text=kept.text,
            echo=kept.echo,
            asker=_beside(kept, job.asker),
            member=actor.member.id,
            writer=kept.writer,
            card=kept.card,
            receipt=kept.receipt,
        )
        await self._intents.keep(again)
        return [*([Receipt(send=again, state="sending")] if again.card else []), again]


def _nobody(to: Recipient, links: Sequence[AccountLink]) -> str:
    """Why there is nobody to write to; without an account on their platform, that is the reason."""
    if to.platform and to.platform not in {link.platform for link in links}:
        return words.no_account_on(to.platform)
    return words.nobody(to.name, to.platform)


def _who(candidate: Candidate) -> tuple[str, str]:
    return candidate.person.platform, candidate.person.platform_id


def _beside(kept: Send, asker: Asker) -> Asker:
    """Who asks, where the Slack message is whose words are sent again; elsewhere, where they ask."""
    where = {"channel": kept.asker.channel, "thread_ts": kept.asker.thread_ts}
    return asker.model_copy(update=where) if kept.echo else asker


def _handed_back(kept: Send) -> Tell:
    """The text, so that nobody has to type it again."""
    who, reason = kept.person, words_find.NOT_SENT
    return tell(
        kept.asker,
        receipt(
            state="failed",
            person=who.label,
            handle=who.handle,
            account=kept.account,
            text=kept.text,
            url=None,
            reason=reason,
        ),
    )


def _instead(job: Answer, said: Tell) -> Tell:
    """In the place of the question, whose buttons have done their work."""
    return said.model_copy(update={"asker": job.asker, "replace": True})


def _metadata(choice_id: str, asker: Asker) -> str:
    """What a modal remembers: what it is about, and where its result is told."""
    return f"{choice_id}|{asker.channel or ''}|{asker.thread_ts or ''}"
