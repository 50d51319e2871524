"""The web server answers at once, on connections that are kept alive too."""

from __future__ import annotations

import socket

import pytest

from bot.run import listener
from bot.sandbox.slack.clock import PATIENCE


def test_an_answers_body_does_not_wait_for_the_callers_ack() -> None:
    """Where it is unset on what a caller is accepted with, the kernel holds an answer's body back for 40 ms."""
    with listener("127.0.0.1", 0) as taken, socket.create_connection(taken.getsockname(), timeout=PATIENCE):
        accepted, _ = taken.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_two_colons_are_every_address_of_both_kinds() -> None:
    with listener("::", 0) as taken:
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, taken.getsockname()[1]), timeout=PATIENCE).close()
