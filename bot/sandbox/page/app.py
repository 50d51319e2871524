"""The page's own web app: static files, a WebSocket with the state, and acts as small JSON requests."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.errors import BotError
from bot.sandbox.page import show
from bot.sandbox.page.acts import Acts
from bot.sandbox.page.guard import Guard
from bot.sandbox.page.start import furnish, save_replies
from bot.sandbox.page.theatre import Theatre
from bot.sandbox.page.traffic import Tap, Traffic
from bot.sandbox.serve import serving
from bot.sandbox.slack.records import SlackError
from bot.sandbox.stage import scene

STATIC: Final = Path(__file__).parent / "static"
TOGETHER: Final = 0.02  # seconds: changes that follow each other so closely are shown in one go


@dataclass
class Page:
    """The sandbox with its page open at `url`."""

    url: str
    theatre: Theatre


@asynccontextmanager
async def opened(*, port: int = 0, version: str = "v2", **settings: Any) -> AsyncIterator[Page]:
    """Everything running, one customer waiting; `settings` are the bot's. Raises OSError when the port is taken."""
    traffic = Traffic()
    with tempfile.TemporaryDirectory(prefix="bridge-") as folder:
        async with scene(versions=[version], tap=lambda app, party: Tap(app, traffic, party)) as on:
            furnish(on)
            theatre = Theatre(on, traffic, Path(folder), **settings)
            async with serving(Site(theatre).app, port=port) as url:
                try:
                    await theatre.start()
                    if theatre.stage:
                        await save_replies(theatre.stage.bridge.snippets)
                    await on.inbox.customer_writes(on.acme.sarah, "Hi! Is the trial still open?")
                    yield Page(url, theatre)
                finally:
                    await theatre.close()


class Site:
    """What the page asks for."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre, self._acts = theatre, Acts(theatre)
        self.app = Starlette(
            routes=[
                WebSocketRoute("/live", self.live),
                Route("/act/{name}", self.act, methods=["POST"]),
                Route("/traffic/{number:int}", self.exchange),
                Route("/file/{id}", self.file),
                Mount("/", StaticFiles(directory=STATIC, html=True)),
            ],
            middleware=[Middleware(Guard)],
        )

    async def act(self, request: Request) -> Response:
        """POST /act/{name} with the act's arguments as a JSON object."""
        try:
            given = json.loads(await request.body() or b"{}")
            done = await self._acts[request.path_params["name"]](**given)
        except (LookupError, ValueError, TypeError, SlackError, BotError) as error:
            return JSONResponse({"ok": False, "says": str(error)}, 422)
        finally:
            self.theatre.traffic.changed()
        return JSONResponse(done)

    async def exchange(self, request: Request) -> Response:
        """GET /traffic/{number}: one request with its headers and bodies."""
        found = self.theatre.traffic.find(request.path_params["number"])
        return JSONResponse(found.whole() if found else {}, 200 if found else 404)

    async def file(self, request: Request) -> Response:
        """GET /file/{id}: a picture that the bot has uploaded to Slack."""
        found = self.theatre.scene.slack.files.get(request.path_params["id"])
        kind = (mimetypes.guess_type(found.name)[0] if found else None) or ""
        if found is None or not kind.startswith("image/"):
            return Response(status_code=404)
        return Response(found.content, media_type=kind)

    async def live(self, ws: WebSocket) -> None:
        """Pushes the state until the page is closed."""
        await ws.accept()
        pushing = asyncio.create_task(_push(ws, self.theatre))
        try:
            while True:
                await ws.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            pushing.cancel()


async def _push(ws: WebSocket, theatre: Theatre) -> None:
    """Send what the page does not know yet, again and again."""
    since, known, revision = theatre.scene.slack.next_ts(), dict[str, str](), 0
    with theatre.traffic.watching() as changed:
        while True:
            changed.clear()
            parts = {name: json.dumps(part) for name, part in show.everything(theatre, since).items()}
            news = {name: json.loads(part) for name, part in parts.items() if known.get(name) != part}
            traffic = [one.line() for one in theatre.traffic.after(revision)]
            known, revision = parts, theatre.traffic.revision
            if news or traffic:
                await ws.send_json(news | {"traffic": traffic})
            await changed.wait()
            await asyncio.sleep(TOGETHER)
