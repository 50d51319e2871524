"""The sandbox in the browser: Slack on the left, Inbox on the right, and every request between them and the bot."""
