"""What both versions of the local Inbox's API show alike: tags and statuses."""

from __future__ import annotations

from bot.sandbox.inbox.records import Json, LabelRecord, iso


def tag_json(tag: LabelRecord) -> Json:
    return {"id": tag.id, "name": tag.name, "color": tag.color}


def status_json(status: LabelRecord) -> Json:
    return tag_json(status) | {"createdAt": iso(status.created_at)}
