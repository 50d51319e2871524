"""One team for each API version of Inbox."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.agreement.team import Team, opened


@pytest.fixture
async def v1() -> AsyncIterator[Team]:
    async with opened("v1") as team:
        yield team


@pytest.fixture
async def v2() -> AsyncIterator[Team]:
    async with opened("v2") as team:
        yield team
