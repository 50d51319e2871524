"""The limits of blocks that show data: charts, tables and cards.

https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.block_kit.rules import Json, count, dicts, string, text_object, unknown

CHARTS = {"pie": "type segments"} | dict.fromkeys(("bar", "area", "line"), "type series axis_config")
MOST_PARTS = 6  # segments of a pie, or series
MOST_CATEGORIES = 20
MOST_BUTTONS = 3  # of a card


def data_visualization(block: Json, at: str) -> Iterator[str]:
    """A chart: its categories are the labels of each series, in the same order."""
    yield from string(block.get("title"), 50, f"{at}/title")
    chart: Any = block.get("chart")
    kind = chart.get("type") if isinstance(chart, dict) else None
    if kind not in CHARTS:
        yield f"unsupported chart: {kind} [{at}/chart]"
        return
    yield from unknown(chart, CHARTS[kind].split(), f"{at}/chart")
    if kind == "pie":
        yield from count(chart.get("segments"), MOST_PARTS, f"{at}/chart/segments")
        yield from _points(chart.get("segments"), f"{at}/chart/segments", least=0)
    else:
        yield from _series(chart, f"{at}/chart")


def _series(chart: Json, at: str) -> Iterator[str]:
    axis = chart.get("axis_config") if isinstance(chart.get("axis_config"), dict) else {}
    assert axis is not None
    categories = axis.get("categories")
    yield from unknown(axis, ["categories", "x_label", "y_label"], f"{at}/axis_config")
    yield from count(categories, MOST_CATEGORIES, f"{at}/axis_config/categories")
    for name in ("x_label", "y_label"):
        yield from string(axis.get(name, "-"), 50, f"{at}/axis_config/{name}")
    yield from count(chart.get("series"), MOST_PARTS, f"{at}/series")
    names = [one.get("name") for one in dicts(chart.get("series"))]
    if len(set(map(str, names))) < len(names):
        yield f"names of series must differ [{at}/series]"
    for index, one in enumerate(dicts(chart.get("series"))):
        where = f"{at}/series/{index}"
        yield from unknown(one, ["name", "data"], where)
        yield from string(one.get("name"), 20, f"{where}/name")
        yield from _points(one.get("data"), f"{where}/data")
        if [point.get("label") for point in dicts(one.get("data"))] != categories:
            yield f"labels must be the categories [{where}/data]"


def _points(points: Any, at: str, least: float | None = None) -> Iterator[str]:
    for index, point in enumerate(dicts(points)):
        value = point.get("value")
        yield from unknown(point, ["label", "value"], f"{at}/{index}")
        yield from string(point.get("label"), 20, f"{at}/{index}/label")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (least is not None and value <= least):
            yield f"must be a number{' above 0' if least is not None else ''} [{at}/{index}/value]"


def data_table(block: Json, at: str) -> Iterator[str]:
    """Rows of as many cells each."""
    rows = block.get("rows")
    yield from count(rows, 201, f"{at}/rows")
    if isinstance(rows, list) and (not all(isinstance(row, list) for row in rows) or len({len(r) for r in rows}) > 1):
        yield f"rows must be arrays of as many cells each [{at}/rows]"


def card(block: Json, at: str) -> Iterator[str]:
    if not any(block.get(name) for name in ("hero_image", "title", "body", "actions")):
        yield f"one of hero_image, title, body or actions is required [{at}]"
    for name, most in (("title", 150), ("subtitle", 150), ("body", 200)):
        if name in block:
            yield from text_object(block[name], most, f"{at}/{name}")
    if "actions" in block:
        yield from count(block["actions"], MOST_BUTTONS, f"{at}/actions")
