"""What is in `deploy/` passes the validators of those who read it; a validator that is not installed is skipped."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router

from bot.sandbox.serve import serving

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
OK = 5.0  # below it, systemd-analyze calls an exposure OK
VALIDATORS = {
    "compose.yaml": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec"],
    "kubernetes.yaml": ["kubernetes-validate", "--strict"],
    "alerts.yaml": ["promtool", "check", "rules"],
    "Containerfile": ["hadolint"],
}


def validated(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`.ci/run` installs the tools; elsewhere whoever has them is served."""
    found = shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", VALIDATORS)
def test_what_is_deployed_is_valid(name: str) -> None:
    tool, *arguments = VALIDATORS[name]
    ended = validated(tool, *arguments, str(DEPLOY / name))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_alerts_see_what_is_counted_first_and_what_is_counted_no_more() -> None:
    played = (str(Path(__file__).with_name(one)) for one in ("alerts.yaml", "alerts_in_days.yaml"))
    ended = validated("promtool", "test", "rules", *played)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("role", ["web", "worker"])
def test_the_units_are_hardened(role: str) -> None:
    unit = DEPLOY / f"systemd/inbox-bridge-{role}.service"
    ended = validated("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", ended.stdout)
    assert exposure, ended.stdout + ended.stderr
    assert float(exposure[1]) < OK, ended.stdout


def kubernetes(kind: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()) if one["kind"] == kind]


def test_every_deployment_has_two_pods_a_budget_and_no_rights() -> None:
    budgets = [one["spec"]["selector"]["matchLabels"] for one in kubernetes("PodDisruptionBudget")]
    for one in kubernetes("Deployment"):
        pod = one["spec"]["template"]
        assert one["spec"]["replicas"] == 2
        assert pod["metadata"]["labels"] in budgets
        assert pod["spec"]["enableServiceLinks"] is False
        assert pod["spec"]["automountServiceAccountToken"] is False
        (container,) = pod["spec"]["containers"]
        assert container["resources"].keys() == {"requests", "limits"}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_no_pod_starts_without_the_redis_that_all_share() -> None:
    for one in kubernetes("Deployment"):
        (container,) = one["spec"]["template"]["spec"]["containers"]
        (redis,) = [variable for variable in container["env"] if variable["name"] == "REDIS_URL"]
        secret = {"name": container["envFrom"][0]["secretRef"]["name"], "key": "REDIS_URL"}
        assert redis["valueFrom"] == {"secretKeyRef": secret}  # none that is `optional`


def test_the_composed_processes_share_one_image() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    web, worker = services["web"], services["worker"]
    assert web["image"] == worker["image"]
    assert ("build" in web, "build" in worker) == (True, False)


def test_all_that_the_image_copies_is_let_into_it() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    let_in = set(re.findall(r"^!(.+)$", (DEPLOY.parent / ".dockerignore").read_text(), re.MULTILINE))
    assert {name for line in copied for name in line.split()} == let_in


@pytest.mark.parametrize(("path", "code"), [("/healthz", 0), ("/elsewhere", 1)])
async def test_the_container_is_healthy_while_a_bot_answers(path: str, code: int) -> None:
    async with serving(Router([Route(path, lambda _: PlainTextResponse("ok"))])) as url:
        env = {"PORT": "1", "METRICS_PORT": url.rpartition(":")[2], "HTTP_PROXY": "http://127.0.0.1:9"}
        codes = set[int]()
        for _ in range(3):  # as often as whoever runs it asks before it counts as ill
            asked = await asyncio.create_subprocess_exec(sys.executable, DEPLOY / "healthcheck.py", env=env)
            codes.add(await asked.wait())
        assert min(codes) == code
