"""Pure functions from the domain to Slack's blocks and modals; they know no network, clock or settings."""

from bot.views.blocks import Msg, View
from bot.views.card import closed_card, closed_note, follow_up, meanwhile, thread_card
from bot.views.dm import (
    choose_message,
    choose_modal,
    dm_modal,
    help_message,
    loading_modal,
    notice_modal,
    receipt,
)
from bot.views.listing import PAGE, Item, Part, Setting, closed_home, first_touch, home, listing

__all__ = [
    "PAGE",
    "Item",
    "Msg",
    "Part",
    "Setting",
    "View",
    "choose_message",
    "choose_modal",
    "closed_card",
    "closed_home",
    "closed_note",
    "dm_modal",
    "first_touch",
    "follow_up",
    "help_message",
    "home",
    "listing",
    "loading_modal",
    "meanwhile",
    "notice_modal",
    "receipt",
    "thread_card",
]
