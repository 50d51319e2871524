"""What Slack calls: each listener checks, writes to Redis and answers; a worker does the rest."""

from bot.listeners.table import register

__all__ = ["register"]
