"""What is written in several places says the same in each: manifests, code, settings, README, and who imports whom."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from bot import metrics
from bot.__main__ import main
from bot.features import FEATURES
from bot.manifest import FOR_REPLIES, MESSAGES, PLACEHOLDER, as_json
from bot.manifest import OPTIONAL as WELCOME
from bot.manifest import SCOPES as NEEDED
from bot.queue.job import Job
from bot.settings import Settings
from bot.slack.payloads import MORE

ROOT = Path(__file__).resolve().parents[2]
BOT = sorted((ROOT / "bot").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MANIFESTS = ("http", "socket")
MADE_BY_TOOLS = {".git", ".venv", ".data", "__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


# --- manifests --------------------------------------------------------------------------------------------------------


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "manifests" / f"{name}.json").read_text())
    return found


@pytest.fixture(scope="module")
def registered() -> dict[str, set[str]]:
    """The names of what the features listen to, by kind of payload."""
    found = defaultdict(set)
    for kind, name in FEATURES.listeners:
        found[kind].add(name)
    return found


# Shortcuts of manifests before November 2026, which stand in workspaces until somebody pastes a new one.
FORMER = {"reopen_thread", "assign_to", "unassign", "why_here"}


@pytest.mark.parametrize("name", MANIFESTS)
def test_commands_shortcuts_and_events_are_those_that_the_code_listens_to(
    name: str, registered: dict[str, set[str]]
) -> None:
    features = manifest(name)["features"]
    assert {one["command"] for one in features["slash_commands"]} == registered["command"]
    assert {one["callback_id"] for one in features["shortcuts"]} == registered["message_action"] - FORMER
    events = set(manifest(name)["settings"]["event_subscriptions"]["bot_events"])
    assert {one.partition(".")[0] for one in events} == registered[
        "event_callback"
    ]  # `message.channels` arrives as `message`
    assert {one for one in events if "." in one} == set(MESSAGES)
    assert {one["type"] for one in features["shortcuts"]} == {"message"}


def test_the_pinned_commands_and_shortcuts_are_there(registered: dict[str, set[str]]) -> None:
    assert registered["command"] == {"/dm", "/inbox"}
    assert {one["callback_id"]: one["name"] for one in manifest("http")["features"]["shortcuts"]} == {
        "reply": "Reply in Inbox",
        "archive_thread": "Archive or reopen",
        "assign_to_me": "Take or give back",
        "this_message": "This message…",
        "send_as_dm": "Send as DM",
        "find_in_inbox": "Find in Inbox",
    }
    assert registered["message_action"] >= FORMER


# What each method of the Web API needs: https://docs.slack.dev/reference/methods. `users.info` shows the address,
# which people are matched by, only with `users:read.email`.
SCOPES: dict[str, set[str]] = {
    "auth_test": set(),
    "chat_delete": {"chat:write"},
    "chat_getPermalink": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_members": {"channels:read", "groups:read"},
    "users_info": {"users:read", "users:read.email"},
    "users_list": {"users:read"},
    "users_lookupByEmail": {"users:read.email"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
# What is left out without these is said in the README: whoever installs the app may refuse them.
HISTORY = {"channels:history", "groups:history"}
OPTIONAL = {
    "conversations_history": HISTORY,
    "conversations_replies": HISTORY,
    "reactions_add": {"reactions:write"},
    "reactions_remove": {"reactions:write"},
    "usergroups_list": {"usergroups:read"},
    "usergroups_users_list": {"usergroups:read"},
}
METHOD = re.compile(r"(auth|bots|chat|conversations|files|pins|reactions|team|users|usergroups|views)_[a-z]\w*")


@cache
def methods_called() -> dict[str, set[str]]:
    """Web API methods that the bot calls as `….client.method(…)`, by file."""
    found = defaultdict(set)
    for path in BOT:
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and METHOD.fullmatch(node.func.attr):
                owner = node.func.value
                if isinstance(owner, ast.Attribute) and owner.attr == "client":
                    found[path.relative_to(ROOT).as_posix()].add(node.func.attr)
    return found


def test_two_modules_alone_call_slack() -> None:
    assert methods_called().keys() == {"bot/slack/client.py", "bot/slack/workspace.py"}


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_scopes_are_those_that_the_calls_need_and_no_more(name: str) -> None:
    called = set().union(*methods_called().values())
    methods = called - OPTIONAL.keys()
    assert methods <= SCOPES.keys(), "say in SCOPES what these need"
    needed = {"commands"}.union(*(SCOPES[method] for method in methods))
    scopes = manifest(name)["oauth_config"]["scopes"]
    optional = set().union(*(OPTIONAL[method] for method in called & OPTIONAL.keys()))
    assert set(scopes["bot_optional"]) == optional
    assert sorted(scopes["bot"]) == sorted(needed | optional)
    assert scopes.keys() == {"bot", "bot_optional"}


@pytest.mark.parametrize(("name", "url"), [("http", PLACEHOLDER), ("socket", None)])
def test_the_files_are_what_the_command_prints(name: str, url: str | None) -> None:
    assert (ROOT / "manifests" / f"{name}.json").read_text() == as_json(url)


def test_the_doctor_wants_the_scopes_that_the_manifests_ask_for() -> None:
    scopes = manifest("http")["oauth_config"]["scopes"]
    assert [*NEEDED, *WELCOME] == scopes["bot"]
    assert list(WELCOME) == scopes["bot_optional"]
    assert set(WELCOME) >= FOR_REPLIES


def test_slacks_own_cli_gets_the_manifest() -> None:
    told = json.loads((ROOT / ".slack/hooks.json").read_text())
    hooks = told["hooks"]
    printed = subprocess.run(hooks["get-manifest"].split(), cwd=ROOT, capture_output=True, check=True)
    assert json.loads(printed.stdout) == manifest("socket")
    assert hooks["start"].split()[0] == hooks["get-manifest"].split()[0]
    for watched in told["config"]["watch"].values():  # the CLI matches names without their directories
        found = [path for one in watched["paths"] for path in (ROOT / one, *(ROOT / one).rglob("*")) if path.is_file()]
        assert [path for path in found if re.search(watched.get("filter-regex", ""), path.name)]


def test_slacks_own_cli_starts_the_bot_with_its_tokens(tmp_path: Path) -> None:
    (tmp_path / "python3").write_text('#!/bin/sh\necho "$SLACK_BOT_TOKEN $SLACK_APP_TOKEN $*"\n')
    (tmp_path / "python3").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLACK_CLI_XOXB": "xoxb-cli", "SLACK_CLI_XAPP": "xapp-cli"}
    start = (ROOT / ".slack/run", "serve")
    printed = subprocess.run(start, cwd=tmp_path, env=env, capture_output=True, check=True, text=True)
    assert printed.stdout == "xoxb-cli xapp-cli -m bot serve\n"


def without_addresses(found: dict[str, Any]) -> Any:
    """A manifest without what differs between HTTP and Socket Mode."""

    def strip(part: Any) -> Any:
        if isinstance(part, dict):
            skipped = ("url", "request_url", "message_menu_options_url", "socket_mode_enabled")
            return {key: strip(value) for key, value in part.items() if key not in skipped}
        return [strip(one) for one in part] if isinstance(part, list) else part

    return strip(found)


def test_the_manifests_differ_in_addresses_and_socket_mode_alone() -> None:
    assert without_addresses(manifest("http")) == without_addresses(manifest("socket"))
    assert [manifest(name)["settings"]["socket_mode_enabled"] for name in MANIFESTS] == [False, True]


def test_every_address_is_the_route_that_the_bot_serves() -> None:
    addresses = re.findall(r"\"(?:\w+_)?url\": \"(.*)\"", (ROOT / "manifests/http.json").read_text())
    assert addresses == ["https://YOUR-HOST/slack/events"] * 5
    assert "YOUR-HOST" not in (ROOT / "manifests/socket.json").read_text()
    assert '"/slack/events"' in (ROOT / "bot/web.py").read_text()


def test_what_is_typed_after_dm_reaches_the_bot_unescaped_and_people_in_inbox_do_not() -> None:
    escaped = {one["command"]: one["should_escape"] for one in manifest("http")["features"]["slash_commands"]}
    assert escaped == {"/dm": False, "/inbox": True}


# --- settings ---------------------------------------------------------------------------------------------------------


def test_the_example_names_every_setting_and_explains_each_in_a_line() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    keys = {number: found[1] for number, line in enumerate(lines) if (found := re.match(r"#? ?([A-Z][A-Z_]+)=", line))}
    assert sorted(keys.values()) == sorted(name.upper() for name in Settings.model_fields)
    for number in keys:
        assert lines[number - 1].startswith("# "), f"no explanation before {lines[number]}"
        assert number - 1 not in keys


def test_the_defaults_in_the_example_are_those_of_the_code() -> None:
    shown = dict(re.findall(r"^# ([A-Z][A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    for name, field in Settings.model_fields.items():
        if not field.is_required() and name.upper() in shown:
            assert shown[name.upper()] == ("" if field.default in (None, ()) else str(field.default))


# --- README -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text()


def test_the_readme_is_short(readme: str) -> None:
    assert len(readme.splitlines()) < 150


def commands(readme: str) -> list[str]:
    return [block.strip() for block in re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)]


def test_the_readmes_first_command_is_the_tour_and_its_second_is_what_ci_runs(readme: str) -> None:
    first, second = commands(readme)[:2]
    assert first.endswith("python -m bot sandbox --tour")
    for tool in ("ruff check", "ruff format --check", "mypy", "pytest"):
        assert tool in second
    assert not any("\n" in one for one in (first, second))
    (pattern,) = re.findall(r"grep -m 1 -F -- '([^']+)' README\.md", (ROOT / ".ci/run").read_text())
    assert next(line for line in readme.splitlines() if pattern in line) == second
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_the_files_that_the_commands_name_exist(readme: str) -> None:
    words = shlex.split(" ".join(commands(readme)[:2]))
    named = [words[number + 1] for number, word in enumerate(words) if word == "-r"]
    assert len(named) == 2
    for name in named:
        assert "--hash=sha256:" in (ROOT / name).read_text()


def test_the_readme_explains_every_scope_and_names_every_setting(readme: str) -> None:
    for scope in manifest("http")["oauth_config"]["scopes"]["bot"]:
        assert f"| `{scope}` |" in readme
    for name in Settings.model_fields:
        assert f"`{name.upper()}`" in readme


def test_every_link_and_path_in_the_documents_leads_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    assert {path.name for path in documents} >= {
        "install.md", "using.md", "operating.md", "architecture.md", "contributing.md",
    }  # fmt: skip
    for path in documents:
        text = path.read_text()
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (path.parent / link).exists(), f"{path.name}: {link}"
        for named in re.findall(r"`((?:deploy|docs|manifests|\.ci|\.slack|bot)/[\w./-]*)`", text):
            assert (ROOT / named).exists(), f"{path.name}: {named}"


REMEDIES = ("bot/doctor/checkup.py", "bot/doctor/inbox.py", "bot/doctor/storage.py")
DOCUMENTS = ("README.md", "CHANGELOG.md", ".env.example", "docs", "deploy", ".ci", *REMEDIES)


def test_every_command_in_the_documents_is_one_that_there_is() -> None:
    found = set()
    for name in DOCUMENTS:
        place = ROOT / name
        for path in [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]:
            if path.suffix == ".png":
                continue
            found |= set(re.findall(r"(?:-m bot|`bot|bin/bot) ([a-z][a-z-]*)", path.read_text()))
    assert {"serve", "worker", "doctor", "retry", "audit", "manifest", "sandbox"} <= found
    for command in found:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0, command


def test_no_table_in_the_documents_is_torn() -> None:
    """Rows below an empty line are no rows any more."""
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        begins = re.findall(r"(?<!\|)\n+\|.*\n(.*)", path.read_text())
        assert all(line.startswith("|---") for line in begins), path


def test_the_processes_are_those_of_the_command_line() -> None:
    processes = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert processes == {"web": "python -m bot serve --no-worker", "worker": "python -m bot worker"}


# --- deploying --------------------------------------------------------------------------------------------------------


def test_dashboard_and_alerts_ask_for_figures_that_there_are_and_leave_none_out() -> None:
    there = {one._name for one in vars(metrics).values() if isinstance(one, (Counter, Gauge, Histogram))}
    asked = re.compile(r"\bbot_\w+?(?=(?:_bucket|_total|_created)?[\[{() ]|(?:_bucket|_total|_created)?\\?\")")
    found = {name: set(asked.findall((ROOT / "deploy" / name).read_text())) for name in ("grafana.json", "alerts.yaml")}
    assert found["alerts.yaml"] <= there
    assert found["grafana.json"] == there
    assert json.loads((ROOT / "deploy/grafana.json").read_text())["panels"]
    assert yaml.safe_load((ROOT / "deploy/alerts.yaml").read_text())["groups"]


def test_what_is_deployed_starts_commands_that_there_are_and_asks_routes_that_there_are() -> None:
    texts = {path.name: path.read_text() for path in (ROOT / "deploy").rglob("*") if path.is_file()}
    assert {"compose.yaml", "Containerfile", "kubernetes.yaml", "inbox-bridge-web.service"} <= texts.keys()
    assert yaml.safe_load(texts["compose.yaml"])["services"]["web"]["command"] == ["serve", "--no-worker"]
    pods = [one for one in yaml.safe_load_all(texts["kubernetes.yaml"]) if one["kind"] == "Deployment"]
    containers = [pod["spec"]["template"]["spec"]["containers"][0] for pod in pods]
    assert [one["args"] for one in containers] == [["serve", "--no-worker"], ["worker"]]
    registry = re.compile(r"(image:|FROM) [\w-]+\.[\w.-]+/")
    assert not [name for name, text in texts.items() if registry.search(text)]
    web = (ROOT / "bot/web.py").read_text()
    for one in containers:
        assert f'"{one["livenessProbe"]["httpGet"]["path"]}"' in web
    for role, words in (("web", "serve --no-worker"), ("worker", "worker")):
        unit = texts[f"inbox-bridge-{role}.service"]
        assert f"/bin/bot {words}\n" in unit
        assert "\nUser=inbox-bridge\n" in unit  # a dynamic user of each unit's own could not share the state directory
        assert "\nKillMode=mixed\n" in unit  # or a Valkey beside the bot would be told to end before it has drained
    names = {
        name for text in texts.values() for name in re.findall(r"\b(?:REDIS|METRICS|SLACK|INBOX|BOT|LOG)_[A-Z_]+", text)
    }
    assert names <= {name.upper() for name in Settings.model_fields}


# --- who imports whom -------------------------------------------------------------------------------------------------


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in BOT}


@cache
def imports(path: Path) -> frozenset[str]:
    """Modules that a file imports, in full; `from bot import jobs` is `bot.jobs`."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            whole = {f"{node.module}.{one.name}" for one in node.names}
            found |= {one if one in MODULES else str(node.module) for one in whole}
    return frozenset(found)


