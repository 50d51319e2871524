"""What both API versions have in common on the wire: lenient models, forgiving JSON, attachments.

Knows nothing of URLs or of either version's field names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from bot import models
from bot.models import AccountLink, Attachment, Reaction

T = TypeVar("T")
BUILT_LATER: Final = ConfigDict(defer_build=True)  # when first used, rather than all at the start
M = TypeVar("M", bound="Wire")


class Wire(BaseModel):
    """A camelCase object of the vendor's. Unknown fields are ignored, and numbers are taken where text is expected."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, coerce_numbers_to_str=True, **BUILT_LATER
    )


class Account(Wire):
    """What both versions tell of an account link."""

    id: str
    platform: str | None = None
    platform_id: str | None = None
    username: str | None = None
    status: str | None = None

    def linked(self, name: str | None, capabilities: Sequence[str] = ()) -> AccountLink:
        return AccountLink(
            id=self.id,
            platform=self.platform or "twitter",
            platform_id=self.platform_id or "",
            username=(self.username or "").lstrip("@") or None,
            name=name,
            status=self.status or "active",
            capabilities=tuple(capabilities),
        )


class Team(Wire):
    """The team that a token is of; `currency` is that of its contacts' values."""

    id: str
    name: str
    currency: str = ""

    def team(self) -> models.Team:
        return models.Team(id=self.id, name=self.name, currency=self.currency)


class Label(Wire):
    """A tag or a status."""

    id: str
    name: str

    def label(self) -> models.Label:
        return models.Label(id=self.id, name=self.name)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("time out of range") from error


def _or_none(value: object, inner: ValidatorFunctionWrapHandler) -> Any:
    try:
        return inner(value)
    except ValidationError:
        return None


Maybe = Annotated[T | None, WrapValidator(_or_none)]
"""A part that stands alone: absent or of a strange shape it is None, and the rest is not lost with it."""
Time = Annotated[datetime, AfterValidator(_utc)]
_TIME: TypeAdapter[datetime] = TypeAdapter(Time)


def decode(body: bytes) -> Any:
    """The JSON value in `body`; `ValueError` when there is none.

    JavaScript may cut a string within an emoji and send half of it, which strict parsers refuse: it becomes "?".
    """
    try:
        return from_json(body)
    except ValueError:
        try:
            return from_json(json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace"))
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error


def parse(shape: TypeAdapter[T], body: bytes) -> T:
    """`body` as `shape`; `ValueError` when it is not that."""
    try:
        return shape.validate_json(body)
    except ValidationError:
        return shape.validate_python(decode(body))


def edited(body: bytes, wanted: str) -> str:
    """What a message says that was edited, by the answer; what it was to say where that does not tell."""
    try:
        found = decode(body)
    except ValueError:
        return wanted
    text = found.get("content") if isinstance(found, dict) else None
    return text if isinstance(text, str) else wanted


def attempt(model: type[M], value: object) -> M | None:
    """`value` as `model`, or None where it is absent or has another shape."""
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def moment(value: object) -> datetime | None:
    """`value` as an aware UTC time, or None."""
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        return None


def whole(number: float | None) -> int | None:
    """A count; v2 types its numbers as possibly infinite."""
    return int(number) if number is not None and math.isfinite(number) else None


def amount(number: float | None) -> float | None:
    """A sum of money, in the same way."""
    return number if number is not None and math.isfinite(number) else None


def attachments(value: object) -> tuple[Attachment, ...]:
    """v2's `attachments`, or v1's untyped `attachment`, as far as it can be understood."""
    items = value if isinstance(value, list) else [value]
    return tuple(_attachment(item) for item in items if isinstance(item, Mapping) and item)


def _attachment(item: Mapping[str, object]) -> Attachment:
    poster, length = item.get("poster"), item.get("durationSeconds")
    return Attachment(
        kind=_text(item, "kind", "type") or "file",
        url=_text(item, "url", "mediaUrl"),
        title=_text(item, "title", "filename", "name"),
        expires_at=moment(item.get("expiresAt")),
        seconds=float(length) if isinstance(length, (int, float)) and math.isfinite(length) else None,
        poster=_text(poster, "url") if isinstance(poster, Mapping) else None,
    )


def reactions(value: object) -> tuple[Reaction, ...]:
    """v2's reactions, or v1's untyped ones, as far as they can be understood."""
    items = value if isinstance(value, list) else []
    named = ((_text(item, "emoji"), _is_ours(item)) if isinstance(item, Mapping) else (item, None) for item in items)
    return tuple(Reaction(emoji=one, ours=ours) for one, ours in named if isinstance(one, str) and one)


def _is_ours(item: Mapping[str, object]) -> bool | None:
    author = item.get("author")
    return author.get("type") == "accountLink" if isinstance(author, Mapping) else None


def _text(item: Mapping[str, object], *names: str) -> str | None:
    return next((found for name in names if isinstance(found := item.get(name), str) and found), None)


def profile_url(platform: str, platform_id: str) -> str | None:
    """The documented deep link to a person; https://docs.inboxapp.com/guides/core-concepts."""
    return f"https://x.com/i/user/{platform_id}" if platform == "twitter" and platform_id else None
