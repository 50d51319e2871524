"""What every process writes to its log: ours and the libraries' lines in one form, and never a variable's content."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import logging, sys, structlog
from bot import log

log.configure("INFO", sys.argv[1])
ours = structlog.get_logger()

def fails(token):
    raise RuntimeError("it broke")

ours.info("running", web=True)
logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
for write in (ours.exception, logging.getLogger("asyncio").exception):
    try:
        fails("xoxb-" + "secret")
    except RuntimeError:
        write("it_failed")
"""


def written(style: str) -> str:
    arguments = [sys.executable, "-c", SCRIPT, style]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, check=True, text=True).stderr


def test_every_line_for_machines_is_json_whoever_wrote_it() -> None:
    lines = [json.loads(line) for line in written("json").splitlines()]
    assert [line["event"] for line in lines] == [
        "running", "Invalid HTTP request received.", "it_failed", "it_failed",
    ]  # fmt: skip
    assert [line.get("logger") for line in lines] == [None, "uvicorn.error", None, "asyncio"]
    assert all("it broke" in line["exception"] for line in lines[2:])


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_shows_no_variables(style: str) -> None:
    text = written(style)
    assert text.count("RuntimeError: it broke") == 2
    assert "xoxb-secret" not in text


def test_nor_does_it_where_rich_is_installed() -> None:
    """structlog's own choice of formatter there shows every frame's variables."""
    asked = "print(structlog.get_config()['processors'][-1].exception_formatter is structlog.dev.plain_traceback)"
    arguments = [sys.executable, "-c", f"{SCRIPT}\n{asked}", "console"]
    assert subprocess.run(arguments, cwd=ROOT, capture_output=True, check=True, text=True).stdout == "True\n"
