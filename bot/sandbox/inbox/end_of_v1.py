"""How API v1 may end: the ways in which an address answers where an API no longer is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

How = Literal["410", "404 with a code", "404 page", "301", "200 with a page"]
HOWS: Final[tuple[How, ...]] = get_args(How)
_PAGE: Final = "<!doctype html><html><head><title>Inbox</title></head><body><h1>Inbox</h1></body></html>"


def answer(how: How) -> Response:
    """What any request to the ended version is answered."""
    error: Mapping[str, object] = {"error": {"code": "NOT_FOUND", "message": "There is no API v1.", "status": 404}}
    match how:
        case "410":
            return JSONResponse({"error": {"code": "GONE", "message": "API v1 has ended.", "status": 410}}, 410)
        case "404 with a code":
            return JSONResponse(error, 404)
        case "404 page":
            return HTMLResponse(_PAGE, 404)
        case "301":
            return RedirectResponse("https://docs.inboxapp.com/v2/migrating-from-v1", 301)
        case "200 with a page":
            return HTMLResponse(_PAGE)
