"""Whatever the bot asks of Inbox, and whatever the local Inbox answers, is in the one table of each API version.

The tables are `v1.py` and `v2.py` in `bot/sandbox/inbox/contract/`. Each of their operations is used here, with every
status of success.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, cast

import pytest

from bot.address import Address
from bot.errors import Rejected
from bot.facts import ContactChange
from bot.inbox.client import Inbox, open_inbox
from bot.inbox.search import Narrow, Search
from bot.inbox.transport import KEEP, http_client
from bot.network import DIRECT
from bot.recipient import Recipient
from bot.sandbox.inbox import v1, v2
from bot.sandbox.inbox.contract import answers, requests
from bot.sandbox.inbox.contract.notation import Contract
from bot.sandbox.inbox.records import utc_now
from tests.agreement.team import Json, Team, opened

HANDLERS = {"v1": v1.HANDLERS, "v2": v2.HANDLERS}


def declared(contract: Contract) -> set[tuple[str, int]]:
    """Every operation with every status of success."""
    return {(name, int(one.split(":")[0])) for name, row in contract.rows.items() for one in row.answers.split()}


# --- every operation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_local_inbox_serves_what_the_contract_names_and_nothing_else(version: str) -> None:
    contract = requests.CONTRACTS[version]
    assert HANDLERS[version].keys() == contract.rows.keys()
    assert contract.one_of.keys() <= contract.rows.keys()
    for row in contract.rows.values():
        assert {*contract.everywhere.split(), *row.errors.split()} <= contract.errors.keys()


async def test_every_operation_of_v2_answers_as_the_contract_says(v2: Team) -> None:
    await team_reads_v2(v2)
    await threads_v2(v2)
    await contacts_v2(v2)
    await labels_v2(v2, "/tags")
    await labels_v2(v2, "/statuses")
    await messages_v2(v2)
    await v2.ask("GET /events", limit=1000)
    await v2.ask(f"DELETE /threads/{v2.thread}")
    assert v2.tried == declared(requests.CONTRACTS["v2"])
    assert v2.inbox.violations == []


async def team_reads_v2(team: Team) -> None:
    (platform,) = await team.ask("GET /platforms")
    assert platform["threadState"] == {"archive": None, "read": None}
    await team.ask("GET /team")
    await team.ask("GET /members", limit=1)
    await team.ask(f"GET /members/{team.ana}")
    await team.ask("GET /account-links", platform="twitter", status=["active", "paused"])
    await team.ask(f"GET /account-links/{team.account}")
    await team.ask("GET /colors")


async def threads_v2(team: Team) -> None:
    everything: Json = {"expand": ["profile", "contact", "accountLink", "assignee"]}
    (thread,) = (await team.ask("GET /threads", **everything))["data"]
    assert thread["profile"]["handle"] == "@sarah"
    assert "assignee" not in thread  # nobody has it: what is expanded but absent is missing
    await team.ask(f"PATCH /threads/{team.thread}", {"assigneeId": team.ana, "unread": True})
    assert (await team.ask(f"GET /threads/{team.thread}", **everything))["assignee"]["name"] == "Ana"
    assert (await team.ask(f"POST /threads/{team.thread}/typing"))["status"] == "sent"
    assert (await team.ask(f"GET /threads/{team.thread}/messages", order="asc"))["nextCursor"] is None


async def contacts_v2(team: Team) -> None:
    contact = team.sarah.contact_id
    everything: Json = {"expand": ["status", "tags", "assignee"]}
    (found,) = (await team.ask("GET /contacts", platform="twitter", username=["SARAH", "omar"], **everything))["data"]
    assert (found["id"], found["tags"], {"status", "assignee"} & found.keys()) == (contact, [], set())
    change = {"status": "wön", "notes": "Likes tea", "valuation": 2500, "assigneeId": team.ana}
    assert (await team.ask(f"PATCH /contacts/{contact}", change))["statusId"] == team.won
    for _ in range(2):
        assert await team.ask(f"PUT /contacts/{contact}/tags/vip") is None
    found = await team.ask(f"GET /contacts/{contact}", **everything)
    assert ([tag["name"] for tag in found["tags"]], found["status"]["name"]) == (["VIP"], "Won")
    assert (found["notes"], found["valuation"], found["assignee"]["name"]) == ("Likes tea", 2500, "Ana")
    for _ in range(2):
        assert await team.ask(f"DELETE /contacts/{contact}/tags/{team.tag}") is None
    changed = [kind for kind in team.kinds if kind.startswith("contact.")]
    assert sorted(changed) == sorted(
        ["contact.statusChanged", "contact.notesChanged", "contact.valuationChanged", "contact.assigneeChanged"]
        + ["contact.tagsChanged"] * 2  # what changes nothing is no event
    )


async def labels_v2(team: Team, path: str) -> None:
    made = await team.ask(f"POST {path}", {"name": "Große Fische / A", "color": "red"})
    assert (await team.ask(f"GET {path}/grosse%20fische%20%2F%20a"))["id"] == made["id"]
    assert (await team.ask(f"PATCH {path}/{made['id']}", {"color": "22C55E"}))["color"] == "#22c55e"
    assert (await team.ask(f"GET {path}"))["data"][-1]["name"] == "Große Fische / A"
    assert await team.ask(f"DELETE {path}/{made['id']}") is None
    assert made["id"] not in [one["id"] for one in (await team.ask(f"GET {path}"))["data"]]


async def messages_v2(team: Team) -> None:
    (asked,) = (await team.ask(f"GET /threads/{team.thread}/messages"))["data"]
    poster = asked["attachments"][1]["poster"]
    assert poster == {"url": "https://media.example/2.jpg", "expiresAt": None, "width": None, "height": None}
    picture, coming, link = [await team.ask(f"GET /messages/{asked['id']}/attachments/{index}") for index in range(3)]
    assert picture["expiresAt"] > asked["createdAt"]
    assert (coming["status"], coming["url"], link["kind"]) == ("pending", None, "card")
    await team.inbox.reacts(asked["id"], "🔥")
    body = {"target": {"type": "thread", "threadId": team.thread}, "content": "Yes", "replyToMessageId": asked["id"]}
    sent = await team.ask("POST /messages", body, key="once")
    assert await team.ask("POST /messages", body, key="once") == sent
    path = f"/messages/{sent['message']['id']}"
    await team.ask(f"PATCH {path}", {"content": "Yes!"})
    await team.ask(f"POST {path}/reactions", {"emoji": "👍🏽"})
    expand = ["sentBy", "reactions.author", "replyTo.message", "thread"]
    shown = await team.ask(f"GET {path}", expand=expand)
    assert (shown["replyTo"]["message"]["id"], shown["sentBy"]["token"]["name"]) == (asked["id"], "Slack")
    author = (await team.ask(f"GET /messages/{asked['id']}", expand=["reactions.author"]))["reactions"][0]["author"]
    assert (author["contactId"], author["profile"]["username"]) == (team.sarah.contact_id, "sarah")
    assert (await team.ask(f"DELETE {path}/reactions", emoji="👍🏽"))["reactions"] == []
    await team.ask(f"DELETE {path}", scope="all")
    history = await team.ask(f"GET {path}/history")
    assert [one["content"] for one in history["versions"]] == ["Yes", "Yes!"]
    assert history["deletion"]["scope"] == "all"


async def test_every_operation_of_v1_answers_as_the_contract_says(v1: Team) -> None:
    await team_reads_v1(v1)
    await threads_v1(v1)
    await prospects_v1(v1)
    await labels_v1(v1, "/tags")
    await labels_v1(v1, "/statuses")
    await messages_v1(v1)
    await v1.ask("GET /events", limit=1000)
    assert await v1.ask(f"DELETE /threads/{v1.thread}") is None
    assert v1.tried == declared(requests.CONTRACTS["v1"])
    assert v1.inbox.violations == []


async def team_reads_v1(team: Team) -> None:
    for path in ("/team", "/members", f"/members/{team.ana}", "/account-links", "/colors"):
        await team.ask(f"GET {path}")


async def threads_v1(team: Team) -> None:
    whom = {"accountLinkId": team.account, "externalPlatformId": team.sarah.platform_id}
    assert (await team.ask("POST /threads", whom))["id"] == team.thread
    assert (await team.ask("GET /threads/lookup", **whom))["id"] == team.thread
    assert await team.ask("GET /threads/lookup", **whom | {"externalPlatformId": "1"}) is None
    await team.ask("GET /threads/lookup-by-username", **{"username": "sarah", "accountLinkIds[0]": team.account})
    await team.ask("GET /threads", inbox="no-reply", limit=1)
    await team.ask(f"PATCH /threads/{team.thread}", {"assigneeId": team.ana})
    assert (await team.ask(f"GET /threads/{team.thread}"))["assigneeId"] == team.ana
    assert (await team.ask(f"POST /threads/{team.thread}/typing", {}))["reason"] == "unsupported"
    settings = await team.ask(f"PATCH /threads/{team.thread}/settings", {"typingIndicatorsEnabled": False})
    assert settings["typingIndicatorsEnabled"] is False


async def prospects_v1(team: Team) -> None:
    path = f"/prospects/{team.sarah.profile_id}"
    assert (await team.ask("GET /prospects/lookup", platformId=team.sarah.platform_id))["username"] == "sarah"
    assert await team.ask("GET /prospects/lookup", platformId="1") is None
    change: Json = {"addTags": [team.tag], "statusId": team.won, "notes": "Likes tea", "valuation": 1.5}
    context = (await team.ask(f"PATCH {path}/context", change | {"assigneeId": team.ana}))["context"]
    assert context == {"tags": [team.tag], "statusId": team.won, "notes": "Likes tea", "valuation": 1.5}
    await team.ask(f"PATCH {path}/context", {"removeTags": [team.tag], "notes": None, "done": True})
    found = (await team.ask(f"GET {path}"))["context"]
    assert (found["tags"], found["notes"], found["threads"][0]["id"]) == ([], None, team.thread)
    changed = [logged.type("1.0") for logged in team.inbox.events if logged.type("1.0").startswith("prospect.")]
    assert sorted(changed) == sorted(
        ["prospect.statusChanged", "prospect.valuationChanged", "prospect.assigneeChanged"]
        + ["prospect.tagsChanged", "prospect.notesChanged"] * 2
    )


async def labels_v1(team: Team, path: str) -> None:
    made = await team.ask(f"POST {path}", {"name": "Big fish", "color": "#EF4444"})
    assert (await team.ask(f"PATCH {path}/{made['id']}", {"name": "Whale"}))["color"] == "#ef4444"
    assert (await team.ask(f"GET {path}/{made['id']}"))["name"] == "Whale"
    assert (await team.ask(f"GET {path}"))[-1]["id"] == made["id"]
    assert await team.ask(f"DELETE {path}/{made['id']}", {}) is None
    await team.ask(f"GET {path}/colors")


async def messages_v1(team: Team) -> None:
    path = f"/threads/{team.thread}/messages"
    first = await team.ask(f"POST {path}", {"content": "Yes"})
    whom = {"accountLinkId": team.account, "externalId": team.sarah.profile_id}
    await team.ask("POST /threads/messages", whom | {"content": "Still there?"})
    page = await team.ask(f"GET {path}", limit=1)
    rest = await team.ask(f"GET {path}", **{f"cursor[{name}]": value for name, value in page["nextCursor"].items()})
    assert [one["content"] for one in page["messages"] + rest["messages"]][:2] == ["Still there?", "Yes"]
    one = f"{path}/{first['id']}"
    await team.ask(f"PATCH {one}", {"content": "Yes!"})
    await team.ask(f"POST {one}/reactions/reactions", {"emoji": "👍"})
    await team.ask(f"DELETE {one}/reactions/reactions", {"emoji": "👍"})
    await team.ask(f"DELETE {one}", {"deleteForAll": False})
    history = await team.ask(f"GET {one}/history")
    assert [version["editOrigin"] for version in history["versions"]] == [None, "api"]
    assert history["deletion"]["deletionType"] == "self"


# --- faults, events, and the table itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_every_error_that_is_asked_for_is_one_that_the_vendor_gives(version: str) -> None:
    async with opened(version) as team:
        for code, said in requests.CONTRACTS[version].errors.items():
            team.inbox.fail("GET *", code=code, retry_after=7 if code.lower().endswith("limited") else None)
            status, told, details = await team.refused("GET /team")
            assert (status, told) == (int(said.split()[0]), code)
            assert answers.check_failure(None, version, status, told, details) == []


async def test_every_event_that_the_team_makes_is_one_that_the_vendor_has(v2: Team) -> None:
    """The events are checked as they happen; here are those that the other tests do not make."""
    message = next(iter(v2.inbox.thread(v2.thread).messages)).id
    await v2.inbox.reacts(message, "🔥")
    await v2.ask(f"POST /messages/{message}/reactions", {"emoji": "🎉"})
    await v2.ask(f"DELETE /messages/{message}/reactions", emoji="🎉")
    await v2.inbox.edits(message, "Is it?")
    await v2.inbox.deletes(message, "self")
    await v2.inbox.app_assigns(v2.thread, v2.ana)
    await v2.inbox.app_assigns(v2.thread, None)
    await v2.inbox.campaign_writes(v2.thread, "New: tea")
    await v2.inbox.customer_writes(v2.thread, "Nice")
    await v2.inbox.app_notes(v2.sarah, "Likes tea")
    await v2.inbox.app_values(v2.sarah, 12.5)
    await v2.inbox.app_tags(v2.sarah, v2.tag)
    await v2.inbox.app_sets_status(v2.sarah, v2.won)
    await v2.inbox.app_assigns_contact(v2.sarah, v2.ana)
    for family in ("tags", "statuses"):
        made = await v2.ask(f"POST /{family}", {"name": "New"})
        await v2.ask(f"PATCH /{family}/{made['id']}", {"name": "Newer"})
        await v2.ask(f"DELETE /{family}/{made['id']}")
    await v2.inbox.app_deletes(v2.thread)
    never = {kind for kind in fields_of_events() if kind.startswith("campaign.")}
    assert set(v2.kinds) == fields_of_events() - never - {"thread.typing", "target.followUpSent"}


def fields_of_events() -> set[str]:
    shapes = requests.CONTRACTS["v2"].objects["Event"]
    assert not isinstance(shapes, str)
    return set(shapes["type"])


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda shown: shown.pop("archived"), "answer.archived is missing"),
        (lambda shown: shown.update(archived=None), "answer.archived is null"),
        (lambda shown: shown.update(done=True), "answer.done is not in the contract"),
        (lambda shown: shown.update(assignee=None), "answer.assignee was not asked for"),
        (lambda shown: shown.update(createdAt="yesterday"), "answer.createdAt is not date: 'yesterday'"),
        (lambda shown: shown.update(restrictions="none"), "answer.restrictions is no list"),
        (lambda shown: shown["lastMessage"].update(direction="in"), "direction is not inbound|outbound: 'in'"),
        (lambda shown: shown["profile"]["platformData"].pop("badge"), "answer.profile.platformData.badge is missing"),
    ],
)
async def test_an_answer_that_strays_from_the_contract_is_found(
    v2: Team, change: Callable[[Json], object], finding: str
) -> None:
    shown = await v2.ask(f"GET /threads/{v2.thread}", expand=["profile"])
    operation = requests.match("v2", "GET", f"/threads/{v2.thread}")
    assert operation is not None
    assert answers.check(operation, 200, shown, ["profile"]) == []
    change(shown)
    found = answers.check(operation, 200, shown, ["profile"])
    assert len(found) >= 1
    assert finding in found[0]


async def test_a_status_a_code_or_details_that_stray_are_found(v2: Team) -> None:
    operation = requests.match("v2", "GET", "/team")
    assert operation is not None
    assert answers.check(operation, 201, {}) == ["GET /team: status 201 is not declared"]
    found = answers.check_failure(operation, "v2", 400, "threadNotFound", {"id": "x"})
    assert [one.partition(": ")[2] for one in found] == [
        "status 400 is not that of threadNotFound",
        "threadNotFound is not declared",
        "threadNotFound has no details",
    ]
    assert answers.check_failure(None, "v2", 404, "nothingFound", None) == ["v2: there is no code nothingFound"]
    assert answers.check_failure(None, "v2", 409, "nameTaken", {}) == ["v2 409: nameTaken.name is missing"]


# --- the bot's own client ---------------------------------------------------------------------------------------------


class Watched:
    """The client, and which of its verbs were used."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox, self.used = inbox, set[str]()

    def __getattr__(self, verb: str) -> Any:
        self.used.add(verb)
        return getattr(self.inbox, verb)


