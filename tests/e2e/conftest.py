"""Every end-to-end test gives the bot exactly the Slack scopes that `manifests/` insist on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.stage import Stage
from tests.conftest import Open

MANIFESTS = Path(__file__).parents[2] / "manifests"


@pytest.fixture(scope="session")
def scopes() -> frozenset[str]:
    """The bot scopes that both manifests ask for, without those that whoever installs the app may refuse."""
    return asked_for("bot") - asked_for("bot_optional")


@pytest.fixture(scope="session")
def optional_scopes() -> frozenset[str]:
    """Those that may be refused."""
    return asked_for("bot_optional")


@pytest.hookimpl(tryfirst=True)  # before what has the mark is left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test is tried with v2, the API that stays; with v1 it has a mark, but where the two differ most.

    Those who die at each step take long, and have a mark too.
    """
    for item in items:
        here = item.path.is_relative_to(Path(__file__).parent)
        if here and item.name.startswith("test_whoever_dies"):
            item.add_marker("exhaustive")
        if not here or not hasattr(item, "callspec") or item.get_closest_marker("both_apis"):
            continue
        named = any("api" in one.args[0] for one in item.iter_markers("parametrize"))
        if item.callspec.params.get("api") == "v1" and not named:
            item.add_marker("v1")


def asked_for(kind: str) -> frozenset[str]:
    both = [json.loads((MANIFESTS / name).read_text()) for name in ("http.json", "socket.json")]
    http, socket = (frozenset(one["oauth_config"]["scopes"][kind]) for one in both)
    assert http == socket
    return http


@pytest.fixture
def opened(opened: Open, scopes: frozenset[str]) -> Open:
    """As in `tests/conftest.py`, with an installation that was granted the manifests' scopes and no optional ones."""

    async def start(**wanted: Any) -> Stage:
        running = await opened(**wanted)
        running.slack.scopes = set(scopes)
        return running

    return start
