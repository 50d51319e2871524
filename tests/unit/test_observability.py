"""What an operator sees of the work: log lines, figures, traces and error reports; and never anybody's words."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from bot import telemetry
from bot.cards.store import Cards
from bot.context import Bot
from bot.errors import SettingsError
from bot.events.store import Feed
from bot.features import KINDS
from bot.inbox.client import open_inbox
from bot.inbox.version import Spoken
from bot.queue.job import utc_now
from bot.queue.lanes import Lanes
from bot.reminders.store import Waiting
from bot.settings import Settings
from bot.slack.client import Slack
from bot.store import keys
from bot.store.connect import connect
from bot.store.health import write
from bot.store.installation import InstallState
from bot.store.quota import BLOCKED, Quota
from bot.version import version
from bot.web import Web
from tests.conftest import QUICK
from tests.e2e.steps import until
from tests.servers import free_port
from tests.unit.conftest import Outside
from tests.unit.forks import Start
from tests.unit.test_cli import terminated
from tests.unit.test_cli import until as until_async

SECRET = "A very private matter"


class Collector(ThreadingHTTPServer):
    """Takes whatever is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.posts: list[tuple[str, bytes]] = []


class _Post(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.server.posts.append((self.path, gzip.decompress(body) if packed else body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def settings(**more: Any) -> Settings:
    needed: dict[str, Any] = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s", "inbox_api_token": "ibt_1"}
    return Settings(_env_file=None, **(needed | more))  # type: ignore[call-arg]  # pydantic-settings takes it


def last_word(outside: Outside) -> str:
    """What Ana read last, for her alone; "" before anything."""
    return next((outside.slack.show(one) for one in outside.slack.ephemerals(outside.acme.ana)[-1:]), "")


async def test_one_reference_runs_from_the_request_through_its_jobs_to_the_words_and_the_trace(
    start: Start, outside: Outside, tmp_path: Path, collector: Collector
) -> None:
    people = outside.acme
    outside.inbox.add_thread(people.account, people.sarah)
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    async with start(tmp_path, outside.env | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, "serve") as running:
        await until_async(outside.up)
        await outside.slack.command(people.ana, people.channel, text=f"@sarah {SECRET}")
        await outside.slack.until(lambda: "Sent to" in last_word(outside))
        outside.inbox.fail("*", status=400, times=None)
        card = outside.slack.say(people.bo, people.channel, "Lunch?")
        await outside.slack.shortcut(people.bo, card.channel, card.ts, "send_as_dm")
        await outside.slack.command(people.ana, people.channel, text="@nobody Hello")
        await outside.slack.until(lambda: "Reference" in last_word(outside))
        said = last_word(outside)
        ended = await terminated(running)

    lines = [json.loads(line) for line in ended.err.splitlines() if line.startswith("{")]
    assert (lines[0]["event"], lines[0]["version"]) == ("starting", version())
    first, *_, last = [line for line in lines if line["event"] == "accepted" and line["kind"] == "dm"]
    of_first = [line for line in lines if line["event"] == "job" and line["ref"] == first["ref"]]
    assert [line["kind"] for line in of_first[:2]] == ["dm", "send"]
    assert sorted(line["kind"] for line in of_first[2:]) == ["outbound", "tell"]
    assert {line["outcome"] for line in of_first} == {"done"}
    assert all(line["seconds"] >= 0 and line["level"] == "info" for line in of_first)
    assert f"Reference {last['ref']}" in said.replace("`", "")
    assert SECRET not in ended.err

    traces = [body for path, body in collector.posts if path == "/v1/traces"]
    assert traces
    assert any(first["ref"].encode() in body and b"send" in body for body in traces)
    assert not [body for _, body in collector.posts if SECRET.encode() in body]


async def test_an_unexpected_error_is_reported_without_variables(collector: Collector) -> None:
    telemetry.start(settings(sentry_dsn=f"http://key@127.0.0.1:{collector.server_port}/1"))
    try:
        private = str(SECRET)  # would show among the frame's variables
        raise RuntimeError(f"cannot read {private}")
    except RuntimeError as error:
        telemetry.report(error, ref="7f3a9c", kind="dm")
        assert private
    finally:
        telemetry.stop()
    await until(lambda: collector.posts)
    ((path, body),) = collector.posts
    assert path == "/api/1/envelope/"
    assert b"RuntimeError" in body
    assert b"7f3a9c" in body
    assert SECRET.encode() not in body


def test_nothing_is_sent_where_nothing_is_configured(collector: Collector) -> None:
    telemetry.start(settings())
    with telemetry.span("dm", ref="7f3a9c"):
        telemetry.report(RuntimeError("broken"))
    telemetry.stop()
    assert collector.posts == []


@pytest.mark.parametrize(
    ("package", "configured", "extra"),
    [
        ("sentry_sdk", {"sentry_dsn": "http://key@127.0.0.1:9/1"}, "sentry-sdk"),
        (
            "opentelemetry",
            {"otel_exporter_otlp_endpoint": "http://127.0.0.1:9"},
            "opentelemetry-exporter-otlp",
        ),
    ],
)
def test_an_extra_that_is_not_installed_is_named(
    package: str, configured: dict[str, str], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SettingsError, match=r"pip install [a-z]") as raised:
        telemetry.start(settings(**configured))
    assert extra in str(raised.value)


def test_a_sentry_address_that_makes_no_sense_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^SENTRY_DSN is wrong"):
        telemetry.start(settings(sentry_dsn="nonsense"))
    telemetry.stop()


async def test_the_figures_name_what_an_operator_must_know(start: Start, outside: Outside, tmp_path: Path) -> None:
    port = free_port()
    async with (
        start(tmp_path, outside.env, "serve", "--no-worker"),
        start(tmp_path, outside.env | {"METRICS_PORT": str(port)}, "worker"),
    ):
        await until_async(outside.up)
        await outside.inbox.customer_writes(outside.acme.sarah, SECRET)
        await outside.slack.until(lambda: outside.slack.messages(outside.acme.channel))
        await outside.slack.until(lambda: [c for c in outside.slack.calls if c.method == "chat.postMessage"])

        async def scraped(url: str) -> str:
            return (await outside.http.get(f"{url}/metrics")).text

        web, worker = await scraped(outside.url), await scraped(f"http://127.0.0.1:{port}")
        assert (await outside.http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
        assert (await outside.http.post(f"http://127.0.0.1:{port}/slack/events")).status_code == 404
    assert 'bot_ack_seconds_count{route="/inbox/webhook"}' in web
    assert 'bot_jobs_total{kind="notify",outcome="done"} 1.0' in worker
    assert 'bot_requests_total{route="/slack/events",status="503"} 0.0' in web
    assert 'route="socket"' not in web
    for text in (web, worker):
        assert 'bot_inbox_answers_total{status="401"} 0.0' in text
        assert f'bot_waits_answered_total{{channel="{outside.acme.channel}"}} 0.0' in text
        assert 'bot_messages_sent_total{channel="direct",outcome="unconfirmed"} 0.0' in text
        for figure in (
            'lanes{state="dead"} 0.0',
            "queue_oldest_seconds",
            "feed_lag_seconds",
            'held_seconds{who="all"} 0.0',
        ):
            assert f"bot_{figure}" in text.replace("bot_queue_lanes", "bot_lanes").replace("bot_inbox_held", "bot_held")
        (left,) = [line for line in text.splitlines() if line.startswith('bot_inbox_quota_left{window="60"}')]
        assert 0 < float(left.split()[1]) < 300
        assert SECRET not in text
        assert 'bot_circuit_open{to="inbox"} 0.0' in text
        assert 'bot_circuit_open{to="slack"} 0.0' in text


def watched(redis: Any) -> httpx.AsyncClient:
    """The three routes for operators of a bot on this Redis."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(web_on(redis).watch), base_url="http://bot")


def web_on(redis: Any) -> Web:
    nothing = cast(Any, None)
    slack = Slack("xoxb-1", "http://127.0.0.1:9/api/", nothing)
    inbox = open_inbox(nothing, "http://127.0.0.1:9/api", "ibt_1", "v2")
    lanes, spoken = Lanes(redis, "web", KINDS), Spoken("v2", pinned=True, certain=True, choose=nothing, shared=nothing)
    state = {"feed": Feed(redis), "lanes": lanes, "install": InstallState(redis), "quota": Quota(redis)}
    state |= {"waiting": Waiting(redis), "cards": Cards(redis)}
    has = state | {"timing": QUICK, "spoken": spoken, "settings": settings(), "slack": slack, "background": inbox}
    return Web(cast(Bot, SimpleNamespace(**has)), nothing, partial(write, redis))


async def test_two_who_ask_at_once_whether_it_is_ready_are_both_answered(redis_url: str) -> None:
    redis: Any = connect(redis_url)
    web, nobody = web_on(redis), cast(Any, None)

    async def answers() -> None: ...

    web._unseen = {"slack": answers}
    first = asyncio.create_task(web.readyz(nobody))
    await asyncio.sleep(0)  # it is about to ask Slack
    web._unseen.clear()  # which has answered somebody else
    assert (await first).status_code == 200
    await redis.aclose()


async def test_the_figures_say_when_calls_rest(redis_url: str) -> None:
    redis: Any = connect(redis_url)
    async with watched(redis) as operator:
        await Quota(redis).hold(BLOCKED, 30.0)
        text = (await operator.get("/metrics")).text
        assert 'bot_circuit_open{to="inbox"} 1.0' in text
        assert 'bot_circuit_open{to="slack"} 0.0' in text
        await InstallState(redis).revoke()
        assert 'bot_circuit_open{to="slack"} 1.0' in (await operator.get("/metrics")).text
    await redis.aclose()


async def test_all_that_is_counted_of_a_channel_is_there_before_it_counts(redis_url: str) -> None:
    """Else the first of it is no increase to Prometheus."""
    redis: Any = connect(redis_url)
    await redis.hset(keys.card("t1"), "channel", "C0QUIET")
    await Waiting(redis).wrote("t1", utc_now().timestamp())
    async with watched(redis) as operator:
        text = (await operator.get("/metrics")).text
    assert 'bot_waiting{channel="C0QUIET"} 1.0' in text
    assert 'bot_messages_received_total{channel="C0QUIET"} 0.0' in text
    assert 'bot_waits_answered_total{channel="C0QUIET"} 0.0' in text
    for outcome in ("sent", "unsent", "unconfirmed"):
        assert f'bot_messages_sent_total{{channel="C0QUIET",outcome="{outcome}"}} 0.0' in text
        (began,) = re.findall(rf'bot_messages_sent_created{{channel="C0QUIET",outcome="{outcome}"}} (\S+)', text)
        assert float(began) == pytest.approx(utc_now().timestamp(), abs=60)  # which alerts ask for
    await redis.aclose()


async def test_the_version_is_in_the_figures_and_in_the_probe(redis_url: str) -> None:
    redis: Any = connect(redis_url)
    async with watched(redis) as operator:
        assert (await operator.get("/healthz")).text == f"ok\nversion {version()}"
        assert f'bot_build_info{{version="{version()}"}} 1.0' in (await operator.get("/metrics")).text
    await redis.aclose()


async def test_without_redis_no_figure_says_what_was_true_before(redis_url: str) -> None:
    redis, away = connect(redis_url), connect("unix:///nonexistent/valkey.sock")
    await Feed(redis).was_read(utc_now() - timedelta(minutes=5))
    async with watched(redis) as operator:
        assert "bot_feed_lag_seconds 30" in (await operator.get("/metrics")).text
    async with watched(away) as operator:
        text = (await operator.get("/metrics")).text
    assert "bot_feed_lag_seconds NaN" in text
    assert "bot_queue_oldest_seconds NaN" in text
    assert "bot_queue_lanes{" not in text
    assert "bot_circuit_open{" not in text
    await redis.aclose()
    await away.aclose()
