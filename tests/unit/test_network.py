"""Every client takes the environment's proxy, except to whom NO_PROXY names, and trusts whom SSL_CERT_FILE says."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot import errors
from bot.inbox.client import open_inbox
from bot.inbox.transport import http_client
from bot.network import DIRECT, Network
from bot.queue.job import Asker
from bot.slack.blocks import Msg
from bot.slack.client import Slack
from bot.slack.session import slack_session
from tests.unit.conftest import Outside
from tests.unit.forks import Run
from tests.unit.test_cli import process, terminated

pytestmark = pytest.mark.exhaustive

FORWARDED = re.compile(rb"([A-Z]+) (?:http|ws)://([^/ ]+)(/\S*) HTTP/1\.1\r\n")
NOTHING: Msg = {"text": "Hello", "blocks": []}
PROXY = "http://proxy.example.com:3128"


class Proxy:
    """Forwards plain HTTP and WebSockets, refuses tunnels, and remembers what it was asked."""

    def __init__(self) -> None:
        self.port, self.asked = 0, list[str]()
        self._tasks = set[asyncio.Task[None]]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, writers = asyncio.current_task(), [writer]
        assert task is not None
        self._tasks.add(task)
        try:
            first = await reader.readuntil(b"\r\n\r\n")
            if first.startswith(b"CONNECT "):
                self.asked.append(first.partition(b" HTTP")[0].decode())
                writer.write(b"HTTP/1.1 502 No tunnel\r\nContent-Length: 0\r\n\r\n")
                return
            found = FORWARDED.match(first)
            assert found, first
            host, _, port = found[2].decode().partition(":")
            inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
            writers.append(inner_writer)
            await asyncio.gather(self._forward(first, reader, inner_writer), _pump(inner_reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side is gone, or the test is over
        finally:
            for one in writers:
                one.close()
            for one in writers:
                with suppress(OSError):
                    await one.wait_closed()
            self._tasks.discard(task)

    async def end(self) -> None:
        """Until no connection is open: a loop with one cannot be closed."""
        for one in list(self._tasks):
            one.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _forward(self, some: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while some:
            self.asked += [f"{found[1].decode()} {found[3].decode()}" for found in FORWARDED.finditer(some)]
            writer.write(FORWARDED.sub(rb"\1 \3 HTTP/1.1\r\n", some))
            await writer.drain()
            some = await reader.read(65_536)
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65_536):
        writer.write(some)
        await writer.drain()
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    made = Proxy()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = int(server.sockets[0].getsockname()[1])
    yield made
    server.close()
    await made.end()


@pytest.mark.parametrize(
    ("network", "url", "proxy"),
    [
        (DIRECT, "https://slack.com/api/", None),
        (Network(https=PROXY), "https://slack.com/api/", PROXY),
        (Network(https=PROXY), "wss://wss-primary.slack.com/link", PROXY),
        (Network(https=PROXY), "http://slack.com/api/", None),
        (Network(http=PROXY), "https://slack.com/api/", None),
        (Network(http=PROXY), "ws://127.0.0.1:9/link", PROXY),
        (Network(http="http://other:1", all=PROXY), "https://slack.com/api/", PROXY),
        (Network(https="proxy.example.com:3128"), "https://slack.com/api/", PROXY),
        (Network(all="socks5://127.0.0.1:1", https=PROXY), "https://slack.com/api/", PROXY),
        (Network(https=PROXY, no="*"), "https://slack.com/api/", None),
        (Network(https=PROXY, no="localhost, slack.com"), "https://slack.com/api/", None),
        (Network(https=PROXY, no="SLACK.com"), "https://files.slack.com/upload", None),
        (Network(https=PROXY, no=".slack.com"), "https://files.slack.com/upload", None),
        (Network(https=PROXY, no="*.slack.com"), "wss://wss-primary.slack.com/link", None),
        (Network(https=PROXY, no="lack.com"), "https://slack.com/api/", PROXY),
        (Network(https=PROXY, no=","), "https://slack.com/api/", PROXY),
        (Network(https=PROXY, no="inbox.local:8443"), "https://inbox.local:8443/api", None),
        (Network(https=PROXY, no="inbox.local:8443"), "https://inbox.local/api", PROXY),
        (Network(http=PROXY, no="127.0.0.1"), "http://127.0.0.1:3000/api", None),
        (Network(http=PROXY, no="10.0.0.0/8"), "http://10.1.2.3/api", None),
        (Network(http=PROXY, no="10.0.0.0/8"), "http://11.1.2.3/api", PROXY),
        (Network(http=PROXY, no="::1"), "http://[::1]:3000/api", None),
        (Network(http=PROXY, no="fd00::/8"), "http://[fd00::2]/api", None),
    ],
)
def test_the_proxy_on_the_way_to_an_address(network: Network, url: str, proxy: str | None) -> None:
    assert network.proxy(url) == proxy


@pytest.mark.parametrize("wrong", ["socks5://me:secret@127.0.0.1:1080", "http://", "nonsense://x"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(wrong: str) -> None:
    with pytest.raises(errors.SettingsError, match=r"^ALL_PROXY is wrong: .*\.$") as raised:
        Network(all=wrong).proxy("https://slack.com/api/")
    assert "secret" not in str(raised.value)


async def test_each_client_asks_the_proxy_for_a_tunnel(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # which slack_sdk would take
    network = Network(https=proxy.url, no="direct.invalid")
    async with slack_session(network) as session, http_client("https://inboxapp.com/api", network) as http:
        slack = Slack("xoxb-1", "https://slack.com/api/", session, network)
        with pytest.raises(errors.SlackDown):
            await slack.installation()
        with pytest.raises(errors.SlackError):
            await slack.tell(Asker(user="U1", response_url="https://hooks.slack.com/commands/1"), NOTHING)
        with pytest.raises(errors.InboxError):
            await open_inbox(http, "https://inboxapp.com/api", "ibt_1", "v2").team()
    assert {"CONNECT slack.com:443", "CONNECT hooks.slack.com:443", "CONNECT inboxapp.com:443"} == set(proxy.asked)


async def test_no_client_takes_a_proxy_that_the_settings_do_not_name(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    async with slack_session(DIRECT) as session, http_client("http://127.0.0.1:9/api", DIRECT) as http:
        slack = Slack("xoxb-1", "http://127.0.0.1:9/api/", session)
        with pytest.raises(errors.SlackDown):
            await slack.installation()
        with pytest.raises(errors.SlackError):
            await slack.tell(Asker(user="U1", response_url="http://127.0.0.1:9/response"), NOTHING)
        with pytest.raises(errors.InboxError):
            await open_inbox(http, "http://127.0.0.1:9/api", "ibt_1", "v2").team()
    assert proxy.asked == []


@asynccontextmanager
async def at_work(outside: Outside, cwd: Path, more: dict[str, str]) -> AsyncIterator[None]:
    """A bot in Socket Mode that has told Ana the team's figures."""
    slack, people = outside.slack, outside.acme
    slack.socket_mode = True
    async with process(cwd, outside.env | {"SLACK_APP_TOKEN": slack.app_token} | more, "serve") as running:
        await slack.until(lambda: len(slack.sockets.connections) == 2)
        await slack.command(people.ana, people.channel, "/inbox", "stats")
        await slack.command(people.ana, people.channel, "/inbox", "version")
        await slack.until(lambda: [one for one in slack.calls if one.method == "response_url"])
        assert (await terminated(running)).code == 0
    yield


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_all_that_leaves_the_bot_goes_through_the_proxy(
    outside: Outside, tmp_path: Path, proxy: Proxy, name: str
) -> None:
    async with at_work(outside, tmp_path, {name: proxy.url}):
        pass
    for path in ("POST /api/auth.test", "GET /link", "POST /response/", "GET /api/v2/team"):
        assert [one for one in proxy.asked if one.startswith(path)], (path, proxy.asked)


