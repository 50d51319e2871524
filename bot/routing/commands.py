"""`/inbox route`, and the verbs that it shares with `/inbox assign`: what rules there are, in one list.

Everybody who may act sees the rules; admins make them, which is on record and told to the other admins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from bot import words
from bot.context import Bot
from bot.errors import Gone, Mistake, PlatformUnknown, SlackRefused, SlackUnknown
from bot.feature import Console, Feature
from bot.models import Message, Thread
from bot.people.announce import announced
from bot.people.answers import say
from bot.queue.job import Job
from bot.recipient import Unreadable, read_in_slack
from bot.routing import decide, views
from bot.routing.decide import Trial
from bot.routing.language import Draft, read
from bot.routing.make import make
from bot.routing.said import named, said_conditions, said_rule, said_rules
from bot.routing.store import Rule

MOST: Final = 100  # rules
SHOWN: Final = 5  # conversations with one person
Word = Literal["route", "assign"]
feature = Feature()


@feature.word(
    "route",
    "routes",
    help="which conversations come to which channel: `route list`, `route test @handle`",
    for_admins="change that: `route add`, `route move`, `route remove`",
)
async def route(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox route …`."""
    return await ruled(bot, job, typed, "route")


async def ruled(bot: Bot, job: Console, typed: str, word: Word) -> list[Job]:
    """What is typed behind `/inbox route` or `/inbox assign`. Raises `Refused` and `Mistake`."""
    await bot.access.actor(job.asker)
    usage = views.ROUTE_USAGE if word == "route" else views.ASSIGN_USAGE
    verb, _, rest = typed.partition(" ")
    match verb.lower():
        case "add" | "new":
            return await _add(bot, job, rest, word)
        case "remove" | "rm" | "delete":
            return await _remove(bot, job, rest, word)
        case "move":
            return await _reorder(bot, job, rest, word)
        case "" | "list" | "ls":
            return await _list(bot, job, "" if verb else usage)
        case "test" | "try":
            return await _test(bot, job, rest)
    raise Mistake(f"{views.unknown_verb(verb, word)}\n{usage}")


async def _add(bot: Bot, job: Console, typed: str, word: Word) -> list[Job]:
    await bot.access.admin(job.asker)
    draft = read(typed, verb=f"{word} add")
    channel = _channel(draft, job, word)
    made, seatless = await make(bot, job.ref, draft, channel, job.asker.user)
    if channel and (code := await unfit(bot, channel)):
        raise Mistake(views.cannot_post(channel, code))
    rules = await _rules(bot)
    if same := next((n for n, one in enumerate(rules, 1) if _same(one, made) and one.id != made.id), None):
        raise Mistake(views.rule_known(same, said_rule(made)))
    if len(rules) >= MOST:
        raise Mistake(f"There are {MOST} rules already: remove one first.")
    await bot.routes.edit(job.ref, job.asker.user, lambda before: [*before, made])
    rules = await bot.routes.rules()
    number = next((n for n, one in enumerate(rules, 1) if one.id == made.id), len(rules))
    shadow = next((n for n, one in enumerate(rules[: number - 1], 1) if _leaves_nothing(one, made)), None)
    said = views.rule_added(number, said_rule(made), shadow, seatless, word)
    return await announced(bot, job, f"{word} add", channel, said)


def _channel(draft: Draft, job: Console, word: Word) -> str:
    """Where its conversations go: what it names, else the channel it is typed in where it says nothing else."""
    wanted = draft.actions
    if word == "assign" and not wanted.to:
        raise Mistake(views.ASSIGN_WHOM)
    channel = wanted.channel or ""
    if not (wanted.says_place or wanted.says_more):
        channel = job.asker.channel or ""
        if not channel.startswith(("C", "G")):
            raise Mistake(views.NOT_A_CHANNEL)
    return channel


async def _remove(bot: Bot, job: Console, typed: str, word: Word) -> list[Job]:
    await bot.access.admin(job.asker)
    found = _numbered(await _rules(bot, job.ref), typed)
    await _edit(bot, job, lambda before: [one for one in before if one.id != found.id])
    return await announced(bot, job, f"{word} remove", found.channel, views.rule_removed(said_rule(found)))


async def _reorder(bot: Bot, job: Console, typed: str, word: Word) -> list[Job]:
    await bot.access.admin(job.asker)
    rules = await _rules(bot, job.ref)
    which, _, where = typed.replace("to", " ").strip().partition(" ")
    found, other = _numbered(rules, which), _numbered(rules, where)
    number = rules.index(other)

    def moved(before: list[Rule]) -> list[Rule]:
        rest = [one for one in before if one.id != found.id]
        return [*rest[:number], found, *rest[number:]]

    await _edit(bot, job, moved)
    said = views.rule_moved(said_rule(found), number + 1)
    return await announced(bot, job, f"{word} move", found.channel, said)


