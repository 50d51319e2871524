"""A Slack and an Inbox on loopback: the same two that the tests use."""
