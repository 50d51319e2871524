"""What admins allowed, and what waits until somebody is linked. Who may act follows from it in `bot.people.access`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, cast

from redis.asyncio import Redis

from bot.queue.job import Job, Kinds, dump
from bot.records import Record
from bot.store import keys
from bot.store.channels import channels
from bot.store.kept import Kept

CLICK_LIVES: Final = 15 * 60  # seconds
REQUEST_LIVES: Final = timedelta(days=30)


class Sharing(Record):
    """Whether a channel is shared with other organisations, and when Slack last said so.

    `teams` are those of theirs that Slack names, if it does; older versions noted ours as well. `undrawn`: that is new,
    and what stands there is not being drawn anew yet. `ended`: when consent ended as nobody else reads there any more,
    until the admins are told. `unsaid`: somebody consents since, and Slack did not say to whom.
    """

    shared: bool
    at: datetime
    undrawn: bool = False
    teams: tuple[str, ...] = ()
    ended: datetime | None = None
    unsaid: bool = False

    def has_others(self, before: Sharing | None, ours: frozenset[str]) -> bool:
        """Whether anybody reads there who is not known to have done so `before`; what Slack never named is no news."""
        if before is None or before.unsaid:
            return False
        known = {*before.teams} - ours
        return not {*self.teams} - ours <= known if before.shared and known else not before.shared


class Request(Record):
    """That somebody asked the admins to let them act. `by` is the job that decides, `outcome` what it did, in words."""

    at: datetime
    ref: str
    by: str = ""
    outcome: str = ""


class Rights:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, kinds: Kinds) -> None:
        self._kinds = kinds
        self.sharings = Kept(
            redis, Sharing, keys.sharing, noted=keys.CHANNELS
        )  # what Slack said last, however long ago
        self.requests = Kept(redis, Request, keys.access_request, REQUEST_LIVES)
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def allow_guest(self, user: str) -> None:
        await self._redis.sadd(keys.GUESTS, user)

    async def disallow_guest(self, user: str) -> None:
        await self._redis.srem(keys.GUESTS, user)

    async def guest_allowed(self, user: str) -> bool:
        return bool(await self._redis.sismember(keys.GUESTS, user))

    async def guests(self) -> list[str]:
        """All who were let in."""
        return sorted(one.decode() for one in await self._redis.smembers(keys.GUESTS))

    async def consents(self) -> dict[str, str]:
        """The channels for which somebody consented, and which admin did."""
        known = await channels(self._redis)
        admins = await self._redis.mget([keys.consent(one) for one in known]) if known else []
        return {channel: admin.decode() for channel, admin in zip(known, admins, strict=True) if admin}

    async def known_channels(self) -> list[str]:
        """Every channel that Slack was asked about, or somebody consented for."""
        asked, agreed = await self.sharings.of(await channels(self._redis)), await self.consents()
        return sorted({*asked, *agreed})

    async def consent(self, channel: str) -> str | None:
        """The admin who consented to showing messages in this channel though outsiders read it."""
        admin = await self._redis.get(keys.consent(channel))
        return admin.decode() if admin else None

    async def seen_outside(self, channel: str) -> tuple[bool, Sharing | None]:
        """Whether somebody consented to that, and what Slack said last of who reads the channel."""
        admin, raw = await self._redis.mget(keys.consent(channel), keys.sharing(channel))
        return admin is not None, Sharing.read(raw) if raw else None

    async def saw(self, channel: str, said: Sharing, ours: frozenset[str]) -> Sharing:
        """What Slack says of the channel from now on, unless it has answered a later question; as that is then.

        Who consented did so to those who read there: in the same step that ends, where others do or nobody does.
        """
        names = keys.sharing(channel), keys.consent(channel)

        async def noted(pipe: Any) -> Sharing:
            raw, admin = await pipe.mget(*names)
            before = Sharing.read(raw) if raw else None
            if before and before.at > said.at:
                return before
            ends = admin is not None and (said.has_others(before, ours) if said.shared else True)
            was = before or Sharing(shared=False, at=said.at)
            now = said.having(
                undrawn=said.shared != was.shared or was.undrawn or ends,
                teams=said.teams or (was.teams if said.shared else ()),
                ended=said.at if ends and not said.shared else was.ended,
            )
            pipe.multi()
            pipe.set(names[0], now.json()).sadd(keys.CHANNELS, channel)
            if ends:
                pipe.delete(names[1])
            return now

        return cast("Sharing", await self._redis.transaction(noted, *names, value_from_callable=True))

    async def unsaid(self, channel: str) -> None:
        """Somebody consents while Slack does not say to whom: its next answer does."""
        if known := await self.sharings.get(channel):
            await self.sharings.change(channel, lambda now: (now or known).having(unsaid=True))

    async def save_consent(self, channel: str, admin: str) -> None:
        pipe = self._redis.pipeline()
        pipe.set(keys.consent(channel), admin).sadd(keys.CHANNELS, channel)
        await pipe.execute()

    async def remove_consent(self, channel: str) -> None:
        await self._redis.delete(keys.consent(channel))

    async def told(self, *notices: str) -> bool:
        """Whether the admins were told under one of these names, and it is not `well`."""
        return bool(await self._redis.exists(*map(_once, notices)))

    async def well(self, *notices: str) -> bool:
        """What the admins were told under these names is over: the next time they are told at once. True for one of
        all who find that out, when they were told."""
        return bool(await self._redis.delete(*map(_once, notices)))

    async def all_well(self, notices: str) -> None:
        """So is all that they were told under names that begin so. All of Redis is looked through."""
        async for name in self._redis.scan_iter(match=_once(f"{notices}*"), count=500):
            await self._redis.delete(name)

    async def told_until(self, notice: str, at: datetime) -> None:
        """The admins were told under this name; not again until it is `well`, or then rather than after a week."""
        await self._redis.expireat(_once(notice), at)

    async def keep_click(self, user: str, click: Job) -> None:
        """What `user` wanted and could not have, as nobody knows their member yet; only the last click is kept."""
        await self._redis.set(keys.click(user), dump(click), ex=CLICK_LIVES)

    async def kept_click(self, user: str) -> Job | None:
        """The last click of `user` that was refused for want of a link, in the last 15 minutes."""
        raw = await self._redis.get(keys.click(user))
        return self._kinds.load(raw) if raw else None

    async def drop_click(self, user: str) -> None:
        await self._redis.delete(keys.click(user))


def _once(notice: str) -> str:
    return keys.once(f"admins:{notice}")
