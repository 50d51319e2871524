"""What is new in a conversation, shown in order: on its card, and in posts below the card that hold all that waits."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot import jobs
from bot.board import Board, named_later
from bot.errors import Gone, InboxError
from bot.inbox import Inbox
from bot.jobs import Amend, Attempt, Job, Keep, Later, Leave, Post, Render
from bot.models import Card, Message
from bot.news import MISSING
from bot.slack import Slack
from bot.store.cards import Cards, Place
from bot.store.feed import Feed
from bot.store.pace import FIRST, NEW
from bot.store.posts import Posts, Waiting
from bot.store.replies import Replies
from bot.store.routes import Routes
from bot.views import Msg, follow_ups, that_fit

log = structlog.get_logger(__name__)


class ThreadPosts:
    """All posts of one conversation are made in one lane. `inbox` should be paced as background work."""

    def __init__(
        self,
        board: Board,
        slack: Slack,
        inbox: Inbox,
        cards: Cards,
        feed: Feed,
        posts: Posts,
        routes: Routes,
        replies: Replies,
    ) -> None:
        self._board, self._slack, self._inbox, self._cards, self._feed = board, slack, inbox, cards, feed
        self._posts, self._routes, self._replies = posts, routes, replies

    async def post(self, job: Post, keep: Keep) -> list[Job]:
        """The next post of the conversation. A job of an older version, in whatever lane, only adds its message."""
        async with self._board.refused.waiting(job, job.channel):
            if not job.waits:
                await self._posts.put(job.message, job.channel, marked=True)
                return [job.model_copy(update={"waits": True, "tries": 0})]
            return [*await self._post(job, keep), *named_later(job.thread_id)]

    async def _post(self, job: Post, keep: Keep) -> list[Job]:
        card = await self._cards.get(job.thread_id)
        if card is None:
            return []
        if job.attempt and (found := await self._made(job.attempt)):
            return await self._found(job, job.attempt, card, found)
        await self._catch_up(job)
        waiting, place = await self._posts.waiting(job.thread_id), await self._cards.place(job.thread_id)
        if not waiting:
            return [Render(thread_id=job.thread_id)] if job.attempt else []  # whoever posted it died, and not before
        job = job.model_copy(update={"attempt": None})
        channel = await self._wanted(job.thread_id, waiting)
        below = place if place and place.channel == channel else None
        await self._board.slot(job, channel, NEW if place else FIRST)
        shown = await self._next(waiting, below)
        card = await self._board.with_latest(card, shown[-1].message)
        message = await self._said(card, shown, below) if below else await self._board.draw(card, channel)
        attempt = Attempt(
            ids=tuple(one.message.id for one in shown),
            channel=channel,
            thread_ts=below.ts if below else None,
            at=jobs.now(),
            old=place if place and not below else None,
        )
        job = job.model_copy(update={"attempt": attempt})
        await keep(job)
        mark = {"message_id": attempt.ids[0]}
        made = await self._slack.post(channel, message, thread_ts=attempt.thread_ts, metadata=mark)
        return await self._stands(job, attempt, made, shown, card)

    async def _next(self, waiting: Sequence[Waiting], below: Place | None) -> Sequence[Waiting]:
        """What the next post shows: a card one message, a post below it as many as fit."""
        if below is None:
            return waiting[:1]
        fresh = [await self._board.fresh(one.message, below.channel) for one in waiting]
        return waiting[: that_fit(fresh)]

    async def _wanted(self, thread_id: str, waiting: Sequence[Waiting]) -> str:
        """Where the conversation belongs: where somebody keeps it, else where its newest message said."""
        pin = (await self._routes.memory(thread_id)).pin
        return pin.channel if pin else waiting[-1].entry.channel

    async def _catch_up(self, job: Post) -> None:
        """What was missed in the conversation and is not shown comes before what is new in it."""
        since = await self._feed.owed(job.thread_id)
        if since is None:
            return
        try:
            messages = await self._inbox.messages(job.thread_id)
        except Gone:
            messages = []
        except InboxError as error:  # better out of order than late
            log.warning("not_caught_up", ref=job.ref, thread=job.thread_id, status=error.status)
            return
        for message in await self._feed.unseen(messages, since):
            await self._posts.put(message, job.channel)
        await self._feed.caught_up(job.thread_id)

    # --- what was posted ---------------------------------------------------------------------------------------------

    async def _made(self, attempt: Attempt) -> Place | None:
        """The post, if it was made, as far as history may be read."""
        since = attempt.at.timestamp() - 5
        return await self._slack.find(attempt.channel, attempt.ids[0], thread_ts=attempt.thread_ts, since=since)

    async def _found(self, job: Post, attempt: Attempt, card: Card, found: Place) -> list[Job]:
        """The post of an attempt whose outcome was unknown; what it shows may have changed since."""
        shown = [one for one in await self._posts.waiting(job.thread_id) if one.message.id in attempt.ids]
        if shown and attempt.thread_ts:
            await self._slack.update(found, await self._said(card, shown, found))
        return await self._stands(job, attempt, found, shown)

    async def _stands(
        self, job: Post, attempt: Attempt, place: Place, shown: Sequence[Waiting], drawn: Card | None = None
    ) -> list[Job]:
        """It is there: that is noted, and what follows from it. A card shows `drawn`, as far as is known."""
        again = job.model_copy(update={"attempt": None, "tries": 0})
        if not attempt.thread_ts:
            await self._board.stands(again, place, Place(*attempt.old) if attempt.old else None)
        changed = await self._posts.put_shown(place, job.thread_id, shown)
        then: list[Job] = [Amend(thread_id=job.thread_id, message_id=one, in_turn=True) for one in changed]
        if attempt.thread_ts or await self._cards.get(job.thread_id) != drawn:
            then.append(Render(thread_id=job.thread_id))
        if attempt.old:
            then.append(Leave(thread_id=job.thread_id, old=attempt.old))
        if left := await self._posts.waiting(job.thread_id):
            then.append(again.model_copy(update={"message": left[0].message, "at": jobs.now()}))
        return [*then, *await self._board.shared(attempt.channel)]

    async def _said(self, card: Card, shown: Sequence[Waiting], place: Place) -> Msg:
        return await self._below(card, [one.message for one in shown], place)

    async def _below(self, card: Card, messages: Sequence[Message], place: Place) -> Msg:
        fresh = [await self._board.fresh(one, place.channel) for one in messages]
        return await self._board.fit(card, place.channel, follow_ups(fresh, card.thread.person))

    # --- what changes ------------------------------------------------------------------------------------------------

    async def amend(self, job: Amend, _: object) -> list[Job]:
        """A message that is shown on its card, or below it, or waits for that, says there what it says now."""
        if not job.in_turn:
            return [job.model_copy(update={"in_turn": True})]
        if receipt := await self._replies.receipt_of(job.message_id):
            return [receipt.model_copy(update={"message": await self._as_it_is(job, receipt.message), "tries": 0})]
        if (waiting := await self._among_waiting(job)) is not None:
            await self._posts.amend(job.thread_id, await self._as_it_is(job, waiting))
        place = await self._posts.shown_at(job.message_id)
        if place is None and waiting is None and job.tries < len(MISSING) and await self._feed.shown([job.message_id]):
            raise Later(MISSING[job.tries], job.model_copy(update={"tries": job.tries + 1}))  # it is on its way there
        card = await self._cards.get(job.thread_id)
        latest = card.latest if card and card.latest and card.latest.id == job.message_id else None
        if card is None or not (latest or place):
            return []
        message = await self._as_it_is(job, latest)
        if place and await self._cards.at(place) is None:  # else it is the card, or what is left of one that has moved
            messages = await self._posts.change(place, message)
            await self._slack.update(place, await self._below(card, messages, place))
        if latest is None:
            return []
        await self._cards.amend_latest(job.thread_id, message)
        return [Render(thread_id=job.thread_id)]

    async def _among_waiting(self, job: Amend) -> Message | None:
        waiting = await self._posts.waiting(job.thread_id)
        return next((one.message for one in waiting if one.message.id == job.message_id), None)

    async def _as_it_is(self, job: Amend, shown: Message | None) -> Message:
        """The message now; of one that was taken back, nothing is kept."""
        try:
            message, _ = await self._inbox.message(job.message_id, job.thread_id)
        except Gone:
            ours = Message(id=job.message_id, thread_id=job.thread_id, direction="inbound", created_at=job.at)
            return (shown or ours).taken_back()
        return message.taken_back() if message.deleted or job.deleted else message
