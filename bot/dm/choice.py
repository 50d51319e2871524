"""Several people or accounts match what was typed: the person chooses one, and the text goes there."""

from __future__ import annotations

from typing import Final

from bot import accept, words
from bot.context import Bot
from bot.dm import first_message, form
from bot.dm.jobs import Choice, Choose, Dm, OpenChoice
from bot.dm.views import choose_message, choose_modal
from bot.errors import NotNow
from bot.feature import Feature
from bot.people import forms
from bot.people.answers import explain, given_back, say, tell
from bot.queue.job import Job, Keep
from bot.recipient import Recipient
from bot.send.outcome import given_up
from bot.slack.payloads import Ack, Body, asker, button_value, from_modal, remembered, submitted

TITLE: Final = "Who is it for?"
feature = Feature()


async def offer(bot: Bot, job: Dm, choice: Choice) -> list[Job]:
    """A modal while the trigger is fresh, else a message with a button that brings a fresh one."""
    choice_id = job.key.removeprefix("slack-")
    await bot.attempts.choices.put(choice_id, choice)
    if view_id := await forms.opened(bot, job, TITLE):
        return [OpenChoice(view_id=view_id, choice_id=choice_id, asker=job.asker)]
    return [tell(job.asker, choose_message(recipient=Recipient.of(job.recipient).name, intent=choice_id))]


@feature.action("dm_choose_open")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The button that opens the choice."""
    who, choice_id = asker(body), button_value(body)
    await accept.form(bot, who, TITLE, lambda view: OpenChoice(view_id=view, choice_id=choice_id, asker=who))
    await ack()


@feature.handles(OpenChoice)
async def open_choice(job: OpenChoice, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the people and accounts to choose from."""
    choice = await _kept(bot, job)
    accounts = await form.accounts(bot, job, TITLE, choice.text if choice else "")
    if accounts is None:
        return []
    if choice is None:
        return await forms.notice(bot, job, TITLE, words.TOO_OLD)
    links, metadata = {link.id: link for link in accounts}, remembered(job.choice_id, job.asker)
    view = choose_modal(candidates=choice.candidates, links=links, text=choice.text, metadata=metadata)
    await forms.fill(bot, job.view_id, view, choice.text)
    return []


@feature.gives_up(OpenChoice)
async def no_form(job: OpenChoice, error: Exception, bot: Bot) -> list[Job]:
    """What was to be sent is handed back."""
    return _not_sent(job, await _kept(bot, job), form.why_no_form(bot, job, error))


@feature.view("dm_choose")
async def chosen(ack: Ack, body: Body, bot: Bot) -> None:
    """One was chosen."""
    choice_id, who = from_modal(body)
    job = Choose(choice_id=choice_id, index=int(submitted(body, "choice") or 0), asker=who)
    await accept.submitted(bot, body, job)
    await ack()


@feature.handles(Choose)
async def choose(job: Choose, _: Keep, bot: Bot) -> list[Job]:
    """Send what was kept, or ask first."""
    choice = await _kept(bot, job)
    try:
        actor = await bot.access.actor(job.asker, fresh=True)
        links = await bot.directory.account_links()
        if choice is None or not 0 <= job.index < len(choice.candidates):
            return [say(job.asker, words.TOO_OLD)]
        to = choice.candidates[job.index]
        known = choice.candidates
        return await first_message.begin(bot, to, known, choice.text, job, links, actor, choice.send_at)
    except NotNow as error:
        return _not_sent(job, choice, given_up(bot, job, error))


@feature.gives_up(Choose)
async def not_sent(job: Choose, error: Exception, bot: Bot) -> list[Job]:
    """What was to be sent is handed back."""
    return _not_sent(job, await _kept(bot, job), explain(bot, error, job.ref, job.doing))


async def _kept(bot: Bot, job: OpenChoice | Choose) -> Choice | None:
    """What waits for the choice of whoever asks, and of nobody else."""
    choice = await bot.attempts.choices.get(job.choice_id)
    return choice if choice and choice.user == job.asker.user else None


def _not_sent(job: OpenChoice | Choose, choice: Choice | None, why: str) -> list[Job]:
    return given_back(job.asker, why, choice.text) if choice else [say(job.asker, why)]
