"""What GET /threads of each API version is asked for a search."""

from __future__ import annotations

from bot.inbox.search import Narrow, Search

Query = dict[str, str | int | list[str]]


def queries_v2(wanted: Search) -> list[Query]:
    """GET /threads takes one folder at a time, and `all` has archived threads in it."""
    profile: Query = {"expand": "profile"}
    if wanted.kind == "words":
        return [profile | {"folder": "all", "q": wanted.about}]
    if wanted.kind == "requests":
        return [profile | {"folder": "requests", "order": "asc"}]
    if wanted.kind == "open":
        return _narrowed_v2(wanted.narrow)
    who = {"assigneeId": wanted.about} if wanted.kind == "mine" else {"unassigned": "true"}
    return [profile | {"folder": folder, "order": "asc"} | who for folder in ("inbox", "requests")]


def _narrowed_v2(by: Narrow) -> list[Query]:
    """v2 has no filter for contacts without a tag or a status, nor for somebody's threads and nobody's at once."""
    asked = {
        "accountLinkId": by.accounts,
        "platform": by.platforms,
        "tag": by.tags,
        "status": by.statuses,
        "assigneeId": by.assignees,
    }
    filters: Query = {name: list(ids) for name, ids in asked.items() if ids and "" not in ids}
    filters |= {"unassigned": "true"} if by.assignees == ("",) else {}
    folders = {None: ("inbox", "requests"), True: ("requests",), False: ("inbox",)}[by.requests]
    return [filters | {"folder": one, "order": "asc", "expand": ["profile", "contact"]} for one in folders]


def folders_v1(wanted: Search) -> tuple[str, ...]:
    if wanted.kind == "words":
        return "default", "requests", "archived"
    if wanted.kind == "requests" or wanted.narrow.requests:
        return ("requests",)
    return ("default",) if wanted.narrow.requests is False else ("default", "requests")


def _narrowed_v1(by: Narrow) -> dict[str, str]:
    """v1 knows one platform, X, and takes ids together with none at all."""
    found = {f"accountLinkIds[{at}]": one for at, one in enumerate(by.accounts)}
    for what, without, ids in (
        ("tags", "noTags", by.tags),
        ("statuses", "noStatus", by.statuses),
        ("assignees", "noAssignee", by.assignees),
    ):
        found |= {f"filters[{what}][selectedIds][{at}]": one for at, one in enumerate(filter(None, ids))}
        found |= {f"filters[{what}][{without}]": "true"} if "" in ids else {}
    return found


def filters_v1(wanted: Search) -> dict[str, str]:
    """Of GET /threads, `filters` is an object in bracket notation."""
    match wanted.kind:
        case "open":
            who = _narrowed_v1(wanted.narrow)
        case "mine":
            who = {"filters[assignees][selectedIds][0]": wanted.about}
        case "unassigned":
            who = {"filters[assignees][noAssignee]": "true"}
        case "requests":
            who = {}
        case "words":
            return {}
    return who | {"filters[sortOrder]": "asc"}