async def _edit(bot: Bot, job: Console, change: Callable[[list[Rule]], list[Rule]]) -> None:
    """Change the rules by numbers, which count in the rules as this admin saw them last. Raises `Mistake`."""
    if other := await bot.routes.edit(job.ref, job.asker.user, change, job.at):
        raise Mistake(views.changed_meanwhile(other))


async def _list(bot: Bot, job: Console, usage: str) -> list[Job]:
    """The rules, and how to change them, where that was asked too."""
    await bot.routes.saw(job.asker.user)
    rules, default = await _rules(bot), bot.settings.notify_channel
    said = said_rules(rules, default) if rules or default else f"{views.NO_RULES} {views.UNROUTED}"
    return [say(job.asker, f"{said}\n\n{usage}" if usage else said)]


async def _test(bot: Bot, job: Console, typed: str) -> list[Job]:
    """How each rule does with each conversation with somebody, and which ones win."""
    found = await conversations(bot, typed)
    await bot.routes.saw(job.asker.user)
    return [say(job.asker, await tried(bot, *one)) for one in found]


async def tried(bot: Bot, thread: Thread, message: Message | None) -> str:
    """Every rule tried on a conversation, those first that do something, and where it goes."""
    found, plan = await decide.tried(bot, thread, message)
    winners = {one.number for one in (plan.place.trial, plan.turns, plan.mention, *plan.noted) if one}
    lines = [_trial(one, first=one.number in winners) for one in found]
    no_card = plan.place.trial is not None and plan.place.trial.rule.no_card
    return views.tried(name_of(thread), lines, views.NO_CARD if no_card else views.goes_to(plan.place.channel))


async def conversations(bot: Bot, typed: str) -> list[tuple[Thread, Message | None]]:
    """The conversations with whom `typed` names, as known here, else as Inbox shows them. Raises `Mistake` for none."""
    try:
        to = read_in_slack(typed)
        known = await bot.directory.lookup(to.key)
        if known is None:
            known = await bot.inbox.find(to, await bot.directory.account_links())
            await bot.directory.save_lookup(to.key, known)
    except Unreadable as error:
        raise Mistake(words.unreadable(error.why)) from error
    except PlatformUnknown as error:
        raise Mistake(words.platform_unknown(error.platform)) from error
    found = []
    for thread_id in [one.thread_id for one in known if one.thread_id][:SHOWN]:
        card = await bot.cards.get(thread_id)
        try:
            thread = card.thread if card else await bot.inbox.thread(thread_id)
        except Gone:
            continue
        found.append((thread, card.their_last if card else thread.their_last))
    if not found:
        raise Mistake(views.no_conversation(typed.strip()))
    return found


async def unfit(bot: Bot, channel: str) -> str:
    """Slack's reason why cards cannot be posted there; "" when they can."""
    try:
        await bot.slack.try_channel(channel, bot.access.installation.bot_user)
    except (SlackRefused, SlackUnknown) as error:
        return error.code
    return ""


async def _rules(bot: Bot, before: str = "") -> list[Rule]:
    """As `Routes.rules`, with what things are called now."""
    return named(await bot.routes.rules(before), await bot.directory.names())


def _numbered(rules: Sequence[Rule], typed: str) -> Rule:
    number = typed.strip().lstrip("#").rstrip(".")
    if number.isdecimal() and 1 <= int(number) <= len(rules):
        return rules[int(number) - 1]
    raise Mistake(views.no_such_rule(typed.strip() or "?", len(rules)))


def _same(one: Rule, other: Rule) -> bool:
    return said_rule(one) == said_rule(other)


def _leaves_nothing(earlier: Rule, rule: Rule) -> bool:
    """Whether an earlier rule takes all that this one is for; tags come from every rule that fits."""
    kinds = _kinds(rule)
    return not earlier.conditions and bool(kinds) and kinds <= _kinds(earlier) and not rule.tags


def _kinds(rule: Rule) -> set[str]:
    kinds = {"place": rule.is_about_place, "turns": rule.turns, "mention": rule.mention, "status": rule.status}
    return {name for name, there in kinds.items() if there}


def _trial(trial: Trial, *, first: bool) -> str:
    missing = said_conditions(trial.unmet)
    return views.trial(trial.number, said_rule(trial.rule), missing, fits=trial.fits, first=first)


def name_of(thread: Thread) -> str:
    person = thread.person
    if person is None:
        return "Someone"
    return f"{person.name} ({person.handle})" if person.name and person.name != person.handle else person.handle
