"""What an account of the team's puts on a message: each emoji once, in either API version."""

from __future__ import annotations

from bot.emoji import same
from bot.sandbox.inbox.records import Json, MessageRecord, ThreadRecord, iso
from bot.sandbox.inbox.world import World


def react(world: World, thread: ThreadRecord, message: MessageRecord, emoji: str) -> None:
    """Again changes nothing, and no event tells of it: what the vendor does then is not documented."""
    if any(_ours(one, emoji) for one in message.reactions):
        return
    author = {"type": "accountLink", "accountLinkId": thread.account_id}
    message.reactions.append({"emoji": emoji, "author": author, "createdAt": iso(world.clock())})
    _tell(world, thread, message, "message.reactionAdded", emoji)


def unreact(world: World, thread: ThreadRecord, message: MessageRecord, emoji: str) -> None:
    """Nothing where there is none of the account's."""
    left = [one for one in message.reactions if not _ours(one, emoji)]
    if left != message.reactions:
        message.reactions = left
        _tell(world, thread, message, "message.reactionRemoved", emoji)


def _ours(reaction: Json, emoji: str) -> bool:
    return reaction["author"]["type"] == "accountLink" and same(reaction["emoji"], emoji)


def _tell(world: World, thread: ThreadRecord, message: MessageRecord, kind: str, emoji: str) -> None:
    author = world.accounts[thread.account_id].platform_id
    world.emit(kind, thread, message, emoji=emoji, authorPlatformId=author)
