"""Whom a direct message is for, and from which account: `/dm`, its form, and the choice between several matches.

Everything before a message is sent. Its outcome is a `Send`, written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot import text, words
from bot.context import Bot
from bot.dm import first_message
from bot.dm.jobs import Answer, Choice, Choose, Dm, OpenChoice, OpenDm
from bot.dm.views import choose_message, choose_modal, dm_modal, receipt
from bot.errors import InboxError, NotNow, PlatformUnknown, Refused, SlackError, SlackRefused, Unidentified
from bot.feature import Feature
from bot.lists import words as words_find
from bot.lists.views import first_touch_question
from bot.models import AccountLink, Candidate
from bot.people import answers
from bot.people.access import Actor
from bot.people.answers import say, tell
from bot.people.jobs import Tell
from bot.people.views import way_on
from bot.queue.job import Asker, Job, Keep
from bot.recipient import Recipient
from bot.reply.jobs import Receipt
from bot.send.jobs import Send, SendAgain
from bot.slack.blocks import loading_modal, notice_modal

TRIGGER_LIVES: Final = 2.5  # seconds; Slack's three, less the way there
ASKED_FOR: Final = 86_400.0  # seconds that a question waits for its answer
feature = Feature()


@feature.handles(Dm)
async def dm(job: Dm, _: Keep, bot: Bot) -> list[Job]:
    """Find out whom `/dm` means, then send, or let the person choose."""
    to = Recipient.of(job.recipient)
    try:
        actor = await bot.access.actor(job.asker)
        links = await bot.directory.account_links()
        found = await _find(bot, to, links)
    except PlatformUnknown:
        return [await answers.not_sent(bot, job, words.platform_unknown(to.platform or ""), "platform unknown")]
    except (NotNow, Unidentified) as error:
        return await answers.later_or_failed(bot, job, error)
    if not links:
        return [await answers.not_sent(bot, job, words.NO_ACCOUNT, "no account")]
    if not found:
        return [await answers.not_sent(bot, job, _nobody(to, links), "nobody found")]
    options = _options(bot, found, links, job.account_link_id)
    if not options:
        why = words.NO_WAY if job.account_link_id else words.NO_ACCOUNT
        return [await answers.not_sent(bot, job, why, "no account")]
    body = await decoded(bot, job.text)
    if len(options) == 1:
        return await _begin(bot, options[0], found, body, job, links, actor)
    choice = Choice(recipient=job.recipient, text=body, candidates=tuple(options), user=job.asker.user)
    return await _let_choose(bot, job, choice)


async def _find(bot: Bot, to: Recipient, links: Sequence[AccountLink]) -> list[Candidate]:
    known = await bot.directory.lookup(to.key)
    if known is None:
        known = await bot.inbox.find(to, links)
        await bot.directory.save_lookup(to.key, known)
    return [one for one in known if to.is_at(one.person.platform)]


def _options(bot: Bot, found: Sequence[Candidate], links: Sequence[AccountLink], wanted: str | None) -> list[Candidate]:
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
            a: one.model_copy(update={"account_link_id": a, "thread_id": None, "thread_url": None}) for a in accounts
        }
        ways = {**new, **threads}
        if wanted and wanted not in ways:
            continue  # the account they asked for cannot reach this person, and no other was asked for
        for choice in (wanted, bot.settings.inbox_account_link_id if len(threads) != 1 else None):
            if choice in ways:
                ways = {choice: ways[choice]}
                break
        else:
            ways = dict(threads) or ways
        options += ways.values()
    return options


async def decoded(bot: Bot, raw: str) -> str:
    """What the contact will read: Slack's markup as plain text, people's mentions as their names."""
    names: dict[str, str] = {}
    for user in text.mentioned(raw):
        profile = await bot.directory.profiles.get(user)
        if profile is None:
            try:
                profile = await bot.slack.profile(user)
            except SlackRefused:
                continue
        names[user] = profile.name
    return text.decode(raw, names)


async def _begin(
    bot: Bot,
    to: Candidate,
    known: Sequence[Candidate],
    body: str,
    job: Dm | Choose,
    links: Sequence[AccountLink],
    actor: Actor,
) -> list[Job]:
    """Send it, or ask first where something speaks against a first message; `known` are their conversations."""
    try:
        doubts, first = await first_message.judge(bot, to, known, links, actor, job.at)
    except NotNow as error:
        return await answers.later_or_failed(bot, job, error)
    send = await _intend(bot, to, body, job, links, actor, first=first)
    if not doubts:
        await bot.attempts.writes(send, sent=False)
        return [send]
    await answers.note(bot, job, "asked first", actor.member.id)
    question = first_touch_question(
        person=send.person, account=send.account, doubts=doubts, text=send.text, intent=send.intent
    )
    return [tell(job.asker, question)]


@feature.handles(Answer)
async def answer(job: Answer, _: Keep, bot: Bot) -> list[Job]:
    """What was asked before a first message is answered, once and by the one who wrote it."""
    try:
        actor = await bot.access.actor(job.asker)
    except NotNow as error:
        return await answers.later_or_failed(bot, job, error)
    kept = await bot.attempts.get(job.intent)
    if kept is None or kept.asker.user != job.asker.user or kept.age > ASKED_FOR:
        return [say(job.asker, words.TOO_OLD)]
    send = await bot.attempts.answer(job.intent, send=job.send)
    if send != job.send:
        return [say(job.asker, words_find.ANSWERED_YES if send else words_find.ANSWERED_NO)]
    if not send:
        await answers.note(bot, job, "not sent: decided so", actor.member.id)
        return [_instead(job, _handed_back(kept))]
    now = {"ref": job.ref, "at": job.at, "asker": job.asker, "member": actor.member.id}
    sent = kept.model_copy(update=now | {"only": f"answer:{job.intent}"})
    await bot.attempts.writes(sent, sent=False)
    return [_instead(job, say(job.asker, words_find.SENT_ANYWAY)), sent]


async def _intend(
    bot: Bot,
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
    await bot.attempts.keep(send)
    return send


async def _let_choose(bot: Bot, job: Dm, choice: Choice) -> list[Job]:
    """A modal while the trigger is fresh, else a message with a button that brings a fresh one."""
    choice_id = job.key.removeprefix("slack-")
    await bot.attempts.choices.put(choice_id, choice)
    if job.asker.trigger and job.age < TRIGGER_LIVES and job.tries == 0:
        try:
            view_id = await bot.slack.open_view(job.asker.trigger, loading_modal("Who is it for?"))
            return [OpenChoice(view_id=view_id, choice_id=choice_id, asker=job.asker)]
        except SlackError:
            pass  # too late after all: a message can wait
    return [tell(job.asker, choose_message(recipient=Recipient.of(job.recipient).name, intent=choice_id))]


@feature.handles(OpenChoice)
async def open_choice(job: OpenChoice, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the people and accounts to choose from."""
    if not await _may(bot, job.view_id, job.asker, "Who is it for?", job.ref):
        return []
    choice = await bot.attempts.choices.get(job.choice_id)
    if choice is None or choice.user != job.asker.user:
        await bot.slack.update_view(job.view_id, notice_modal("Who is it for?", words.TOO_OLD))
        return []
    found = await _accounts(bot, job.view_id, job.asker, "Who is it for?")
    if found is None:
        return []
    links = {link.id: link for link in found}
    metadata = _metadata(job.choice_id, job.asker)
    view = choose_modal(candidates=choice.candidates, links=links, text=choice.text, metadata=metadata)
    await bot.slack.update_view(job.view_id, view)
    return []