async def use_everything(inbox: Inbox, team: Team) -> None:
    """Every verb of the client, each in the ways that make requests of their own."""
    started = utc_now() - timedelta(minutes=1)
    links = await inbox.account_links()
    for verb in (inbox.team, inbox.members, inbox.platforms):
        await verb()
    assert [one.name for one in await inbox.tags()] == ["VIP"]
    assert [one.name for one in await inbox.statuses()] == ["Won"]
    await inbox.thread(team.thread)
    for archived, assignee in ((True, KEEP), (False, team.ana), (None, None)):
        await inbox.update_thread(team.thread, archived=archived, assignee_id=assignee)
    noted = await inbox.contact(team.thread)
    whole = ContactChange(facts={"status": team.won, "valuation": 2500.0, "notes": "Tea", "assignee": team.ana})
    for change in (whole, ContactChange(add=(team.tag,)), ContactChange(remove=(team.tag,))):
        await inbox.change_contact(noted, change)
    for recipient in ("sarah", team.sarah.platform_id, "987654321"):
        await inbox.find(Recipient.of(recipient), links)
        await inbox.look_up(Recipient.of(recipient), links)
    kinds: tuple[Literal["mine", "unassigned", "requests", "words"], ...] = ("mine", "unassigned", "requests", "words")
    for kind in kinds:
        await inbox.search(Search(kind=kind, about=team.ana if kind == "mine" else "tea & <you>"))
    for narrow in (
        Narrow(accounts=(team.account,), tags=(team.tag,), statuses=(team.won,), assignees=(team.ana, "")),
        Narrow(assignees=("",), tags=("",), statuses=("",), platforms=("twitter",), requests=True),
    ):
        await inbox.search(Search(kind="open", narrow=narrow))
    (asked,) = await inbox.messages(team.thread)
    await inbox.message(asked.id, team.thread)
    person = {"platform": "twitter", "platform_id": team.sarah.platform_id, "profile_id": team.sarah.profile_id}
    for to in (
        Address(account_link_id=team.account, thread_id=team.thread, **person),
        Address(account_link_id=team.account, **person),
    ):
        sent = await inbox.send(to, "Yes", f"key of {to.thread_id}")
        assert await inbox.find_sent(to, "Yes", started, ()) is not None
    answer = Address(account_link_id=team.account, thread_id=team.thread, **person)
    assert (await inbox.send(answer, "To that", "key of an answer", asked.id)).thread_id == team.thread
    assert (await inbox.acquaintance(team.thread)).threads
    await inbox.react(asked.id, team.thread, "👍")
    await inbox.edit_message(sent.message.id, team.thread, "Yes!")
    await inbox.unsend(sent.message.id, team.thread)
    with pytest.raises(Rejected):
        await inbox.unsend(sent.message.id, team.thread)
    await inbox.recent_threads(started)
    page = await inbox.events(None)
    await inbox.events(page.last_seq, 10)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_every_request_of_the_bots_client_is_in_the_contract(version: Literal["v1", "v2"]) -> None:
    async with opened(version) as team, http_client("http://127.0.0.1", DIRECT) as http:
        watched = Watched(open_inbox(http, team.url, "ibt_sandbox", version))
        await use_everything(cast(Inbox, watched), team)
        assert team.inbox.violations == []
    verbs = {name for name, verb in inspect.getmembers(Inbox) if inspect.iscoroutinefunction(verb)}
    assert watched.used == verbs  # a new verb is to be used here


async def test_a_send_under_way_and_a_webhook_are_checked_too(v2: Team) -> None:
    v2.inbox.world.send_time = 0.1
    body = {"target": {"type": "thread", "threadId": v2.thread}, "content": "Hi"}
    both = [v2.http.post("/messages", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    statuses = sorted(one.status_code for one in await asyncio.gather(*both))
    assert statuses == [201, 409]
    assert answers.check_event("v2", json.loads(v2.inbox.event_body(v2.inbox.events[-1].id))) == []
