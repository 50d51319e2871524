"""`/inbox route`, `/inbox why`, and moving: to which channel conversations go, for people to see and set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from bot import jobs
from bot.answers import say, tell
from bot.errors import Gone, PlatformUnknown, Refused, SlackRefused, SlackUnknown
from bot.gate import Gate
from bot.inbox import Inbox
from bot.jobs import Asker, Console, Job, Move, MoveTo, Tell, TellAdmins, Why
from bot.models import Message, Thread
from bot.recipient import Unreadable, read_in_slack
from bot.routing import Decision, Router, Trial
from bot.rules import Condition, Field, Mistake, Named, Rule, Wish, condition, read
from bot.slack import Slack
from bot.store.audit import Audit
from bot.store.cards import Cards
from bot.store.people import People
from bot.store.routes import Pin, Routes
from bot.views import steering as views
from bot.views import text, words

log = structlog.get_logger(__name__)

MOST: Final = 100  # rules
SHOWN: Final = 5  # conversations with one person


class Steering:
    """Everybody who may act sees why; admins make the rules, which is on record and told to the other admins."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        inbox: Inbox,
        people: People,
        cards: Cards,
        routes: Routes,
        router: Router,
        audit: Audit,
    ) -> None:
        self._gate, self._slack, self._inbox, self._people = gate, slack, inbox, people
        self._cards, self._routes, self._router, self._audit = cards, routes, router, audit

    # --- rules -------------------------------------------------------------------------------------------------------

    async def route(self, job: Console) -> list[Job]:
        """`/inbox route …`."""
        await self._gate.actor(job.asker)
        _, _, rest = job.words.strip().partition(" ")
        verb, _, typed = rest.strip().partition(" ")
        try:
            match verb.lower():
                case "add" | "new":
                    return await self._add(job, typed)
                case "remove" | "rm" | "delete":
                    return await self._remove(job, typed)
                case "move":
                    return await self._reorder(job, typed)
                case "list" | "ls":
                    return await self._list(job)
                case "test" | "try":
                    return await self._test(job, typed)
        except Mistake as mistake:
            return [say(job.asker, str(mistake))]
        return [say(job.asker, views.ROUTE_USAGE)]

    async def _add(self, job: Console, typed: str) -> list[Job]:
        await self._gate.admin(job.asker)
        draft = read(typed)
        channel = draft.channel or job.asker.channel or ""
        if not channel.startswith(("C", "G")):
            return [say(job.asker, views.NOT_A_CHANNEL)]
        made = Rule(
            id=job.ref,
            channel=channel,
            conditions=tuple([condition(wish, await self._known(wish.field, wish)) for wish in draft.wishes]),
            by=job.asker.user,
        )
        if unfit := await self._unfit(channel):
            return [say(job.asker, views.cannot_post(channel, unfit))]
        rules = await self._routes.rules()
        if same := next((n for n, one in enumerate(rules, 1) if _same(one, made) and one.id != made.id), None):
            return [say(job.asker, views.rule_known(same, _said(made)))]
        if len(rules) >= MOST:
            raise Mistake(f"There are {MOST} rules already: remove one first.")
        await self._routes.edit(job.ref, lambda before: [*before, made])
        rules = await self._routes.rules()
        number = next((n for n, one in enumerate(rules, 1) if one.id == made.id), len(rules))
        shadow = next((n for n, one in enumerate(rules[: number - 1], 1) if not one.conditions), None)
        return await self._done(job, "route add", channel, views.rule_added(number, _said(made), shadow))

    async def _remove(self, job: Console, typed: str) -> list[Job]:
        await self._gate.admin(job.asker)
        found = _numbered(await self._routes.rules(job.ref), typed)
        await self._routes.edit(job.ref, lambda before: [one for one in before if one.id != found.id])
        return await self._done(job, "route remove", found.channel, views.rule_removed(_said(found)))

    async def _reorder(self, job: Console, typed: str) -> list[Job]:
        await self._gate.admin(job.asker)
        rules = await self._routes.rules(job.ref)
        which, _, where = typed.replace("to", " ").strip().partition(" ")
        found, other = _numbered(rules, which), _numbered(rules, where)
        number = rules.index(other)

        def moved(before: list[Rule]) -> list[Rule]:
            rest = [one for one in before if one.id != found.id]
            return [*rest[:number], found, *rest[number:]]

        await self._routes.edit(job.ref, moved)
        return await self._done(job, "route move", found.channel, views.rule_moved(_said(found), number + 1))

    async def _list(self, job: Console) -> list[Job]:
        rules = await self._routes.rules()
        if not rules and self._router.default is None:
            return [say(job.asker, f"{views.NO_RULES} {views.UNROUTED}")]
        shown = [(_parts(one.conditions), one.channel) for one in rules]
        return [say(job.asker, views.rule_list(shown, self._router.default))]

    async def _test(self, job: Console, typed: str) -> list[Job]:
        """How each rule does with each conversation with somebody, and which one wins."""
        found = await self._conversations(typed)
        return [say(job.asker, await self._tried(*one)) for one in found] or [say(job.asker, _nobody(typed))]

    async def _tried(self, thread: Thread, message: Message | None) -> str:
        trials = await self._router.trials(thread, message)
        first = next((one for one in trials if one.fits), None)
        lines = [_trial(one, first=one is first) for one in trials]
        return views.tried(_name(thread), lines, views.goes_to(first.rule.channel if first else self._router.default))

    async def _known(self, field: Field, wish: Wish) -> Sequence[Named]:
        """What of the team's a value of this field may be."""
        match field:
            case "account" | "platform":
                links = await self._people.account_links(self._inbox.account_links)
                if field == "platform":
                    return [Named(one, one) for one in {link.platform for link in links}]
                return [
                    Named(one.id, one.label, tuple(filter(None, (one.username, one.name))), one.platform)
                    for one in links
                ]
            case "tag":
                return [Named(one.id, one.name) for one in await self._people.tags(self._inbox.tags, fresh=True)]
            case "status":
                found = await self._people.statuses(self._inbox.statuses, fresh=True)
                return [Named(one.id, one.name) for one in found]
            case "assignee":
                return await self._members(wish)
        return []

    async def _members(self, wish: Wish) -> list[Named]:
        """Members by name or address, and by the mention of who acts as them."""
        members = await self._people.members(self._inbox.members)
        users = {user for word in wish.words for user in text.mentioned(word)}
        mentions = {user: await self._member_of(user) for user in users}
        return [
            Named(one.id, one.label, (one.email, *(f"<@{user}>" for user, has in mentions.items() if has == one.id)))
            for one in members
        ]

    async def _member_of(self, user: str) -> str | None:
        """The id of the member that the Slack user acts as, or would by their address."""
        if linked := await self._people.link(user):
            return linked
        try:
            return (await self._gate.own_member(await self._slack.profile(user))).id
        except (Refused, SlackRefused):
            return None

    # --- why ---------------------------------------------------------------------------------------------------------

    async def ask_why(self, job: Console) -> list[Job]:
        """`/inbox why @handle`; Slack does not tell a command in which thread it was typed."""
        await self._gate.actor(job.asker)
        _, _, typed = job.words.strip().partition(" ")
        if not typed.strip():
            return [say(job.asker, views.WHY_USAGE)]
        try:
            found = await self._conversations(typed)
        except Mistake as mistake:
            return [say(job.asker, str(mistake))]
        answers: list[Job] = [await self._why(job.asker, *one) for one in found]
        return answers or [say(job.asker, _nobody(typed))]

    async def why(self, job: Why, _: object) -> list[Job]:
        """The shortcut: about the thread on whose card or below whose card it was used."""
        await self._gate.actor(job.asker)
        card = await self._cards.get(job.thread_id)
        if card is None:
            return [say(job.asker, words.NO_CARD)]
        return [await self._why(job.asker, card.thread, card.latest or card.thread.last_message)]

    async def _why(self, asker: Asker, thread: Thread, message: Message | None) -> Tell:
        place, decision = await self._cards.place(thread.id), await self._router.decide(thread, message)
        here = place.channel if place else None
        moves = decision.channel is not None and here is not None and decision.channel != here
        said = views.why(
            _name(thread),
            views.placed(here, self._gate.installation.permalink(place.channel, place.ts) if place else None),
            await self._reason(decision),
            views.will_move(decision.channel) if moves and decision.channel else "",
        )
        return tell(asker, views.why_message(said, thread.id, movable=place is not None))

    async def _reason(self, decision: Decision) -> str:
        if decision.pin:
            return views.because_pin(decision.pin.by, decision.pin.at, decision.pin.channel)
        if decision.trial:
            trial = decision.trial
            return views.because_rule(trial.number, _said(trial.rule), before=bool(trial.unmet))
        if decision.channel:
            return views.because_default(decision.channel, rules=bool(await self._routes.rules()))
        return views.UNROUTED

    async def _conversations(self, typed: str) -> list[tuple[Thread, Message | None]]:
        """The conversations with whom `typed` names, as known here, else as Inbox shows them."""
        try:
            to = read_in_slack(typed)
            known = await self._people.lookup(to.key)
            if known is None:
                links = await self._people.account_links(self._inbox.account_links)
                known = await self._inbox.find(to, links)
                await self._people.save_lookup(to.key, known)
        except Unreadable as error:
            raise Mistake(words.unreadable(error.why)) from error
        except PlatformUnknown as error:
            raise Mistake(words.platform_unknown(error.platform)) from error
        found = []
        for thread_id in [one.thread_id for one in known if one.thread_id][:SHOWN]:
            card = await self._cards.get(thread_id)
            try:
                thread = card.thread if card else await self._inbox.thread(thread_id)
            except Gone:
                continue
            found.append((thread, (card.latest if card else None) or thread.last_message))
        return found

    # --- moving ------------------------------------------------------------------------------------------------------

    async def move(self, job: MoveTo, _: object) -> list[Job]:
        """Pin the conversation to a channel, or let the rules have it again; its card follows."""
        await self._gate.actor(job.asker)
        card, place = await self._cards.get(job.thread_id), await self._cards.place(job.thread_id)
        if card is None or place is None:
            return [say(job.asker, words.NO_CARD)]
        if job.to is None:
            return await self._release(job, card.thread, card.latest, place.channel)
        if unfit := await self._unfit(job.to):
            return [say(job.asker, views.cannot_post(job.to, unfit))]
        await self._routes.pin(job.thread_id, Pin(channel=job.to, by=job.asker.user, at=jobs.now()))
        await self._audit.note(job.asker, "move", job.thread_id, f"done: {job.to}", job.ref)
        if job.to == place.channel:
            return [say(job.asker, views.stays_there(job.to))]
        return [Move(channel=job.to, thread_id=job.thread_id, mover=job.asker)]

    async def _release(self, job: MoveTo, thread: Thread, message: Message | None, here: str) -> list[Job]:
        await self._routes.pin(job.thread_id, None)
        await self._audit.note(job.asker, "move", job.thread_id, "done: by the rules", job.ref)
        channel = (await self._router.decide(thread, message)).channel
        then: list[Job] = [say(job.asker, views.released(_name(thread), channel))]
        if channel and channel != here:
            then.append(Move(channel=channel, thread_id=job.thread_id))
        return then

    async def _unfit(self, channel: str) -> str:
        """Slack's reason why cards cannot be posted there; "" when they can."""
        try:
            await self._slack.try_channel(channel, self._gate.installation.bot_user)
        except (SlackRefused, SlackUnknown) as error:
            return error.code
        return ""

    async def _done(self, job: Console, what: str, channel: str, said: str) -> list[Job]:
        """On record, told to the one who did it, and announced to the other admins."""
        log.info("routes_changed", ref=job.ref, what=what, channel=channel, by=job.asker.user)
        await self._audit.note(job.asker, what, channel, "done", job.ref)
        return [say(job.asker, said), TellAdmins(text=words.announced(job.asker.user, said), but=job.asker.user)]


def _numbered(rules: Sequence[Rule], typed: str) -> Rule:
    number = typed.strip().lstrip("#").rstrip(".")
    if number.isdecimal() and 1 <= int(number) <= len(rules):
        return rules[int(number) - 1]
    raise Mistake(views.no_such_rule(typed.strip() or "?", len(rules)))


def _same(one: Rule, other: Rule) -> bool:
    return one.channel == other.channel and _parts(one.conditions) == _parts(other.conditions)


def _parts(conditions: Sequence[Condition]) -> views.Parts:
    return [(one.field, one.shown) for one in conditions]


def _said(rule: Rule) -> str:
    return views.rule(_parts(rule.conditions), rule.channel)


def _trial(trial: Trial, *, first: bool) -> str:
    missing = views.conditions(_parts(trial.unmet))
    return views.trial(trial.number, _said(trial.rule), missing, fits=trial.fits, first=first)


def _name(thread: Thread) -> str:
    person = thread.person
    if person is None:
        return "Someone"
    return f"{person.name} ({person.handle})" if person.name and person.name != person.handle else person.handle


def _nobody(typed: str) -> str:
    return views.no_conversation(typed.strip())