def importers(of: str) -> set[str]:
    """Modules of the bot that import `of` or something in it."""
    return {module_of(path) for path in BOT if any(within(one, of) for one in imports(path))}


def within(module: str, *packages: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in packages)


def outside(modules: set[str], *packages: str) -> set[str]:
    return {one for one in modules if not within(one, *packages)}


def test_only_the_inbox_client_and_the_sandbox_import_httpx() -> None:
    assert importers("httpx") >= {"bot.inbox.transport"}
    assert outside(importers("httpx"), "bot.inbox", "bot.sandbox") == set()


def test_only_stores_import_redis_and_know_the_names_of_keys() -> None:
    assert importers("redis") >= {"bot.queue.lanes"}
    for package in ("redis", "bot.store.keys"):
        found = outside(importers(package), "bot.store", "bot.queue", "bot.people", "bot.app", "bot.start")
        assert {one for one in found if not one.endswith("store")} == set()


def test_only_slack_and_the_web_import_slacks_libraries() -> None:
    for package in ("slack_bolt", "slack_sdk"):
        assert outside(importers(package), "bot.slack", "bot.web", "bot.app", "bot.sandbox") == set()


def test_views_are_made_of_models_and_blocks_alone() -> None:
    allowed = (
        "bot.address",
        "bot.card",
        "bot.facts",
        "bot.models",
        "bot.errors",
        "bot.text",
        "bot.words",
        "bot.slack.blocks",
        "bot.slack.files",
        "bot.slack.inputs",
        "bot.stats.figures",
    )
    for path in BOT:
        if path.name.endswith("views.py") and "sandbox" not in path.parts:
            used = outside(set(imports(path)), *allowed, *sys.stdlib_module_names)
            assert {one for one in used if not one.endswith(("views", ".words", ".chart"))} == set(), path


