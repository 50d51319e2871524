"""A rule from what somebody typed: names become ids, and what cannot be done is said before it is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from bot import text
from bot.context import Bot
from bot.errors import Mistake, NotThere, Refused, ScopeMissing, SlackRefused
from bot.models import Label
from bot.people.colleague import user_of
from bot.routing import views
from bot.routing.language import Draft, Named, Wish, condition
from bot.routing.store import Condition, Field, Rule, Turns

_GROUP: Final = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")


class Made(NamedTuple):
    """A rule, and the Slack users whom it names though they have no seat."""

    rule: Rule
    seatless: tuple[str, ...] = ()


async def make(bot: Bot, rule_id: str, draft: Draft, channel: str, by: str) -> Made:
    """The rule that `draft` means; `channel` is where its conversations go, or "". Raises `Mistake`."""
    wanted = draft.actions
    to = [await _somebody(bot, word) for word in wanted.to]
    mention = [await _somebody(bot, word) for word in wanted.mention]
    for one in {*to, *mention}:
        if one.startswith("S"):
            await readable(bot, one)
    rule = Rule(
        id=rule_id,
        channel=channel,
        conditions=await meant(bot, draft.wishes),
        by=by,
        turns=Turns(to=tuple(dict.fromkeys(to)), after=wanted.after, most=wanted.most) if to else None,
        mention=tuple(dict.fromkeys(mention)),
        tags=tuple(await _labels(bot, "tag", wanted.tags)),
        status=next(iter(await _labels(bot, "status", (wanted.status,) if wanted.status else ())), None),
        no_card=wanted.no_card,
    )
    return Made(rule, tuple([one for one in to if one.startswith(("U", "W")) and not await bot.access.colleague(one)]))


async def _somebody(bot: Bot, word: str) -> str:
    """The id of the Slack user or user group that `word` names. Raises `Mistake`."""
    if user := text.mention(word):
        return user
    if group := _GROUP.fullmatch(word):
        return group[1]
    name = text.decode(word).lstrip("@").casefold()
    for member in await bot.directory.members():
        if name in (member.label.casefold(), member.email.casefold()) and (user := await user_of(bot, member)):
            return user
    try:
        groups = await bot.slack.groups()
    except ScopeMissing as error:
        raise Mistake(views.nobody_named(word, groups=False)) from error
    found = next((group for handle, group in groups.items() if handle.casefold() == name), None)
    if found is None:
        raise Mistake(views.nobody_named(word, groups=True))
    return found


async def readable(bot: Bot, group: str) -> None:
    """Raises `Mistake` where the bot cannot tell who is in it: whose turn it is, and who has quiet hours."""
    try:
        await bot.slack.group_members(group)
    except ScopeMissing as error:
        raise Mistake(views.NO_GROUPS) from error
    except NotThere as error:
        raise Mistake(views.no_group(group)) from error


async def _labels(bot: Bot, field: Field, words: tuple[str, ...]) -> list[Label]:
    """Tags or a status by name. Raises `Mistake`."""
    if not words:
        return []
    wish = Wish(field, words)
    found = condition(wish, await known(bot, field, wish))
    if "" in found.values:
        raise Mistake(views.not_none(field))
    return [Label(id=one, name=name) for one, name in zip(found.values, found.shown, strict=True)]


async def meant(bot: Bot, wishes: Sequence[Wish]) -> tuple[Condition, ...]:
    """The conditions that were typed, among what the team has. Raises `Mistake` and `InboxError`."""
    return tuple([condition(wish, await known(bot, wish.field, wish)) for wish in wishes])


async def known(bot: Bot, field: Field, wish: Wish) -> Sequence[Named]:
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
