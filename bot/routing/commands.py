"""`/inbox route`: which conversations go to which channel.

Everybody who may act sees the rules; admins make them, which is on record and told to the other admins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from bot import text, words
from bot.context import Bot
from bot.errors import Gone, Mistake, PlatformUnknown, Refused, SlackRefused, SlackUnknown
from bot.feature import Console, Feature
from bot.models import Message, Thread
from bot.people.announce import announced
from bot.people.answers import say
from bot.queue.job import Job
from bot.recipient import Unreadable, read_in_slack
from bot.routing import decide, views
from bot.routing.decide import Trial
from bot.routing.language import Named, Wish, condition, read
from bot.routing.store import Condition, Field, Rule

log = structlog.get_logger(__name__)

MOST: Final = 100  # rules
SHOWN: Final = 5  # conversations with one person
feature = Feature()


@feature.word(
    "route",
    "routes",
    help="which conversations come to which channel: `route list`, `route test @handle`",
    for_admins="change that: `route add`, `route move`, `route remove`",
)
async def route(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox route …`."""
    await bot.access.actor(job.asker)
    verb, _, rest = typed.partition(" ")
    match verb.lower():
        case "add" | "new":
            return await _add(bot, job, rest)
        case "remove" | "rm" | "delete":
            return await _remove(bot, job, rest)
        case "move":
            return await _reorder(bot, job, rest)
        case "list" | "ls":
            return await _list(bot, job)
        case "test" | "try":
            return await _test(bot, job, rest)
        case "":
            return [say(job.asker, views.ROUTE_USAGE)]
    raise Mistake(f"{views.unknown_verb(verb)}\n{views.ROUTE_USAGE}")


async def _add(bot: Bot, job: Console, typed: str) -> list[Job]:
    await bot.access.admin(job.asker)
    draft = read(typed)
    channel = draft.channel or job.asker.channel or ""
    if not channel.startswith(("C", "G")):
        raise Mistake(views.NOT_A_CHANNEL)
    made = Rule(
        id=job.ref,
        channel=channel,
        conditions=await meant(bot, draft.wishes),
        by=job.asker.user,
    )
    if code := await unfit(bot, channel):
        raise Mistake(views.cannot_post(channel, code))
    rules = await bot.routes.rules()
    if same := next((n for n, one in enumerate(rules, 1) if _same(one, made) and one.id != made.id), None):
        raise Mistake(views.rule_known(same, said_rule(made)))
    if len(rules) >= MOST:
        raise Mistake(f"There are {MOST} rules already: remove one first.")
    await bot.routes.edit(job.ref, lambda before: [*before, made])
    rules = await bot.routes.rules()
    number = next((n for n, one in enumerate(rules, 1) if one.id == made.id), len(rules))
    shadow = next((n for n, one in enumerate(rules[: number - 1], 1) if not one.conditions), None)
    return await announced(bot, job, "route add", channel, views.rule_added(number, said_rule(made), shadow))


async def _remove(bot: Bot, job: Console, typed: str) -> list[Job]:
    await bot.access.admin(job.asker)
    found = _numbered(await bot.routes.rules(job.ref), typed)
    await bot.routes.edit(job.ref, lambda before: [one for one in before if one.id != found.id])
    return await announced(bot, job, "route remove", found.channel, views.rule_removed(said_rule(found)))


async def _reorder(bot: Bot, job: Console, typed: str) -> list[Job]:
    await bot.access.admin(job.asker)
    rules = await bot.routes.rules(job.ref)
    which, _, where = typed.replace("to", " ").strip().partition(" ")
    found, other = _numbered(rules, which), _numbered(rules, where)
    number = rules.index(other)

    def moved(before: list[Rule]) -> list[Rule]:
        rest = [one for one in before if one.id != found.id]
        return [*rest[:number], found, *rest[number:]]

    await bot.routes.edit(job.ref, moved)
    return await announced(bot, job, "route move", found.channel, views.rule_moved(said_rule(found), number + 1))