def test_the_bot_knows_nothing_of_its_sandbox() -> None:
    assert outside(importers("bot.sandbox"), "bot.sandbox") == {"bot.__main__"}


# Which feature may use which. What a feature keeps and has done (SHARED) belongs to all features.
MAY_USE = {
    "admin": "channels routing targets thread_replies waits",
    "assign": "cards",
    "bulk": "cards contact lists routing snooze threads",
    "cards": "waits",
    "channels": "later reminders stats targets waits",
    "contact": "",
    "dm": "later send snippets",
    "doctor": "cards",
    "earlier": "cards",
    "events": "cards routing rules snooze stats",
    "later": "cards send snippets snooze",
    "lists": "admin cards channels later waits",
    "messages": "cards send thread_replies",
    "reminders": "",
    "reply": "cards later send snippets snooze",
    "routing": "",
    "rules": "cards contact routing snooze waits",
    "send": "stats",
    "snippets": "",
    "snooze": "cards lists waits",
    "stats": "reminders",
    "targets": "reminders routing",
    "thread_replies": "cards later send",
    "threads": "cards snooze",
    "triage": "bulk cards lists reply snippets snooze",
    "upkeep": "",
    "waits": "",
}
SHARED = ("store", ".jobs", ".figures")
# From the inside out: a module imports from its own ring or from those within. Whatever is not named, such as
# `bot.models` and `bot.words`, is in the innermost.
RINGS = (
    "queue store slack inbox",
    "people context feature accept",
    " ".join(MAY_USE),
    "commands features start app web run operate",
    "sandbox __main__",
)


