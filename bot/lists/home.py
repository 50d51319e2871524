"""App Home: one's open conversations and those nobody has taken, one's settings, and what the bot does.

For those who may not act it says why.

Slack shows what was published last, so a refusal replaces what somebody saw while they still might.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from bot import accept, words
from bot.admin.overview import Stores, of_linked, of_the_team
from bot.channels.store import PersonChoices
from bot.channels.views import QUIET_OFF, quiet_set
from bot.context import Bot
from bot.errors import InboxError, Refused
from bot.feature import Feature
from bot.inbox.search import Search
from bot.later.views import hold_row
from bot.lists import find
from bot.lists import words as words_find
from bot.lists.find import waiting_first
from bot.lists.jobs import DrawHome, OpenHome, SetChoices
from bot.lists.store import Listing
from bot.lists.views import Part, Setting, closed_home, home
from bot.people import answers
from bot.people.access import Actor
from bot.people.views import way_on
from bot.queue.job import Asker, Job, Keep
from bot.slack.blocks import View
from bot.slack.payloads import Ack, Body, asker, from_event, ticked_now
from bot.waits.views import my_choice

SHOWN: Final = 8  # conversations of each kind
READ: Final = 50  # conversations of a folder; Home says when there are more
LINKS: Final = 100  # people who are linked, that Home names
SETTINGS: Final[Mapping[str, str]] = {"told_of_assignment": words_find.TOLD_OF_ASSIGNMENT}  # of PersonChoices
LISTS: Final = {"mine": "Your open conversations", "unassigned": "Unassigned"}
feature = Feature()


@feature.event("app_home_opened")
async def opened(ack: Ack, body: Body, bot: Bot) -> None:
    """Somebody opened the Home tab, or the messages beside it."""
    if body["event"].get("tab") == "home":
        await accept.once(bot, OpenHome(asker=from_event(body)), f"slack-event:{body['event_id']}")
    await ack()


@feature.action("my_choices")
async def my_choices(ack: Ack, body: Body, bot: Bot) -> None:
    """The boxes in Home; each click brings all that are ticked."""
    await accept.asked(bot, SetChoices(chosen=ticked_now(body), asker=asker(body)))
    await ack()


@feature.handles(OpenHome)
async def open_home(job: OpenHome, _: Keep, bot: Bot) -> list[Job]:
    """Read everything anew: somebody has just opened the tab."""
    return await _publish(bot, job.asker, job.ref)


@feature.handles(DrawHome)
async def draw_home(job: DrawHome, _: Keep, bot: Bot) -> list[Job]:
    """Show what became of one conversation; the others as they were read."""
    return await _publish(bot, job.asker, job.ref, job)


@feature.handles(SetChoices)
async def set_choices(job: SetChoices, _: Keep, bot: Bot) -> list[Job]:
    """Raises `Refused`. Slack shows the boxes as they were ticked; nothing is to be drawn."""
    actor = await bot.access.actor(job.asker)
    await bot.preferences.set_person(actor.user, **{name: name in job.chosen for name in SETTINGS})
    await answers.note(bot, job, "done", actor.member.id)
    return []


async def _publish(bot: Bot, asker: Asker, ref: str, changed: DrawHome | None = None) -> list[Job]:
    try:
        actor = await bot.access.actor(asker)
    except (Refused, InboxError) as error:
        view = closed_home(answers.explain(bot, error, ref), way_on(error))
    else:
        view = await _view(bot, asker, actor, changed)
    await bot.slack.publish_home(asker.user, view)
    return []


async def _view(bot: Bot, asker: Asker, actor: Actor, changed: DrawHome | None) -> View:
    member, trouble = actor.member, ""
    try:
        shown = await _listed(bot, actor, changed)
    except InboxError:
        shown, trouble = None, words_find.NO_LISTS
    parts = await _parts(bot, actor, shown) if shown else []
    choices, admin = await bot.preferences.person(actor.user), await bot.access.is_known_admin(asker)
    return home(
        parts,
        about=[words.whoami(member.label, member.email, member.role), _quiet(choices)],
        settings=[Setting(name, says, getattr(choices, name)) for name, says in SETTINGS.items()],
        menus=[my_choice(choices.heard), hold_row(choices.hold)],
        team=await _team(bot) if admin else [],
        help=bot.help(admin),
        trouble=trouble,
        first_steps=not await bot.record.has_acted(actor.user),
        has_channel=not admin or bot.settings.notify_channel is not None or bool(await bot.routes.rules()),
    )


async def _listed(bot: Bot, actor: Actor, changed: DrawHome | None) -> Listing:
    """What was read when the tab was opened, with what `changed`; else what Inbox shows now."""
    known = await bot.listings.get(f"home-{actor.user}") if changed else None
    if known and changed:
        now = changed.shown or await find.present(bot, changed.changed)
        shown = known.with_change(changed.changed, now)
    else:
        found = {kind: await bot.inbox.search(search, READ) for kind, search in _searches(actor).items()}
        threads = tuple({thread.id: thread for one in found.values() for thread in one.threads}.values())
        cut = tuple(kind for kind, one in found.items() if one.looked)
        shown = Listing(user=actor.user, title="", threads=threads, cut=cut)
    await bot.listings.put(f"home-{actor.user}", shown)
    return shown


async def _parts(bot: Bot, actor: Actor, shown: Listing) -> list[Part]:
    """Each list by what is true now, so that a conversation moves from one to the other when it is taken."""
    parts = []
    for kind, search in _searches(actor).items():
        threads = waiting_first([one for one in shown.threads if search.fits(one)])
        total = f"{len(threads)}{'+' if kind in shown.cut else ''}"
        items = await find.items_of(bot, threads[:SHOWN])
        parts.append(Part(LISTS[kind], items, total, f"/inbox {kind}"))
    return parts


def _searches(actor: Actor) -> dict[str, Search]:
    return {"mine": Search(kind="mine", about=actor.member.id), "unassigned": Search(kind="unassigned")}


async def _team(bot: Bot) -> list[tuple[str, Sequence[str]]]:
    """What admins see of what was set for everybody."""
    stores = Stores(bot.routes, bot.preferences, bot.links, bot.rights, bot.snippets)
    names = await bot.directory.names()
    team = of_the_team(stores, bot.settings.notify_channel, names, most=LINKS)
    return [part for parts in await asyncio.gather(team, of_linked(stores, LINKS)) for part in parts]


def _quiet(choices: PersonChoices) -> str:
    quiet = choices.quiet
    return quiet_set(quiet.begins, quiet.ends, quiet.zone) if quiet else QUIET_OFF
