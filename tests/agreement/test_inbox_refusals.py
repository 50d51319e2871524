"""The local Inbox refuses what the vendor refuses, with its codes and details, and finds what is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.sandbox.inbox.contract import requests
from tests.agreement.team import Json, Team, opened

# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_what_the_specification_does_not_name_is_refused_everywhere(version: str) -> None:
    async with opened(version) as team:
        for name, row in requests.CONTRACTS[version].rows.items():
            line = name.replace("{id}", "abc").replace("{ref}", "abc").replace("{index}", "0")
            body: Json | None = None if row.body is None else {"colour": "red"}
            status, code, _ = await team.refused(line, body, colour="red")
            assert (status, code) == (400, "invalidRequest" if version == "v2" else "BAD_REQUEST"), name
            findings = [one for one in team.inbox.violations if one.startswith(line.replace(" ", f" /{version}", 1))]
            assert any("unknown query parameter 'colour'" in one for one in findings), name
            assert row.body is None or any("unknown body key 'colour'" in one for one in findings), name


def target(team: Team, kind: str = "contact", **other: Any) -> Json:
    whom = {"contact": {"contactId": team.sarah.contact_id}, "thread": {}}.get(kind)
    if whom is None:
        whom = {"platform": "twitter", "platformId": team.sarah.platform_id}
    return {"target": {"type": kind, "accountLinkId": team.account} | whom | other, "content": "Hi"}


async def message_elsewhere(team: Team) -> str:
    return await team.inbox.customer_writes(team.inbox.add_person("omar"), "Hello")


async def to_reply_elsewhere(team: Team) -> tuple[str, Json | None]:
    return "POST /messages", target(team) | {"replyToMessageId": await message_elsewhere(team)}


async def from_linkedin(team: Team) -> tuple[str, Json | None]:
    return "POST /messages", target(team, accountLinkId=team.inbox.add_account("acme-in", platform="linkedin"))


async def to_linkedin_from_x(team: Team) -> tuple[str, Json | None]:
    team.inbox.add_account("acme-in", platform="linkedin")
    return "POST /messages", target(team, "profile", platform="linkedin")


async def to_one_of_two(team: Team) -> tuple[str, Json | None]:
    team.inbox.add_person("sarah_private", also=team.sarah)
    return "POST /messages", target(team)


async def to_react_with_words(team: Team) -> tuple[str, Json | None]:
    return f"POST /messages/{await message_elsewhere(team)}/reactions", {"emoji": "nice 👍"}


async def to_react_to_what_is_gone(team: Team) -> tuple[str, Json | None]:
    theirs = await message_elsewhere(team)
    await team.inbox.deletes(theirs)
    return f"POST /messages/{theirs}/reactions", {"emoji": "👍"}


async def to_react_too_late(team: Team) -> tuple[str, Json | None]:
    team.inbox.world.windows["message:react"] = -1.0
    return f"POST /messages/{await message_elsewhere(team)}/reactions", {"emoji": "👍"}


async def to_change_theirs(team: Team) -> tuple[str, Json | None]:
    return f"PATCH /messages/{await message_elsewhere(team)}", {"content": "Bye"}


async def while_offline(team: Team) -> tuple[str, Json | None]:
    team.inbox.set_account_status(team.account, "offline")
    return "POST /messages", target(team)


async def while_closed(team: Team) -> tuple[str, Json | None]:
    team.inbox.thread(team.thread).restrictions = ["message:send"]
    return "POST /messages", {"target": {"type": "thread", "threadId": team.thread}, "content": "Hi"}


async def without_the_plan(team: Team) -> tuple[str, Json | None]:
    team.inbox.plan_required = True
    return "POST /messages", target(team, "profile", platformId="9")


async def too_long(team: Team) -> tuple[str, Json | None]:
    team.inbox.world.characters = 1
    return "POST /messages", target(team)


Prepared = Callable[[Team], Awaitable[tuple[str, Json | None]]]


@pytest.mark.parametrize(
    ("prepared", "status", "code", "details"),
    [
        (to_reply_elsewhere, 400, "invalidRequest", {"issues"}),
        (to_react_with_words, 400, "invalidRequest", {"issues"}),
        (from_linkedin, 422, "recipientUnavailable", {"reason"}),
        (to_linkedin_from_x, 422, "platformNotSupported", {"platform", "supported"}),
        (to_one_of_two, 422, "profileAmbiguous", {"contactId", "platform"}),
        (to_react_to_what_is_gone, 422, "messageNotModifiable", {"reason"}),
        (to_react_too_late, 422, "mutationWindowClosed", {"capability", "closedAt"}),
        (to_change_theirs, 422, "messageNotModifiable", {"reason"}),
        (while_offline, 409, "accountLinkDisconnected", {"accountLinkId", "status"}),
        (while_closed, 422, "threadRestricted", {"capability"}),
        (without_the_plan, 403, "planRequired", {"feature"}),
        (too_long, 422, "contentRejected", {"detail"}),
    ],
)
async def test_v2_refuses_what_cannot_be_done_with_the_code_and_the_details_of_the_contract(
    v2: Team, prepared: Prepared, status: int, code: str, details: set[str]
) -> None:
    line, body = await prepared(v2)
    answered = await v2.refused(line, body)
    assert (answered[0], answered[1], set(answered[2])) == (status, code, details)
    assert v2.inbox.sent() == []


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_an_account_reacts_with_an_emoji_once(version: str) -> None:
    async with opened(version) as team:
        message = team.inbox.thread(team.thread).messages[0]
        path = (
            f"/threads/{team.thread}/messages/{message.id}/reactions" if version == "v1" else f"/messages/{message.id}"
        )
        for emoji in ("❤️", "❤", "👍", "❤️"):
            await team.ask(f"POST {path}/reactions", {"emoji": emoji})
        assert [one["emoji"] for one in message.reactions] == ["❤️", "👍"]
        assert team.kinds.count("message.reactionAdded") == 2
        for _ in range(2):
            gone = {"body": {"emoji": "❤"}} if version == "v1" else {"emoji": "❤"}
            await team.ask(f"DELETE {path}/reactions", **gone)
        assert [one["emoji"] for one in message.reactions] == ["👍"]
        assert team.kinds.count("message.reactionRemoved") == 1
        await team.inbox.deletes(message.id)
        status, code, _ = await team.refused(f"POST {path}/reactions", {"emoji": "🎉"})
        assert (status, code) == ((400, "BAD_REQUEST") if version == "v1" else (422, "messageNotModifiable"))


@pytest.mark.parametrize(
    ("line", "query", "status", "code"),
    [
        ("GET /threads", {"platform": "myspace"}, 403, "platformNotAvailable"),
        ("GET /account-links", {"platform": ["twitter", "linkedin"]}, 403, "platformNotAvailable"),
        ("GET /contacts", {"platform": "linkedin", "username": "sarah"}, 403, "platformNotAvailable"),
        ("GET /contacts", {"platform": "twitter", "username": ["x"] * 101}, 400, "invalidRequest"),
        ("GET /events", {"type": "message.created"}, 400, "invalidRequest"),
        ("GET /tags", {"limit": 100}, 400, "invalidRequest"),
        ("GET /statuses", {"cursor": "x"}, 400, "invalidRequest"),
        ("GET /threads", {"expand[]": "contact"}, 400, "invalidRequest"),
        ("GET /threads", {"expand": "contact,profile"}, 400, "invalidRequest"),
        ("GET /threads", {"cursor": "x"}, 400, "invalidCursor"),
        ("GET /tags/nobody", {}, 404, "tagNotFound"),
        ("GET /messages/abc/attachments/first", {}, 400, "invalidRequest"),
        ("GET /members/abc", {}, 404, "memberNotFound"),
    ],
)
async def test_v2_refuses_what_it_cannot_find_or_read(v2: Team, line: str, query: Json, status: int, code: str) -> None:
    assert (await v2.refused(line, **query))[:2] == (status, code)


async def test_v2_knows_tags_and_statuses_by_name_and_takes_each_name_once(v2: Team) -> None:
    status, code, details = await v2.refused("POST /tags", {"name": "víp"})
    assert (status, code, details) == (409, "nameTaken", {"name": "víp"})
    assert (await v2.refused("POST /statuses", {"name": "Lost", "color": "mauve-ish"}))[:2] == (400, "invalidRequest")
    contact = f"/contacts/{v2.sarah.contact_id}"
    assert (await v2.refused(f"PUT {contact}/tags/nobody"))[:2] == (404, "tagNotFound")
    change = {"notes": "lost", "status": "nobody"}
    assert (await v2.refused(f"PATCH {contact}", change))[:2] == (400, "invalidRequest")
    assert v2.sarah.notes is None  # all of it or nothing


@pytest.mark.parametrize(
    "change", [{"addTags": ["abc"]}, {"statusId": "abc"}, {"assigneeId": "abc"}, {"addTags": "abc"}]
)
async def test_v1_changes_nothing_of_a_prospect_where_it_refuses_a_part(v1: Team, change: Json) -> None:
    path = f"/prospects/{v1.sarah.profile_id}/context"
    assert (await v1.refused(f"PATCH {path}", {"notes": "lost"} | change))[:2] == (400, "BAD_REQUEST")
    assert v1.sarah.notes is None


# --- filters ----------------------------------------------------------------------------------------------------------


async def many(team: Team) -> tuple[str, str]:
    """Sarah is a VIP, Omar has won, a campaign wrote to Kim; who that was, and the campaign."""
    team.sarah.tag_ids = [team.tag]
    await team.inbox.customer_writes(team.inbox.add_person("omar", status_id=team.won), "Hello")
    kim = team.inbox.add_person("kim")
    await team.inbox.customer_writes(kim, "Hello")
    thread, campaign = team.inbox.world.thread_between(team.account, kim), team.inbox.add_campaign("Autumn")
    assert thread is not None
    await team.inbox.campaign_writes(thread.id, "New: tea", campaign_id=campaign)
    return thread.id, campaign


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"tag": "vip"}, ["sarah"]),
        ({"tag": ["VIP", "nobody"]}, ["sarah"]),
        ({"tag": "nobody"}, []),
        ({"status": "WON"}, ["omar"]),
        ({"status": "won", "tag": "vip"}, []),
        ({"folder": "archived"}, ["kim"]),
    ],
)
async def test_v2_lists_threads_by_tag_and_status(v2: Team, query: Json, names: list[str]) -> None:
    await many(v2)
    found = (await v2.ask("GET /threads", expand="profile", **query))["data"]
    assert [one["profile"]["username"] for one in found] == names


async def test_both_versions_list_threads_by_campaign() -> None:
    for version in ("v1", "v2"):
        async with opened(version) as team:
            thread, campaign = await many(team)
            if version == "v1":
                query = {"inbox": "archived", "filters[campaigns][selectedIds][0]": campaign}
                found = (await team.ask("GET /threads", **query))["threads"]
                assert (await team.ask("GET /threads", **{"filters[campaigns][noCampaign]": "true"}))["threads"]
            else:
                found = (await team.ask("GET /threads", folder="all", campaignId=campaign))["data"]
                assert (await team.ask("GET /threads", campaignId=campaign))["data"] == []  # it is archived
            assert [one["id"] for one in found] == [thread]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"filters[tags][selectedIds][]": "TAG"}, ["sarah"]),
        ({"filters[tags][noTags]": "true"}, ["omar"]),
        ({"filters[statuses][selectedIds]": "WON", "filters[statuses][noStatus]": "true"}, ["omar", "sarah"]),
        ({"filters[statuses][noStatus]": "false"}, ["omar", "sarah"]),
    ],
)
async def test_v1_lists_threads_by_tag_and_status(v1: Team, query: Json, names: list[str]) -> None:
    await many(v1)
    asked: Json = {name: {"TAG": v1.tag, "WON": v1.won}.get(value, value) for name, value in query.items()}
    found = (await v1.ask("GET /threads", **asked))["threads"]
    assert sorted(one["prospect"]["username"] for one in found) == names


async def test_a_contact_of_two_platforms_is_one_for_both(v2: Team) -> None:
    linkedin = v2.inbox.add_account("acme-in", platform="linkedin")
    v2.inbox.add_person("sarah-chen", platform="linkedin", also=v2.sarah)
    found = (await v2.ask("GET /contacts", platform="linkedin", username="sarah-chen"))["data"]
    assert [[one["platform"] for one in contact["profiles"]] for contact in found] == [["twitter", "linkedin"]]
    sent = await v2.ask("POST /messages", target(v2, accountLinkId=linkedin))
    assert (sent["thread"]["platform"], sent["thread"]["contactId"]) == ("linkedin", v2.sarah.contact_id)


async def test_a_tag_that_goes_is_gone_from_everybody(v2: Team) -> None:
    v2.sarah.tag_ids, v2.sarah.status_id = [v2.tag], v2.won
    for label in (v2.tag, v2.won):
        await v2.inbox.app_deletes_label(label)
    found = await v2.ask(f"GET /contacts/{v2.sarah.contact_id}", expand=["tags", "status"])
    assert (found["tagIds"], found["statusId"], "status" in found) == ([], None, False)
    assert v2.kinds[-2:] == ["tag.deleted", "status.deleted"]