def ring(module: str) -> int:
    """The number of the ring that names the module most exactly."""
    name = module.removeprefix("bot.")
    if feature_of(module) and name.endswith(SHARED):
        return 2
    named = [(len(one), number) for number, some in enumerate(RINGS, 1) for one in some.split() if within(name, one)]
    return max(named, default=(0, 0))[1]


def feature_of(module: str) -> str | None:
    return next((one for one in MAY_USE if within(module, f"bot.{one}")), None)


def test_imports_point_inwards() -> None:
    pairs = ((module_of(path), one) for path in BOT for one in imports(path) & MODULES)
    assert [f"{mine} imports {other}" for mine, other in pairs if ring(other) > ring(mine)] == []


def test_a_feature_uses_only_the_features_that_it_may() -> None:
    allowed = {name: set(some.split()) for name, some in MAY_USE.items()}
    found = {name: set[str]() for name in MAY_USE}
    for path in BOT:
        mine = feature_of(module_of(path))
        if mine and not module_of(path).endswith(SHARED):
            found[mine] |= {feature_of(one) or mine for one in imports(path) & MODULES if not one.endswith(SHARED)}
    assert {name: used - {name} for name, used in found.items()} == allowed


def test_packages_hold_nothing_but_their_modules() -> None:
    """What a package exports again makes cycles."""
    assert [path for path in BOT if path.name == "__init__.py" and path.read_text()] == []


