"""Whether the bot in this container runs: `serve` answers on PORT, `worker` on METRICS_PORT. Goes through no proxy."""

import os
import sys
from http.client import HTTPConnection, HTTPException


def runs(port: str) -> bool:
    """Whether a bot answers there."""
    try:
        asked = HTTPConnection("127.0.0.1", int(port), timeout=2)
        asked.request("GET", "/healthz")
        return asked.getresponse().status == 200
    except (OSError, HTTPException, ValueError):
        return False


if __name__ == "__main__":
    ports = os.environ.get("PORT") or "3000", os.environ.get("METRICS_PORT") or "9000"
    sys.exit(not any(map(runs, ports)))
