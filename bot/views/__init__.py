"""Pure functions from the domain to Slack's blocks and modals; they know no network, clock or settings."""

from bot.views.blocks import WHOLE, Msg, View, without_pictures
from bot.views.card import (
    closed_card,
    closed_note,
    follow_up,
    follow_ups,
    forbidden,
    meanwhile,
    that_fit,
    thread_card,
    why_not,
)
from bot.views.chart import chart_png
from bot.views.dm import (
    INPUT,
    State,
    choose_message,
    choose_modal,
    dm_modal,
    handed_back,
    help_message,
    loading_modal,
    notice_modal,
    receipt,
)
from bot.views.listing import PAGE, Item, Part, Setting, closed_home, first_touch, home, listing
from bot.views.reply import assign_modal, assigned_message, closed_reply, reply_modal, reply_receipt
from bot.views.stats import chart_caption, chart_words, stats_message

__all__ = [
    "INPUT",
    "PAGE",
    "WHOLE",
    "Item",
    "Msg",
    "Part",
    "Setting",
    "State",
    "View",
    "assign_modal",
    "assigned_message",
    "chart_caption",
    "chart_png",
    "chart_words",
    "choose_message",
    "choose_modal",
    "closed_card",
    "closed_home",
    "closed_note",
    "closed_reply",
    "dm_modal",
    "first_touch",
    "follow_up",
    "follow_ups",
    "forbidden",
    "handed_back",
    "help_message",
    "home",
    "listing",
    "loading_modal",
    "meanwhile",
    "notice_modal",
    "receipt",
    "reply_modal",
    "reply_receipt",
    "stats_message",
    "that_fit",
    "thread_card",
    "why_not",
    "without_pictures",
]