async def test_nothing_goes_through_the_proxy_to_what_no_proxy_names(
    outside: Outside, tmp_path: Path, proxy: Proxy
) -> None:
    async with at_work(outside, tmp_path, {"HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"}):
        pass
    assert proxy.asked == []


async def test_the_sandbox_takes_no_proxy(bot: Run, tmp_path: Path, proxy: Proxy) -> None:
    everywhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"), proxy.url)
    ended = await bot(tmp_path, everywhere | {"SSL_CERT_FILE": "/nonexistent.pem"}, "sandbox", "--tour", within=50)
    assert ended.code == 0, ended.out + ended.err
    assert proxy.asked == []


@pytest.mark.parametrize("setting", [{"HTTPS_PROXY": "socks5://127.0.0.1:1"}, {"SSL_CERT_FILE": "/nonexistent.pem"}])
async def test_a_network_setting_that_is_wrong_is_exit_2(bot: Run, tmp_path: Path, setting: dict[str, str]) -> None:
    needed = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "INBOX_API_TOKEN": "ibt_1"}
    for command in ("serve", "doctor"):
        ended = await bot(tmp_path, needed | setting, command)
        assert ended.code == 2
        (name,) = setting
        assert f"{name} is wrong" in (ended.err + ended.out).splitlines()[-1 if command == "serve" else 0]


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine that nobody else vouches for, and a server's side of it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 -keyout {key}"
    subprocess.run([openssl, *made.split(), "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return certificate, context


async def test_a_file_of_authorities_is_all_that_is_trusted(certified: tuple[Path, ssl.SSLContext]) -> None:
    certificate, context = certified

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"ok": true, "team_id": "T1", "user_id": "U1", "id": "t1", "name": "Acme"}'
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        )
        writer.write(head.encode() + b"\r\n" + body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
    for network, trusted in ((Network(certificates=certificate), True), (DIRECT, False)):
        async with slack_session(network) as session, http_client(url, network) as http:
            slack, inbox = Slack("xoxb-1", f"{url}/", session, network), open_inbox(http, url, "ibt_1", "v2")
            if trusted:
                assert (await slack.installation()).team == "T1"
                assert (await http.get(url)).status_code == 200
            else:
                with pytest.raises(errors.SlackDown):
                    await slack.installation()
                with pytest.raises(errors.InboxError):
                    await inbox.team()
    server.close()