def test_inbox_and_store_do_not_know_each_other() -> None:
    assert [one for one in importers("bot.inbox") if within(one, "bot.store")] == []
    assert [one for one in importers("bot.store") if within(one, "bot.inbox")] == []


# --- what a feature adds ----------------------------------------------------------------------------------------------


def test_every_job_is_worked_by_a_handler() -> None:
    kinds = {kind for kind in every_kind(Job) if kind.__struct_config__.tag != kind.__name__}
    assert kinds == FEATURES.handlers.keys()


def every_kind(of: type[Job]) -> Iterator[type[Job]]:
    for one in of.__subclasses__():
        yield one
        yield from every_kind(one)


def test_every_word_of_inbox_has_its_line_in_the_help() -> None:
    assert [name for name, word in FEATURES.words.items() if not word.help] == []


def test_every_button_and_every_form_has_a_listener_and_every_listener_something_to_hear(
    registered: dict[str, set[str]],
) -> None:
    views = [parsed(path) for path in BOT if path.name.endswith("views.py") or path.name == "blocks.py"]
    controls = {name for tree in views for made in ast.walk(tree) for name in action_ids(made)} - {MORE}
    options = {name for tree in views for made in calls_of("more", tree) for name in texts(made.args[1:2])}
    forms = {one.value for tree in views for one in keywords(tree, "callback_id")}
    assert controls == registered["block_actions"]
    assert options == registered[MORE]
    assert forms == registered["view_submission"]


