"""What everything is that lies in Redis: immutable, read from JSON and written as it."""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform

import msgspec
from msgspec import field


class _ByName(msgspec.StructMeta):
    """Fields are given by name, those of subclasses too."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        return super().__new__(cls, name, bases, namespace, **{"kw_only": True} | config)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Record(msgspec.Struct, metaclass=_ByName, frozen=True, omit_defaults=True):
    """Base of everything that is kept in Redis: immutable, read from JSON and checked by its annotations.

    What equals a default is left out of the JSON, so that a later version may choose another default.
    """

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """What `json` wrote, here or in another version. Raises `ValueError` when it is none of these."""
        return msgspec.json.decode(raw, type=cls)

    @classmethod
    def checked(cls, **fields: Any) -> Self:
        """From values of whatever types somebody else gave. Raises `ValueError` where one is of another type."""
        return msgspec.convert(fields, cls)

    def json(self) -> str:
        return msgspec.json.encode(self).decode()

    def having(self, **changes: Any) -> Self:
        """This, with other values of some fields."""
        return msgspec.structs.replace(self, **changes)


def one_line(name: str) -> str:
    """A name without line breaks."""
    return " ".join(name.split())


class Named(Record):
    """A record with names, its `lines`: line breaks in them would make lines of their own in cards and notices."""

    lines: ClassVar[tuple[str, ...]] = ("name",)

    def __post_init__(self) -> None:
        for each in self.lines:
            if (name := getattr(self, each)) and not name.isalnum():
                msgspec.structs.force_setattr(self, each, one_line(name))
