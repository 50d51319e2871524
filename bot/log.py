"""Log lines are events with fields, never a token, a message's text or an e-mail address."""

from __future__ import annotations

import logging
import sys
from typing import Final, Literal, TextIO

import structlog

_QUIET: Final = ("slack_sdk", "httpx", "httpcore", "aiohttp", "asyncio", "uvicorn")


def configure(level: str, style: Literal["console", "json"], stream: TextIO | None = None) -> None:
    """Once per process, before anything is logged, to `stream` or else to stderr.

    The libraries speak from WARNING on: at DEBUG they log bodies.
    """
    stream = stream or sys.stderr
    renderer = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if style == "json" else _as_is,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s %(message)s", force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Bolt warns with whole payloads, and of the token in the environment that it does not need.
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)


def _as_is(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