def calls_of(name: str, tree: ast.AST) -> Iterator[ast.Call]:
    found = (one for one in ast.walk(tree) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name))
    return (one for one in found if isinstance(one.func, ast.Name) and one.func.id == name)


def action_ids(made: ast.AST) -> Iterator[str]:
    """The ids in `button(words, id)`, in the pairs of a function with `button(*pair)`, and in `"action_id": id`."""
    if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "button":
        yield from texts(made.args[1:2])
    if isinstance(made, ast.FunctionDef) and "button(*" in ast.unparse(made):
        yield from (name for one in ast.walk(made) if isinstance(one, ast.Tuple) for name in texts(one.elts[1:2]))
    if isinstance(made, ast.Dict):
        named = [value for key, value in zip(made.keys, made.values, strict=True) if texts([key]) == ["action_id"]]
        yield from texts(named)


def texts(nodes: Sequence[ast.AST | None]) -> list[str]:
    return [one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def keywords(tree: ast.AST, name: str) -> Iterator[Any]:
    return (one.value for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == name)


# --- everywhere -------------------------------------------------------------------------------------------------------


def files() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        if path.is_file() and not MADE_BY_TOOLS & set(path.relative_to(ROOT).parts):
            yield path


def test_nothing_points_at_a_directory_beside_the_repository() -> None:
    beside = re.compile(rb"(\.\.|/work)/" + b"shared")
    found = list(files())
    assert ROOT / "README.md" in found
    assert [path for path in found if beside.search(path.read_bytes())] == []


def test_nothing_is_mocked() -> None:
    named = [path for path in BOT + TESTS if "mock" in path.read_text()]
    assert [path for path in named if any(within(one, "unittest", "mock") for one in imports(path))] == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error\\(")))
    assert [path for path in BOT + TESTS if marks.search(path.read_text())] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in BOT if path.read_text() and not ast.get_docstring(parsed(path))]
    assert silent == []


def test_no_log_line_has_a_field_called_event() -> None:
    """structlog's own name for the first argument: passing it again raises where one only wanted to log."""
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                logs = isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
                assert not (logs and any(word.arg == "event" for word in node.keywords)), f"{path}:{node.lineno}"
