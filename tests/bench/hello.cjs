// Hello, world, with Slack's own framework for Node, as https://docs.slack.dev/tools/bolt-js shows it.
const { App, LogLevel } = require('@slack/bolt');

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  signingSecret: process.env.SLACK_SIGNING_SECRET,
  clientOptions: { slackApiUrl: process.env.SLACK_API_BASE_URL },
  logLevel: LogLevel.ERROR,
});
app.command('/dm', async ({ ack }) => ack());
app.start(Number(process.env.PORT));
