"""Log lines are events with fields, never a token, a message's text or an e-mail address."""

from __future__ import annotations

import logging
import sys
from typing import Final, Literal, TextIO

import structlog
from structlog.typing import Processor

_QUIET: Final = ("slack_sdk", "httpx", "httpcore", "aiohttp", "asyncio", "uvicorn")


def configure(level: str, style: Literal["console", "json"], stream: TextIO | None = None) -> None:
    """Once per process, before anything is logged, to `stream` or else to stderr.

    The libraries speak from WARNING on: at DEBUG they log bodies.
    """
    stream = stream or sys.stderr
    # Where rich happens to be installed, structlog would show the frames' variables, and in them tokens and texts.
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    shared: list[Processor] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    if style == "json":
        renderer = structlog.processors.JSONRenderer()
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    theirs = logging.StreamHandler(stream)  # the libraries' lines look like ours
    theirs.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[theirs], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Bolt warns with whole payloads, and of the token in the environment that it does not need.
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
