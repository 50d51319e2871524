"""What was accepted against what Slack and Inbox show in the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from bot.sandbox.slack.records import BOT_USER, Message
from tests.chaos.crew import Crew, inversions, number
from tests.chaos.team import Accepted, Said, Stranger, Talk
from tests.chaos.twins import Twins

OURS = re.compile(r"\b(?:dm|filled|said|changed) \d+ \d+\b|\bfirst \d+\b")
HANDED_BACK = ("Not sent", "Not confirmed", "Not saved")
STAYED = "That reply stayed in Slack."
IN_SLACK_ONLY = ("in Slack only", "Inbox never confirmed")
SLOWEST = 8.0  # seconds from the note of an attempt to when Inbox takes it


class Judge:
    """Counts; what a Redis that went back may cost is not counted, in the spans that it lost."""

    def __init__(self, on: Crew, redis: Twins, talks: list[Talk], strangers: list[Stranger]) -> None:
        self._on, self._redis, self._talks, self._strangers = on, redis, talks, strangers

    # -- what is still open

    def left(self) -> int:
        return len(self.lost())

    def lost(self) -> list[str]:
        """What was accepted, or written to us, and is nowhere."""
        sent, told, shown = set(self._on.sent()), self._handed_back(), set(self._on.posted())
        asked = [one for each in self._talks for one in each.sends]
        lost = [one.text for one in asked if one.text not in sent | told and not self._may_be_lost([one])]
        lost += [one for each in self._talks for one in self._unsaid(each, sent | told)]
        lost += [one.text for one in self._strangers if self._is_lost(one, sent | told)]
        return lost + [text for each in self._talks for text in each.written if text not in shown]

    def unheard(self) -> int:
        """How many have written, and nobody was reminded of them since."""
        return len(self.not_reminded())

    def not_reminded(self) -> list[str]:
        found = []
        for one in self._talks:
            last = one.thread(self._on).last
            reminded = [at for at, words in self._reminders() if f"{one.person.name}" in words]
            if last and last.direction == "inbound" and max(reminded, default=0.0) < last.created_at.timestamp():
                found.append(one.person.name)
        return found

    # -- the verdict

    def says(self, about: str, ends: list[str], stuck: list[str], dead: list[str]) -> None:
        """Print the figures, and fail where they are not as promised."""
        on, redis = self._on, self._redis
        wrong = {
            "lost": self.lost(),
            "sent twice": self.twice(),
            "out of order": self.out_of_order(),
            "edited or deleted in Slack only, and not told": list(self._stale()),
            "sent unasked": self._unasked(),
            "cards": [words for one, end in zip(self._talks, ends, strict=True) for words in self._card(one, end)],
            "never reminded of": self.not_reminded(),
            "reminded twice": self._reminded_twice(),
            "without Home": [one.person.name for one in self._talks if on.slack.home(one.user) is None],
            "stuck lanes": stuck,
            "dead letters": dead,
        }
        unanswered = sum(1 for call in on.slack.calls if call.method == "chat.postMessage" and not call.ok)
        twice, asked = self._posted_twice(), sum(len(one.sends) + len(one.said) for one in self._talks)
        print(  # noqa: T201  # the figures
            f"\n{about}: {asked} messages to customers accepted, {sum(len(one.written) for one in self._talks)} "
            f"received, {on.deaths} processes killed, Redis moved {redis.moves} times, {len(redis.lost)} of them back\n"
            + "".join(f"  {name}: {len(found)} {found[:5] if found else ''}\n" for name, found in wrong.items())
            + f"  posted twice: {len(twice)} {twice[:5]}\n"
            f"  told as not confirmed or not sent: {len(self._handed_back())}"
        )
        told_of = " ".join([*wrong["out of order"], *wrong["cards"]])
        for one in self._talks:
            if f"in {one.number} " in told_of or one.person.name in told_of:
                print("\n".join(self._story(one)))  # noqa: T201  # what led to it
        assert on.inbox.violations == []
        assert {name: found for name, found in wrong.items() if found} == {}
        assert len(twice) <= on.deaths + unanswered

    def _story(self, one: Talk) -> list[str]:
        """What became of a conversation, in order of time (Unix seconds)."""
        texts = re.compile(rf"\b(?:in|dm|filled|said|changed) {one.number} \d+\b")
        at = [*self._on.diary, *((since, f"Redis loses all until {until:.3f}") for since, until in self._redis.lost)]
        written = one.thread(self._on).messages
        at += [(message.created_at.timestamp(), f"{message.direction}: {message.text}") for message in written]
        for call in self._on.slack.calls:
            shown = self._on.slack.show(call.args["blocks"]) if call.args.get("blocks") else ""
            if call.method.startswith("chat.") and (found := texts.findall(shown)):
                place = f"{call.args.get('channel')} below {call.args.get('thread_ts')}, {call.answer.get('ts')}"
                at.append((call.at, f"{call.method} {call.answer.get('error', 'ok')} {place}: {', '.join(found)}"))
        return [f"{when:.3f} {what}" for when, what in sorted(at)]

    def twice(self) -> list[str]:
        return [text for text, count in Counter(self._on.sent()).items() if count > 1 and not self._forgotten(text)]

    def _forgotten(self, text: str) -> bool:
        """v1 has no key: what went out in a second that Redis lost may go out again there."""
        first = next((one.at.timestamp() for one in self._on.inbox.sent() if one.text == text), 0.0)
        return "v1" in self._on.inbox.versions and self._redis.loses(first - SLOWEST, first)

    def out_of_order(self) -> list[str]:
        """Texts that came after one that was asked for or written later, in each conversation and way."""
        wrong: list[str] = []
        for one in self._talks:
            sent = [said.text.replace("changed", "said") for said in self._on.inbox.sent()]
            for way in ("dm", "filled", "said"):
                wrong += inversions(list(dict.fromkeys(text for text in sent if _is(text, way, one.number))))
            below = [(float(post.ts), line) for post in self._posts() if post.thread_ts for line in self._lines(post)]
            wrong += inversions(self._once([(ts, line) for ts, line in below if _is(line, "in", one.number)]))
        return wrong

    def _once(self, shown: list[tuple[float, str]]) -> list[str]:
        """Each line where it stands first, but for what Redis forgot and what was therefore posted again."""
        lines = [line for _, line in shown]
        kept = [
            line
            for k, (ts, line) in enumerate(shown)
            if line not in lines[k + 1 :] or not self._redis.loses(ts, ts + 1)
        ]
        return list(dict.fromkeys(kept))

    def _unasked(self) -> list[str]:
        sent = self._on.sent()
        return [one.text for one in self._strangers if one.text in sent and one.pressed is None]

    # -- replies in Slack threads

    def _unsaid(self, one: Talk, done: set[str]) -> list[str]:
        """Replies with the prefix that neither went out nor were told of; not all that tells of one says which."""
        unsent = self._without_a_word(one, done)
        notices = sum(STAYED in words for words in self._on.told(one.user))
        return [said.text for said in unsent[notices:]]

    def _without_a_word(self, one: Talk, done: set[str]) -> list[Said]:
        return [
            said
            for said in one.said
            if not ({said.text, said.now} & done or "warning" in _marks(said) or self._may_be_lost(said.done))
        ]

    def _stale(self) -> Iterator[str]:
        """Messages that say something else in Inbox than in Slack, though nobody was told."""
        for one in self._talks:
            now = {said.text for said in one.thread(self._on).messages if not said.deleted_at}
            sent = set(self._on.sent())
            stale = [
                said.text
                for said in one.said
                if said.text in sent & now
                and said.text != said.now
                and not self._may_be_lost(said.done)
                and not self._forgotten(said.text)
            ]
            told = self._on.told(one.user)
            yield from stale[sum(any(words in each for words in IN_SLACK_ONLY) for each in told) :]

    # -- what Slack shows

    def _posts(self) -> list[Message]:
        """All of the bot's in channels, in the order in which they were posted."""
        slack = self._on.slack
        found = [post for channel in slack.channels for post in slack.posts.get(channel, {}).values()]
        return sorted((one for one in found if one.user == BOT_USER and not one.deleted), key=lambda one: float(one.ts))

    def _lines(self, post: Message) -> list[str]:
        return [line for line in self._on.slack.show(post).splitlines() if line.startswith("in ")]

    def _posted_twice(self) -> list[str]:
        """What stands twice below one card, unless Redis lost the first time."""
        seen: dict[tuple[str, str, str], float] = {}
        twice = []
        for post in (one for one in self._posts() if one.thread_ts):
            for line in self._lines(post):
                first = seen.setdefault((post.channel, post.thread_ts or "", line), float(post.ts))
                if first != float(post.ts) and not self._redis.loses(first - SLOWEST, first + SLOWEST):
                    twice.append(line)
        return twice

    def _card(self, one: Talk, end: str) -> list[str]:
        """What is wrong with the card; of two, where Redis forgot one that was posted or left, with the better one."""
        cards, name = one.cards(self._on), one.person.name
        if not cards:
            return [f"{name} has none"]
        if len(cards) > 1 and not self._redis.lost:
            return [f"{name} has {len(cards)}"]
        return min((list(self._wrong_with(card, one, end)) for card in cards), key=len)

    def _wrong_with(self, card: Message, one: Talk, end: str) -> Iterator[str]:
        name, shown = one.person.name, self._on.slack.show(card)
        below = [self._on.slack.show(post) for post in self._on.slack.replies(card.channel, card.ts)]
        if card.channel != end:
            yield f"{name}'s is in {card.channel}, and was moved to {end}"
        last = one.thread(self._on).last
        if last and last.direction == "inbound" and "Waiting since" not in shown:
            yield f"{name} wrote last, and the card shows {shown.splitlines()[0]}"
        if one.written[-1] not in "\n".join([shown, *below]).splitlines():
            yield f"{name}'s last words are not there"

    def _reminders(self) -> list[tuple[float, str]]:
        calls = [call for call in self._on.slack.calls if call.method == "chat.postMessage" and call.ok]
        return [(call.at, self._on.slack.show(call.args["blocks"])) for call in calls if _reminds(call.args)]

    def _reminded_twice(self) -> list[str]:
        """Those of whom there were more reminders than messages."""
        words = [line for _, said in self._reminders() for line in said.splitlines()]
        counts = {one.person.name: sum(one.person.name in line for line in words) for one in self._talks}
        return [
            f"{one.person.name}: {counts[one.person.name]} of {len(one.written)}"
            for one in self._talks
            if counts[one.person.name] > len(one.written)
        ]

    # -- what people were told

    def _handed_back(self) -> set[str]:
        told = [words for user in self._on.slack.users for words in self._on.told(user)]
        return {text for one in told if any(words in one for words in HANDED_BACK) for text in OURS.findall(one)}

    def _is_lost(self, one: Stranger, done: set[str]) -> bool:
        """Once Ana has pressed *Send anyway* it goes out; a question that she never saw is lost as well."""
        accepted = [each for each in (one.asked, one.pressed) if each]
        return bool(one.asked) and one.text not in done and not self._may_be_lost(accepted)

    def _may_be_lost(self, accepted: Iterable[Accepted]) -> bool:
        return any(self._redis.loses(one.began, one.ended) for one in accepted)


def _is(text: str, way: str, n: int) -> bool:
    return text.startswith(f"{way} {n} ") and number(text) >= 0


def _marks(said: Said) -> set[str]:
    return {name for name, user in said.message.reactions if user == BOT_USER}


def _reminds(args: dict[str, object]) -> bool:
    return str(args.get("text", "")).startswith("⏰") and bool(args.get("blocks"))