async def _list(bot: Bot, job: Console) -> list[Job]:
    rules = await bot.routes.rules()
    if not rules and bot.settings.notify_channel is None:
        return [say(job.asker, f"{views.NO_RULES} {views.UNROUTED}")]
    return [say(job.asker, said_rules(rules, bot.settings.notify_channel))]


async def _test(bot: Bot, job: Console, typed: str) -> list[Job]:
    """How each rule does with each conversation with somebody, and which one wins."""
    return [say(job.asker, await _tried(bot, *one)) for one in await conversations(bot, typed)]


async def _tried(bot: Bot, thread: Thread, message: Message | None) -> str:
    trials = await decide.trials(bot, thread, message)
    first = next((one for one in trials if one.fits), None)
    lines = [_trial(one, first=one is first) for one in trials]
    return views.tried(
        name_of(thread), lines, views.goes_to(first.rule.channel if first else bot.settings.notify_channel)
    )


async def meant(bot: Bot, wishes: Sequence[Wish]) -> tuple[Condition, ...]:
    """The conditions that were typed, among what the team has. Raises `Mistake` and `InboxError`."""
    return tuple([condition(wish, await _known(bot, wish.field, wish)) for wish in wishes])


async def _known(bot: Bot, field: Field, wish: Wish) -> Sequence[Named]:
    """What of the team's a value of this field may be."""
    match field:
        case "account" | "platform":
            links = await bot.directory.account_links()
            if field == "platform":
                return [Named(one, one) for one in {link.platform for link in links}]
            return [
                Named(one.id, one.label, tuple(filter(None, (one.username, one.name))), one.platform) for one in links
            ]
        case "tag":
            return [Named(one.id, one.name) for one in await bot.directory.tags(fresh=True)]
        case "status":
            found = await bot.directory.statuses(fresh=True)
            return [Named(one.id, one.name) for one in found]
        case "assignee":
            return await _members(bot, wish)
    return []


async def _members(bot: Bot, wish: Wish) -> list[Named]:
    """Members by name or address, and by the mention of who acts as them."""
    members = await bot.directory.members()
    users = {user for word in wish.words for user in text.mentioned(word)}
    mentions = {user: await _member_of(bot, user) for user in users}
    return [
        Named(one.id, one.label, (one.email, *(f"<@{user}>" for user, has in mentions.items() if has == one.id)))
        for one in members
    ]


async def _member_of(bot: Bot, user: str) -> str | None:
    """The id of the member that the Slack user acts as, or would by their address."""
    if linked := await bot.links.link(user):
        return linked
    try:
        return (await bot.access.own_member(await bot.slack.profile(user))).id
    except (Refused, SlackRefused):
        return None


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
        found.append((thread, (card.latest if card else None) or thread.last_message))
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


def _numbered(rules: Sequence[Rule], typed: str) -> Rule:
    number = typed.strip().lstrip("#").rstrip(".")
    if number.isdecimal() and 1 <= int(number) <= len(rules):
        return rules[int(number) - 1]
    raise Mistake(views.no_such_rule(typed.strip() or "?", len(rules)))


def _same(one: Rule, other: Rule) -> bool:
    return one.channel == other.channel and _parts(one.conditions) == _parts(other.conditions)


def _parts(conditions: Sequence[Condition]) -> views.Parts:
    return [(one.field, one.shown) for one in conditions]


def said_rules(rules: Sequence[Rule], default: str | None) -> str:
    """All rules below each other, and what becomes of the rest; `default` is NOTIFY_CHANNEL."""
    return views.rule_list([(_parts(one.conditions), one.channel) for one in rules], default)


def said_rule(rule: Rule) -> str:
    return views.rule(_parts(rule.conditions), rule.channel)


def _trial(trial: Trial, *, first: bool) -> str:
    missing = views.conditions(_parts(trial.unmet))
    return views.trial(trial.number, said_rule(trial.rule), missing, fits=trial.fits, first=first)


def name_of(thread: Thread) -> str:
    person = thread.person
    if person is None:
        return "Someone"
    return f"{person.name} ({person.handle})" if person.name and person.name != person.handle else person.handle
