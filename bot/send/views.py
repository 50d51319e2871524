"""The private receipt of a message, and the button that sends one again.

The receipt below a card, for all to see, is in `bot.reply.views`; the reasons are in `bot.words`.
"""

from __future__ import annotations

from bot import words
from bot.models import SendState
from bot.slack.blocks import QUOTE, WHOLE, Block, Msg, actions, button, confirm, line, open_button, quote, run, section
from bot.text import clip, literal, plain

_RECEIPT: dict[SendState, str] = {
    "held": "⏳ Not sent yet to",
    "sending": "⏳ Sending to",
    "sent": "✅ Sent to",
    "unconfirmed": "⚠️ Not confirmed: message to",
    "failed": "✖️ Not sent to",
}


def receipt(
    *,
    state: SendState,
    person: str,
    handle: str,
    account: str,
    text: str,
    url: str | None,
    reason: str = "",
    intent: str = "",
    message: str = "",
) -> Msg:
    """What became of a message, for its sender only.

    `account` is "" where none was chosen yet; `reason` is mrkdwn from `words`; `intent` returns with the button.
    `message` is the thread and the id of what was sent, with a bar between them.

    Where it was not sent for certain, up to 12,000 code points of the text stand there to be copied.
    """
    again = state == "unconfirmed" and intent
    why = reason or (words.NOT_CONFIRMED if state == "unconfirmed" else "")
    who = whom(person, handle)
    sender = f" from {literal(account, 80)}" if account else ""
    headline = f"{_RECEIPT[state]} {who}{sender}"
    body = quote(text, QUOTE if state in ("sending", "sent") else WHOLE)
    buttons = [*([send_again(who, intent)] if again else []), *open_button(url)]
    buttons += [button("This message…", "this_message", message)] if message else []
    return {
        "text": ". ".join([plain(headline, 400), why] if why else [f"{plain(headline, 400)}: {plain(text, 150)}"]),
        "blocks": [
            line(run(f"{_RECEIPT[state]} "), run(who, bold=True), *([run(sender)] if sender else [])),
            *([section(why)] if why else []),
            *body,
            *actions("receipt_actions", buttons),
        ],
    }


def whom(person: str, handle: str) -> str:
    """`Sarah Chen (@sarah)`, literally; the handle alone where there is no other name."""
    name = literal(person, 80).strip() or literal(handle, 80).strip() or "someone"
    return name if literal(handle, 80).strip() in ("", name) else f"{name} ({literal(handle, 80)})"


def send_again(who: str, intent: str) -> Block:
    """The button, which warns first; `who` would get it twice."""
    warning = f"If the first one arrived after all, {clip(who, 150)} gets this message twice."
    return button("Send again", "send_again", intent, confirm=confirm("Send it again?", warning, "Send again"))


def only_the_writer(user: str) -> str:
    """`user` is a Slack user id."""
    return f"Only <@{user}> can send that again. You can answer with *Reply* on the card."
