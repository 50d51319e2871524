"""The figures of some days as a small picture: two bars for each day, a scale, and the days of the month below.

Slack shows no SVG, and a drawing library would weigh more than the rest of the bot: a PNG of few colours is a palette
and rows of bytes (https://www.w3.org/TR/png-3).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Final

from bot.stats.figures import Day

PAPER, LINE, INK, RECEIVED, ANSWERED = range(5)
PALETTE: Final = bytes.fromhex("ffffff e3e6ea 5b6470 3d7fd9 2e9e63")
COLUMN, LEFT, TOP, BARS, FOOT = 24, 56, 16, 180, 28  # pixels
TICKS: Final = 4
# Digits of three by five dots, a row of the dots in each octal digit.
DIGITS: Final = (0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717)


class _Canvas:
    """Rows of palette indices; what lies outside is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.rows = width, [bytearray([PAPER]) * width for _ in range(height)]

    def box(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        left, right = max(0, x), min(self.width, x + width)
        for row in self.rows[max(0, y) : max(0, y + height)]:
            row[left:right] = bytes([colour]) * (right - left)

    def number(self, right: int, y: int, value: int) -> None:
        """Written so that it ends at `right`."""
        for place, digit in enumerate(reversed(str(value))):
            for dot in range(15):
                if DIGITS[int(digit)] >> (14 - dot) & 1:
                    self.box(right - 8 * place - 6 + dot % 3 * 2, y + dot // 3 * 2, 2, 2, INK)

    def png(self) -> bytes:
        header = struct.pack(">IIBBBBB", self.width, len(self.rows), 8, 3, 0, 0, 0)
        raw = zlib.compress(b"".join(b"\0" + row for row in self.rows), 9)
        parts = ((b"IHDR", header), (b"PLTE", PALETTE), (b"IDAT", raw), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, content) for name, content in parts)


def chart_png(days: Sequence[Day]) -> bytes:
    """A PNG of the messages received and the first answers on each day, the earliest at the left."""
    top = _scale(max((max(len(day.received), len(day.answers)) for day in days), default=0))
    canvas = _Canvas(LEFT + COLUMN * len(days) + 8, TOP + BARS + FOOT)
    for tick in range(TICKS + 1):
        y = TOP + BARS - BARS * tick // TICKS
        canvas.box(LEFT, y, COLUMN * len(days), 1, LINE)
        canvas.number(LEFT - 8, y - 5, top * tick // TICKS)
    for number, day in enumerate(days):
        x = LEFT + COLUMN * number
        for offset, count, colour in ((3, len(day.received), RECEIVED), (12, len(day.answers), ANSWERED)):
            height = -(-BARS * count // top)  # rounded up: what happened can be seen
            canvas.box(x + offset, TOP + BARS - height, 8, height, colour)
        canvas.number(x + (19 if day.day.day > 9 else 15), TOP + BARS + 10, day.day.day)
    return canvas.png()


def _scale(most: int) -> int:
    """A round number that is at least `most` and four equal steps."""
    tens = (int(10**power) for power in range(12))
    return next(TICKS * step * ten for ten in tens for step in (1, 2, 5) if TICKS * step * ten >= most)


def _part(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
