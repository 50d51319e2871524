"""One line of the table: what was measured, the goal, and the raw figures behind it; as text and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal


@dataclass(frozen=True)
class Row:
    """`value` should be `sense` `goal`. `unit` is "x" for a ratio. `value` None: not measured, `note` says why.

    `reach` is what can be had where the goal cannot: docs/speed.md has the reason.
    """

    what: str
    sense: Literal[">=", "<="]
    goal: float
    value: float | None
    unit: str = "x"
    raw: dict[str, float | str] = field(default_factory=dict)
    note: str = ""
    reach: float | None = None

    @property
    def met(self) -> bool:
        return self._comes_to(self.goal)

    def reaches(self, part: float) -> bool:
        """Whether it comes to `part` of what can be had. What was not measured fails nothing."""
        wanted = self.goal if self.reach is None else self.reach
        return self.value is None or self._comes_to(wanted * part if self.sense == ">=" else wanted / part)

    def _comes_to(self, wanted: float) -> bool:
        return self.value is not None and (self.value >= wanted if self.sense == ">=" else self.value <= wanted)


def as_text(rows: Iterable[Row]) -> str:
    """The table, and below each line its raw figures."""
    lines = [f"{'':4} {'measured':>11}  {'goal':>11}  what"]
    for row in rows:
        lines.append(f"{_mark(row)} {_figure(row.value, row.unit):>11}  {_goal(row):>11}  {row.what}")
        raw = "; ".join(f"{name} {_short(value)}" for name, value in row.raw.items())
        lines += [f"{'':31}{one}" for one in (raw, row.note) if one]
    return "\n".join(lines)


def as_json(rows: Iterable[Row]) -> str:
    """The same for programs, with where and when it was measured."""
    about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
    about |= {"system": platform.platform(), "processor": _processor(), "cores": str(os.cpu_count())}
    table = [row.__dict__ | {"met": row.met if row.value is not None else None} for row in rows]
    return json.dumps({**about, "rows": table}, indent=1, ensure_ascii=False)


def _mark(row: Row) -> str:
    return " -  " if row.value is None else "met " if row.met else "MISS"


def _goal(row: Row) -> str:
    return f"{'≥' if row.sense == '>=' else '≤'} {_figure(row.goal, row.unit)}"


def _figure(value: float | None, unit: str) -> str:
    return "" if value is None else f"{_short(value)} {unit}".strip()


def _short(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as about:
            return next(line.partition(":")[2].strip() for line in about if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
