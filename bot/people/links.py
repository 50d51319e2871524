"""Which Inbox member a Slack user acts as."""

from __future__ import annotations

import hashlib
from typing import Any

from redis.asyncio import Redis

from bot.store import keys
from bot.store.scripts import script


class Links:
    """A link lives until somebody removes it."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._match = script(redis, "people/match.lua")

    async def link(self, user: str) -> str | None:
        """The Inbox member id that this Slack user acts as; "" when their link was taken away on purpose."""
        member = await self._redis.get(keys.link(user))
        return None if member is None else member.decode()

    async def save_link(self, user: str, member_id: str) -> None:
        """An admin said so."""
        await self._change(user, member_id)

    async def match(self, user: str, member_id: str, address: str, before: str | None) -> bool:
        """Link them by the address that both have; False where the link is no longer what it was `before`."""
        names = [keys.link(user), keys.LINKED, keys.matched_by(user)]
        names += [keys.linked_as(member_id), keys.linked_as(before or "")]
        was = "-" if before is None else before
        return bool(await self._match(keys=names, args=[user, member_id, _digest(address), was]))

    async def was_matched_by(self, user: str, address: str) -> bool | None:
        """Whether they were matched by this address; None where no address is noted."""
        noted = await self._redis.get(keys.matched_by(user))
        return None if noted is None else bool(noted.decode() == _digest(address))

    async def remove_link(self, user: str) -> None:
        """From now on no address matches them either: who was unlinked on purpose stays so."""
        await self._change(user, "")

    async def _change(self, user: str, member_id: str) -> None:
        async def changed(pipe: Any) -> None:
            was = (await pipe.get(keys.link(user)) or b"").decode()
            pipe.multi()
            pipe.set(keys.link(user), member_id).delete(keys.matched_by(user))
            if was:
                pipe.srem(keys.linked_as(was), user)
            if member_id:
                pipe.sadd(keys.LINKED, user).sadd(keys.linked_as(member_id), user)
            else:
                pipe.srem(keys.LINKED, user).sadd(keys.UNLINKED, user)

        await self._redis.transaction(changed, keys.link(user))

    async def links(self) -> dict[str, str]:
        """The Inbox member id of every linked Slack user."""
        users = sorted(one.decode() for one in await self._redis.smembers(keys.LINKED))
        members = await self._redis.mget([keys.link(one) for one in users]) if users else []
        return {user: member.decode() for user, member in zip(users, members, strict=True) if member}

    async def unlinked(self) -> list[str]:
        """The Slack users whom no address matches, as their link was taken away on purpose, in order."""
        if not await self._redis.exists(keys.UNLINKED_FOUND):
            await self._find_unlinked()
        users = sorted(one.decode() for one in await self._redis.smembers(keys.UNLINKED))
        members = await self._redis.mget([keys.link(one) for one in users]) if users else []
        return [user for user, member in zip(users, members, strict=True) if member == b""]

    async def _find_unlinked(self) -> None:
        """An older version of the bot noted it of nobody. All of Redis is looked through."""
        names = [one async for one in self._redis.scan_iter(match=keys.link("*"), count=10_000)]
        members = await self._redis.mget(names) if names else []
        pipe = self._redis.pipeline(transaction=False)
        for name, member in zip(names, members, strict=True):
            if member == b"":
                pipe.sadd(keys.UNLINKED, name.rpartition(b":")[2])
        pipe.set(keys.UNLINKED_FOUND, "1")
        await pipe.execute()

    async def count(self) -> int:
        """How many Slack users are linked."""
        return int(await self._redis.scard(keys.LINKED))

    async def users(self, member_id: str) -> list[str]:
        """The Slack users that act as the member, in order."""
        if not await self._redis.exists(keys.LINKED_AS_FOUND):
            await self.note()
        users = sorted(one.decode() for one in await self._redis.smembers(keys.linked_as(member_id)))
        members = await self._redis.mget([keys.link(one) for one in users]) if users else []
        return [user for user, member in zip(users, members, strict=True) if member == member_id.encode()]

    async def note(self) -> None:
        """Who is linked to whom: an older version of the bot, which ran meanwhile, noted it of nobody."""
        pipe = self._redis.pipeline(transaction=False)
        for user, member in (await self.links()).items():
            pipe.sadd(keys.linked_as(member), user)
        pipe.set(keys.LINKED_AS_FOUND, "1")
        await pipe.execute()

    async def linked_members(self) -> set[str]:
        """The Inbox member ids that anybody acts as."""
        return set((await self.links()).values())


def _digest(address: str) -> str:
    """The address itself is not kept."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()[:16]