@feature.handles(Choose)
async def choose(job: Choose, _: Keep, bot: Bot) -> list[Job]:
    """Somebody chose: send what was kept, or ask first."""
    choice = await bot.attempts.choices.get(job.choice_id)
    try:
        actor = await bot.access.actor(job.asker)
        links = await bot.directory.account_links()
    except NotNow as error:
        return await answers.later_or_failed(bot, job, error)
    if choice is None or choice.user != job.asker.user or not 0 <= job.index < len(choice.candidates):
        return [say(job.asker, words.TOO_OLD)]
    to = choice.candidates[job.index]
    return await _begin(bot, to, choice.candidates, choice.text, job, links, actor)


@feature.handles(OpenDm)
async def open_dm(job: OpenDm, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the form, or with the reason why there is none."""
    typed = f"{job.recipient} {text.decode(job.text)}".strip()
    if not await _may(bot, job.view_id, job.asker, "New DM", job.ref, typed):
        return []
    links = await _accounts(bot, job.view_id, job.asker, "New DM", typed)
    if links is None:
        return []
    view = dm_modal(
        links=links,
        recipient=job.recipient,
        text=await decoded(bot, job.text),
        account_link_id=bot.settings.inbox_account_link_id,
        metadata=_metadata("", job.asker),
        check=bool(job.recipient and job.text),  # or it would have been sent
    )
    await bot.slack.update_view(job.view_id, view)
    return []


async def _accounts(bot: Bot, view_id: str, asker: Asker, title: str, typed: str = "") -> list[AccountLink] | None:
    """The team's accounts; None when Inbox does not tell, which the view then says."""
    try:
        return await bot.directory.account_links()
    except InboxError as error:
        why = answers.explain(bot, error, asker, "")
        await bot.slack.update_view(view_id, notice_modal(title, why, typed))
        return None


async def _may(bot: Bot, view_id: str, asker: Asker, title: str, ref: str, typed: str = "") -> bool:
    """Whether the form may be filled in for `asker`; otherwise it says why not, and hands back what they typed."""
    try:
        await bot.access.actor(asker)
    except (Refused, InboxError) as error:
        await answers.refused(bot, asker, error, ref)
        why = answers.explain(bot, error, asker, ref)
        await bot.slack.update_view(view_id, notice_modal(title, why, typed, way_on(error)))
        return False
    return True


@feature.handles(SendAgain)
async def send_again(job: SendAgain, _: Keep, bot: Bot) -> list[Job]:
    """A person looked and wants it sent once more: a new attempt with a key of its own."""
    try:
        actor = await bot.access.actor(job.asker)
    except NotNow as error:
        return await answers.later_or_failed(bot, job, error)
    kept = await bot.attempts.get(job.intent)
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
    await bot.attempts.keep(again)
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
