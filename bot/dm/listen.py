"""`/dm`, its form, the choice between several people, and the buttons of what is asked and told of a message."""

from __future__ import annotations

from bot import accept, text, words
from bot.context import Bot
from bot.dm.command import command
from bot.dm.jobs import Answer, Choose, Dm, OpenChoice, OpenDm
from bot.dm.views import INPUT, KNOWN, TWO_NAMED, help_message
from bot.errors import Mistake
from bot.feature import Feature
from bot.recipient import Unreadable, is_definite, read
from bot.send.jobs import SendAgain
from bot.slack.blocks import WHOLE
from bot.slack.boundary import hand_back
from bot.slack.payloads import Ack, Body, asker, button_value, filled_in, from_modal, submitted
from bot.slack.seen import seen

feature = Feature()


@feature.command("/dm")
async def dm_command(ack: Ack, body: Body, bot: Bot) -> None:
    """`/dm`, `/dm help`, `/dm recipient` and `/dm recipient text`."""
    typed, who = str(body.get("text") or ""), asker(body)
    if typed.strip().lower() == "help":
        await ack(**help_message())
        return
    try:
        asked = command(typed)
    except Unreadable as error:
        await hand_back(bot.slack, ack, body, words.unreadable(error.why))
        return
    if len(asked.text) > (WHOLE if asked.to else INPUT):
        await hand_back(bot.slack, ack, body, words.TOO_LONG if asked.to else words.TOO_LONG_FOR_FORM)
        return
    if asked.to and asked.text:
        await accept.asked(bot, who, Dm(recipient=asked.to.key, text=asked.text, asker=who))
    else:
        form = OpenDm(view_id="", asker=who, recipient=asked.typed, text=asked.text)
        await accept.form(
            bot, who, "New DM", lambda view: form.model_copy(update={"view_id": view}), text.decode(typed)
        )
    await ack()


@feature.shortcut("send_as_dm")
async def send_as_dm(ack: Ack, body: Body, bot: Bot) -> None:
    """The message shortcut that fills the form with a message's text."""
    who, said = asker(body), seen(body["message"])
    await accept.form(bot, who, "New DM", lambda view: OpenDm(view_id=view, asker=who, text=said))
    await ack()


@feature.view("dm")
async def written(ack: Ack, body: Body, bot: Bot) -> None:
    """The form: what can be seen to be wrong is said beside the field."""
    _, who = from_modal(body)
    said = submitted(body, "text")
    wrong = {} if said.strip() else {"text": words.EMPTY_TEXT_FIELD}
    recipient = ""
    try:
        recipient = _whom(body)
    except Unreadable as error:
        wrong["recipient"] = words.unreadable_field(error.why)
    except Mistake as mistake:
        wrong[KNOWN] = str(mistake)
    if wrong:
        await ack(response_action="errors", errors=wrong)
        return
    account = submitted(body, "account") or None
    job = Dm(recipient=recipient, text=said, asker=who, account_link_id=account)
    await accept.submitted(bot, body, job)
    await ack()


def _whom(body: Body) -> str:
    """The `Recipient.key` that was chosen or typed. Raises `Unreadable`, and `Mistake` where both may be meant.

    A bare name from the command that nobody has changed since is what somebody was looked for by.
    """
    typed, chosen = submitted(body, "recipient").strip(), submitted(body, KNOWN)
    if not chosen:
        return read(typed).key
    if typed and (typed != filled_in(body, "recipient") or is_definite(typed.split()[0])):
        raise Mistake(TWO_NAMED)
    return chosen


@feature.action("dm_choose_open")
async def choose(ack: Ack, body: Body, bot: Bot) -> None:
    """The button that opens the choice between several people."""
    who, choice_id = asker(body), button_value(body)
    title = "Who is it for?"
    await accept.form(bot, who, title, lambda view: OpenChoice(view_id=view, choice_id=choice_id, asker=who))
    await ack()


@feature.view("dm_choose")
async def chosen(ack: Ack, body: Body, bot: Bot) -> None:
    """One of several people was chosen."""
    choice_id, who = from_modal(body)
    job = Choose(choice_id=choice_id, index=int(submitted(body, "choice") or 0), asker=who)
    await accept.submitted(bot, body, job)
    await ack()


@feature.action("send_anyway", "send_not")
async def answered(ack: Ack, body: Body, bot: Bot) -> None:
    """What to do with a first message after all."""
    who, send = asker(body), body["actions"][0]["action_id"] == "send_anyway"
    await accept.asked(bot, who, Answer(intent=button_value(body), send=send, asker=who))
    await ack()


@feature.action("send_again")
async def send_again(ack: Ack, body: Body, bot: Bot) -> None:
    """The button of a message whose sending was not confirmed."""
    who = asker(body)
    await accept.asked(bot, who, SendAgain(intent=button_value(body), asker=who))
    await ack()
