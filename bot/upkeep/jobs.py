"""What is done now and then so that nothing is kept longer than it is said to be."""

from __future__ import annotations

from typing import ClassVar

from bot.queue.job import Background


class Tidy(Background, tag="tidy"):
    """Remove what is older than it may be; `cursor` is where the cards are gone on with, None before the first.

    `whole`: all of them are looked at.
    """

    merge: ClassVar[bool] = True
    logged: ClassVar[bool] = False
    waits_in: ClassVar[str] = "tidy"
    cursor: int | None = None
    whole: bool = True


class TidyWaits(Background, tag="tidy_waits"):
    """End the waits that nobody will end: their cards are gone.

    `passed` is how many of those who wait longest have cards, None where all were looked at; `cursor` is where figures
    are gone on with.
    """

    merge: ClassVar[bool] = True
    logged: ClassVar[bool] = False
    waits_in: ClassVar[str] = "tidy-waits"
    passed: int | None = 0
    cursor: int = 0
