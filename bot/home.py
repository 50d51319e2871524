"""App Home: one's open conversations and those nobody has taken, one's settings, and what the bot does.

For those who may not act it says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.answers import Answers
from bot.errors import InboxError, Refused
from bot.finding import Finding, waiting_first
from bot.gate import Actor, Gate
from bot.jobs import Asker, DrawHome, Job, OpenHome, SetChoices
from bot.models import Search
from bot.slack import Slack
from bot.store.listings import Listing, Listings
from bot.store.preferences import PersonChoices, Preferences
from bot.views import Part, Setting, View, closed_home, home, reminding, words, words_find

SHOWN: Final = 8  # conversations of each kind
READ: Final = 50  # conversations of a folder; Home says when there are more
SETTINGS: Final[Mapping[str, str]] = {"told_of_assignment": words_find.TOLD_OF_ASSIGNMENT}  # of PersonChoices
LISTS: Final = {"mine": "Your open conversations", "unassigned": "Unassigned"}


class Home:
    """Slack shows what was published last, so a refusal replaces what somebody saw while they still might."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        finding: Finding,
        listings: Listings,
        preferences: Preferences,
        answers: Answers,
        *,
        has_channel: bool,
    ) -> None:
        self._gate, self._slack, self._finding, self._listings = gate, slack, finding, listings
        self._preferences, self._answers, self._has_channel = preferences, answers, has_channel

    async def open(self, job: OpenHome, _: object) -> list[Job]:
        """Read everything anew: somebody has just opened the tab."""
        return await self._publish(job.asker, job.ref)

    async def draw(self, job: DrawHome, _: object) -> list[Job]:
        """Show what became of one conversation; the others as they were read."""
        return await self._publish(job.asker, job.ref, job.changed)

    async def set_choices(self, job: SetChoices, _: object) -> list[Job]:
        """Raises `Refused`. Slack shows the boxes as they were ticked; nothing is to be drawn."""
        actor = await self._gate.actor(job.asker)
        choices = await self._preferences.person(actor.user)
        wanted = {name: name in job.chosen for name in SETTINGS}
        await self._preferences.save_person(actor.user, choices.model_copy(update=wanted))
        await self._answers.note(job, "done", actor.member.id)
        return []

    async def _publish(self, asker: Asker, ref: str, changed: str = "") -> list[Job]:
        try:
            actor = await self._gate.actor(asker)
        except (Refused, InboxError) as error:
            view = closed_home(self._answers.explain(error, asker, ref))
        else:
            view = await self._view(actor, changed)
        await self._slack.publish_home(asker.user, view)
        return []

    async def _view(self, actor: Actor, changed: str) -> View:
        member, trouble = actor.member, ""
        try:
            shown = await self._listed(actor, changed)
        except InboxError:
            shown, trouble = None, words_find.NO_LISTS
        parts = await self._parts(actor, shown) if shown else []
        choices = await self._preferences.person(actor.user)
        return home(
            parts,
            about=[words.whoami(member.label, member.email, member.role), _quiet(choices)],
            settings=_settings(choices),
            trouble=trouble,
            first_steps=bool(parts) and not parts[0].items,
            has_channel=self._has_channel,
        )

    async def _listed(self, actor: Actor, changed: str) -> Listing:
        """What was read when the tab was opened, with what became of `changed`; else what Inbox shows now."""
        known = await self._listings.get(f"home-{actor.user}") if changed else None
        if known:
            shown = known.with_change(changed, await self._finding.present(changed))
        else:
            found = {kind: await self._finding.read(search, READ) for kind, search in _searches(actor).items()}
            threads = tuple({thread.id: thread for one in found.values() for thread in one.threads}.values())
            cut = tuple(kind for kind, one in found.items() if one.looked)
            shown = Listing(user=actor.user, title="", threads=threads, cut=cut)
        await self._listings.keep(f"home-{actor.user}", shown)
        return shown

    async def _parts(self, actor: Actor, shown: Listing) -> list[Part]:
        """Each list by what is true now, so that a conversation moves from one to the other when it is taken."""
        parts = []
        for kind, search in _searches(actor).items():
            threads = waiting_first([one for one in shown.threads if search.fits(one)])
            total = f"{len(threads)}{'+' if kind in shown.cut else ''}"
            items = await self._finding.items(threads[:SHOWN])
            parts.append(Part(LISTS[kind], items, total, f"/inbox {kind}"))
        return parts


def _searches(actor: Actor) -> dict[str, Search]:
    return {"mine": Search(kind="mine", about=actor.member.id), "unassigned": Search(kind="unassigned")}


def _settings(choices: PersonChoices) -> list[Setting]:
    return [Setting(name, says, getattr(choices, name)) for name, says in SETTINGS.items()]


def _quiet(choices: PersonChoices) -> str:
    quiet = choices.quiet
    return reminding.quiet_set(quiet.begins, quiet.ends, quiet.zone) if quiet else reminding.QUIET_OFF
