"""What people are told of what they asked for, and what goes on record of it.

An error that ends a job becomes a `Tell`, on record.
"""

from __future__ import annotations

from typing import Final

from bot import text, words
from bot.context import Bot
from bot.dm.jobs import Answer, Choose, Dm, OpenChoice, OpenDm
from bot.dm.views import State, handed_back, receipt
from bot.errors import (
    BotError,
    InboxError,
    NotLinked,
    NotNow,
    RateLimited,
    Refused,
    SendInProgress,
    SlackAway,
    SlackError,
    Unavailable,
    Unidentified,
)
from bot.feature import Console
from bot.models import Message
from bot.people.jobs import Tell
from bot.queue.job import SENDS_WAIT, Asked, Asker, Job, Later, utc_now
from bot.recipient import Recipient
from bot.reply.jobs import OpenReply, Receipt, Reply
from bot.send.jobs import Send, SendAgain
from bot.slack.blocks import Msg
from bot.stats.jobs import Chart
from bot.thread_replies.jobs import Echo, Mark, Revise
from bot.threads.jobs import Change

PATIENCE: Final = 60.0  # seconds after which the writer may be looking elsewhere
KEEP_TRYING: Final = SENDS_WAIT
PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 10.0)  # seconds between tries; the last one repeats


def pause(bot: Bot, tries: int) -> float:
    """Seconds until try number `tries` + 1."""
    return bot.timing.sends_pause[min(tries, len(bot.timing.sends_pause) - 1)]


def explain(
    bot: Bot, error: Exception, asker: Asker, ref: str, doing: words.Doing = "change", *, account: str = ""
) -> str:
    """What `asker` reads about `error`."""
    if isinstance(error, Unidentified):
        return words.UNIDENTIFIED
    if isinstance(error, SlackError):
        return words.slack_away(ref) if isinstance(error, SlackAway) else words.unexpected(ref)
    if isinstance(error, (Refused, InboxError)):
        return words.explain(
            error, team=bot.access.installation.name, account=account or "The account", reference=ref, doing=doing
        )
    return words.unexpected(ref)


async def failed(job: Job, error: Exception, bot: Bot) -> list[Job]:
    """The last word on a job that will not be tried again: on record, and in words."""
    if isinstance(error, NotLinked) and isinstance(job, (Change, Dm, Choose)):
        again = {"at": utc_now(), "tries": 0, "asker": job.asker.model_copy(update={"trigger": None})}
        await bot.rights.keep_click(job.asker.user, job.model_copy(update=again))
    if isinstance(job, Asked) and not isinstance(job, (Tell, Dm, Reply, Send, Mark, Chart)):
        await note(bot, job, outcome(error))
    return await _last_word(bot, job, error)


async def _last_word(bot: Bot, job: Job, error: Exception) -> list[Job]:
    if isinstance(job, (Dm, Reply)):
        return [await not_sent(bot, job, explain(bot, error, job.asker, job.ref, "send"), outcome(error))]
    if isinstance(job, OpenDm) and (job.recipient or job.text):
        typed = f"{job.recipient} {text.decode(job.text)}".strip()
        return [tell(job.asker, one) for one in handed_back(explain(bot, error, job.asker, job.ref), typed)]
    if isinstance(error, Refused) and isinstance(job, Asked):
        return [say(job.asker, explain(bot, error, job.asker, job.ref))]
    if isinstance(job, Send):
        if job.attempted or job.doubt:
            return [await ended(bot, job, "unconfirmed")]
        return [await ended(bot, job, "failed", explain(bot, error, job.asker, job.ref, "send"))]
    if isinstance(job, Mark):
        return [job.told] if job.told else []
    if not isinstance(job, Asked) or isinstance(job, Tell):
        return []
    return [
        say(
            job.asker,
            explain(
                bot,
                error,
                job.asker,
                job.ref,
                "send" if isinstance(job, (Choose, SendAgain, Echo, Answer)) else "change",
            ),
        )
    ]


async def note(bot: Bot, job: Asked, how: str, member: str = "") -> None:
    what, about = described(job)
    await bot.record.note(job.asker, what, about, how, job.ref, member)


async def refused(bot: Bot, asker: Asker, error: Exception, ref: str) -> None:
    """On record: `asker` was not shown a form to write in."""
    await bot.record.note(asker, "send", "", outcome(error), ref)


async def sent(bot: Bot, job: Send, thread_id: str) -> None:
    """On record: Inbox confirmed it."""
    await bot.record.note(job.asker, "send", thread_id, "sent", job.ref, job.member)


