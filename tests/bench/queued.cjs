// Slack's own framework for node with BullMQ, doing what the bot does for a /dm: verify, enqueue durably, acknowledge.
const { App, LogLevel } = require('@slack/bolt');
const { Queue } = require('bullmq');

const queue = new Queue('sends', { connection: { path: process.env.PEERS_REDIS } });
const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  signingSecret: process.env.SLACK_SIGNING_SECRET,
  clientOptions: { slackApiUrl: process.env.SLACK_API_BASE_URL },
  logLevel: LogLevel.ERROR,
});
app.command('/dm', async ({ command, ack }) => {
  await queue.add('send', { text: command.text });
  await ack();
});
app.start(Number(process.env.PORT));
