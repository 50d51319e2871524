"""All features by name. A feature that is not listed here does nothing."""

from __future__ import annotations

from typing import Final

from bot.admin import access_requests, consent, links, log, removed
from bot.assign import choices
from bot.assign import form as assign
from bot.assign import tell as assign_tell
from bot.bulk import form as bulk_form
from bot.bulk import list as list_open
from bot.bulk import run
from bot.cards import amend, draw, lost, missed, post, redraw
from bot.cards import links as card_links
from bot.cards import move as move_card
from bot.channels import form as channels
from bot.channels import quiet
from bot.commands import commands
from bot.contact import change as change_contact
from bot.contact import form as contact
from bot.contact import note
from bot.contact import show as show_contact
from bot.dm import choice, first_message, suggest
from bot.dm import find as dm
from bot.dm import form as dm_form
from bot.doctor import ask
from bot.earlier import form as earlier
from bot.events import away, buried, changes, feed, inbound, labels, ours, pace
from bot.feature import Feature
from bot.later import choice as later_choice
from bot.later import due as later_due
from bot.later import form as later_form
from bot.later import press as later_press
from bot.later import scheduled
from bot.later import show as later_show
from bot.lists import find, home
from bot.messages import change as messages_change
from bot.messages import form as messages
from bot.people import tell
from bot.queue.job import Kinds
from bot.reminders import due, morning
from bot.reply import form as reply
from bot.reply import receipt
from bot.reply import submit as reply_submit
from bot.routing import commands as routing
from bot.routing import move
from bot.rules import assign as assign_by_rule
from bot.rules import away as away_now
from bot.rules import commands as rules
from bot.rules import follow, mention, nobody
from bot.rules import note as note_by_rule
from bot.send import again, send
from bot.snippets import form as snippets
from bot.snippets import put
from bot.snippets import suggest as suggest_snippets
from bot.snooze import form as snooze
from bot.snooze import snoozed, wake
from bot.snooze import tell as snooze_tell
from bot.stats import count, report
from bot.stats import show as show_stats
from bot.targets import escalate
from bot.targets import look as targets_look
from bot.targets import tell as targets_tell
from bot.thread_replies import early, hint, listen, prefix, revise
from bot.thread_replies import send as thread_replies
from bot.threads import change
from bot.triage import form as triage
from bot.triage import show as triage_show
from bot.triage import step
from bot.upkeep import tidy
from bot.upkeep import waits as tidy_waits
from bot.waits import choices as waits
from bot.waits import tell as waits_tell

_PARTS: Final = Feature(
    *(part.feature for part in (change, assign, assign_tell, choices)),
    *(part.feature for part in (contact, change_contact, show_contact, note, earlier)),
    *(part.feature for part in (reply, reply_submit, receipt, messages, messages_change)),
    *(part.feature for part in (listen, early, hint, prefix, thread_replies, revise)),
    *(part.feature for part in (snippets, suggest_snippets, put)),
    *(part.feature for part in (dm, dm_form, suggest, choice, first_message, send, again)),
    *(part.feature for part in (pace, feed, inbound, ours, changes, away, buried, labels)),
    *(part.feature for part in (post, amend, draw, move_card, missed, lost, redraw, card_links, due, morning)),
    *(part.feature for part in (snooze, wake, snooze_tell, snoozed)),
    *(part.feature for part in (rules, follow, assign_by_rule, nobody, away_now, mention, note_by_rule)),
    *(part.feature for part in (later_form, later_press, later_due, later_show, scheduled, later_choice)),
    *(part.feature for part in (routing, move, channels, quiet, find, home, waits, waits_tell)),
    *(part.feature for part in (count, show_stats, report)),
    *(part.feature for part in (targets_look, targets_tell, escalate)),
    *(part.feature for part in (list_open, bulk_form, run, triage, triage_show, step)),
    *(part.feature for part in (consent, access_requests, links, log, removed, ask, tell, tidy, tidy_waits)),
)
FEATURES: Final = Feature(_PARTS, commands(_PARTS))
KINDS: Final = Kinds(FEATURES.handlers)
