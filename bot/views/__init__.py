"""Pure functions from the domain to Slack's blocks and modals; they know no network, clock or settings."""

from bot.views.blocks import Msg, View
from bot.views.card import closed_card, closed_note, follow_up, meanwhile, thread_card
from bot.views.chart import chart_png
from bot.views.dm import (
    choose_message,
    choose_modal,
    closed_home,
    dm_modal,
    help_message,
    home,
    loading_modal,
    notice_modal,
    receipt,
)
from bot.views.stats import chart_caption, chart_words, stats_message

__all__ = [
    "Msg",
    "View",
    "chart_caption",
    "chart_png",
    "chart_words",
    "choose_message",
    "choose_modal",
    "closed_card",
    "closed_home",
    "closed_note",
    "dm_modal",
    "follow_up",
    "help_message",
    "home",
    "loading_modal",
    "meanwhile",
    "notice_modal",
    "receipt",
    "stats_message",
    "thread_card",
]