async def not_sent(bot: Bot, job: Dm | Reply, why: str, how: str) -> Tell:
    await note(bot, job, how)
    body = text.decode(job.text)
    name = _named(job.recipient) if isinstance(job, Dm) else "this conversation"
    return tell(
        job.asker, receipt(state="failed", person=name, handle=name, account="", text=body, url=None, reason=why)
    )


async def ended(bot: Bot, job: Send, state: State, reason: str = "") -> Job:
    """The attempt is over without Inbox having confirmed it: on record, and in words."""
    await note(bot, job, state, job.member)
    return receipt_for(job, state, reason)


async def later_or_failed(
    bot: Bot, job: Send | Dm | Reply | Choose | SendAgain | Echo | Answer, error: NotNow | SendInProgress | Unidentified
) -> list[Job]:
    """Try again later, saying so once; when ten minutes are over, and no sooner, give up and hand the text back."""
    left = KEEP_TRYING - job.age
    doubt = isinstance(job, Send) and (job.doubt or _may_have_begun(error))
    if left <= 0:
        return await _gave_up(bot, job, error, doubt=doubt)
    wait = error.retry_after if isinstance(error, RateLimited) else pause(bot, job.tries)
    then: list[Job] = []
    if not job.told and not isinstance(error, SendInProgress):
        then = [say(job.asker, words.patience(error, left))]
    update: dict[str, object] = {"tries": job.tries + 1, "told": job.told or bool(then)}
    if isinstance(job, Send):
        update |= {"doubt": doubt, "attempted": job.attempted if doubt else None}
    raise Later(min(wait, left), job.model_copy(update=update), *then) from error


async def _gave_up(
    bot: Bot, job: Send | Dm | Reply | Choose | SendAgain | Echo | Answer, error: BotError, *, doubt: bool
) -> list[Job]:
    why = words.gave_up(error)
    if isinstance(job, Send):
        return [await ended(bot, job, "unconfirmed") if doubt else await ended(bot, job, "failed", why)]
    if isinstance(job, (Dm, Reply)):
        return [await not_sent(bot, job, why, "failed")]
    return [say(job.asker, why)]


def _named(recipient: str) -> str:
    """A `Recipient.key` for people to read."""
    to = Recipient.of(recipient)
    return f"{to.name} on {text.platform_name(to.platform)}" if to.platform else to.name


def described(job: Job) -> tuple[str, str]:
    """What a person's job does, and to which thread or person, in the words of the record."""
    match job:
        case Change(verb=verb, thread_id=thread_id):
            return verb, thread_id
        case Send(address=address):
            return "send", address.thread_id or address.platform_id
        case Console(words=asked):
            return f"/inbox {asked.split()[0]}", ""  # the rest may be an address
        case Reply(thread_id=thread_id) | OpenReply(thread_id=thread_id):
            return "reply", thread_id
        case Answer(intent=intent):
            return "send", intent
        case Dm() | Choose() | OpenDm() | OpenChoice():
            return "send", ""
        case Echo(thread_id=thread_id):
            return "send", thread_id
        case Revise(thread_id=thread_id, text=text):
            return "unsend" if text is None else "edit", thread_id
    return job.kind, ""


def outcome(error: Exception) -> str:
    """`refused: Outsider`, `failed: Unavailable`."""
    return f"{'refused' if isinstance(error, Refused) else 'failed'}: {type(error).__name__}"


def _may_have_begun(error: BotError) -> bool:
    """Whether the call that failed may have reached whoever sends."""
    return isinstance(error, SendInProgress) or (isinstance(error, Unavailable) and error.code != "unsent")


def say(asker: Asker, sentence: str) -> Tell:
    return tell(asker, {"text": sentence, "blocks": []})


def tell(asker: Asker, message: Msg, *, lasting: bool = False) -> Tell:
    return Tell(asker=asker, text=message["text"], blocks=message["blocks"], lasting=lasting)


def receipt_for(job: Send, state: State, reason: str = "", message: Message | None = None) -> Job:
    """What became of it: of a reply below its card, of all else in private. `message` is what was sent."""
    if job.card:
        return Receipt(send=job, state=state, reason=reason, message=message)
    return private_receipt(job, state, reason)


def private_receipt(job: Send, state: State, reason: str = "") -> Tell | Mark:
    """What became of it; after a while, and when somebody must act, where it is still there when they come back."""
    told = tell(
        job.asker,
        lasting=job.age > PATIENCE and state != "sent",
        message=receipt(
            state=state,
            person=job.person.label,
            handle=job.person.handle,
            account=job.account,
            text=job.text,
            url=job.url,
            reason=reason,
            intent=job.intent,
        ),
    )
    if job.echo is None:
        return told
    return Mark(ts=job.echo, state=state, asker=job.asker, told=told, again=job.intent.endswith("-again"))
