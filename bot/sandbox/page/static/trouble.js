// What can be broken on purpose, and the bot's own switch.

import { h, icon } from "./dom.js";
import { show } from "./menu.js";
import { act, ui, world } from "./state.js";

const FAULTS = {
  inbox: [
    ["none", "answers", ""],
    ["slow", "is slow", "2 s for each request"],
    ["down", "is down", "503"],
    ["limited", "says 429", "wait 5 s"],
    ["unsure", "sends, but can't confirm it", "the platform did not say"],
    ["dropping", "acts, then hangs up", "nobody knows whether it worked"],
    ["v1 410", "ends API v1 with 410", "choose v1 above first; the bot goes on with v2"],
    ["v1 404 with a code", "ends API v1 with 404 and a code", ""],
    ["v1 404 page", "ends API v1 with a page and 404", ""],
    ["v1 301", "ends API v1 with a redirect", ""],
    ["v1 200 with a page", "ends API v1 with a page and 200", ""],
  ],
  bot: [["hangs", "is out of reach"]],
  slack: [
    ["none", "answers", ""],
    ["slow", "is slow", "2 s for each request"],
    ["limited", "says 429", "wait 5 s"],
  ],
};

async function revive() {
  await act("fault", { party: "bot", fault: "none" });
  await act("start", {}, "bot");
}

export const broken = () => !world.bot.up || Object.values(world.bot.faults).some((fault) => fault !== "none");

/** The button that opens the panel; it says when something is broken. */
export function troubleButton() {
  return h(
    "button",
    { type: "button", class: `button trouble-button ${broken() ? "on" : ""}`, "aria-haspopup": "dialog", on: { click: (event) => openPanel(event.currentTarget) } },
    icon("bolt"),
    h("span", { class: "wide" }, broken() ? "Something is broken" : "Break something"),
  );
}

function openPanel(button) {
  const panel = h(
    "div",
    { class: "panel", popover: "auto", role: "dialog", "aria-label": "Break something" },
    h("p", {}, "Nothing is lost: break it, go on working, mend it, and see what the bot does."),
    group("inbox", "Inbox"),
    group("slack", "Slack's answers to the bot"),
    h(
      "fieldset",
      {},
      h("legend", {}, "The bot"),
      radio("bot", "up", world.bot.up && world.bot.faults.bot === "none", "runs", "", revive),
      radio("bot", "hangs", world.bot.faults.bot !== "none", "is out of reach", "Slack gives up after 3 s", () => act("fault", { party: "bot", fault: "hangs" })),
      radio("bot", "down", !world.bot.up, "is killed", "in the middle of whatever it does", () => act("kill", {}, "bot")),
    ),
    h(
      "label",
      { class: "panel-select" },
      "Its cards go to ",
      h(
        "select",
        { class: "control", on: { change: (event) => act("play", { channel: event.currentTarget.value }, "bot") } },
        world.slack.channels
          .filter((one) => !one.user)
          .map((one) => h("option", { value: one.id, selected: one.id === world.bot.channel }, `#${one.name}`)),
      ),
    ),
  );
  show(panel, button);
  panel.querySelector("input:checked")?.focus();
}

function group(party, title) {
  const items = FAULTS[party].map(([fault, words, hint]) =>
    radio(party, fault, world.bot.faults[party] === fault, words, hint, () => act("fault", { party, fault })),
  );
  return h("fieldset", {}, h("legend", {}, title), items);
}

function radio(name, value, checked, words, hint, choose) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "radio", name, value, checked, on: { change: choose } }),
    h("span", {}, words, hint && h("small", {}, ` ${hint}`)),
  );
}

/** One line on top of the page while something is broken. */
export function banner() {
  if (!ui.connected) return h("p", { class: "banner", role: "status", key: "banner" }, "The sandbox has ended. Start it again, and this page comes back by itself.");
  if (ui.oops) return h("p", { class: "banner", role: "alert", key: "banner" }, `That was not possible: ${ui.oops}`);
  if (ui.pending.has("bot")) return h("p", { class: "banner", role: "status", key: "banner" }, "One moment, the bot…");
  if (!world.bot.up) {
    const start = h("button", { type: "button", class: "button", on: { click: () => act("start", {}, "bot") } }, "Start it again");
    return h("p", { class: "banner", role: "status", key: "banner" }, "The bot is dead. What happens now waits for it. ", start);
  }
  const said = Object.entries(world.bot.faults)
    .filter(([, fault]) => fault !== "none")
    .map(([party, fault]) => `${{ inbox: "Inbox", slack: "Slack", bot: "The bot" }[party]} ${FAULTS[party].find(([name]) => name === fault)[1]}`);
  return said.length > 0 && h("p", { class: "banner", role: "status", key: "banner" }, `${said.join(", ")}. `, mend());
}

function mend() {
  const all = () => Object.keys(FAULTS).forEach((party) => act("fault", { party, fault: "none" }));
  return h("button", { type: "button", class: "button", on: { click: all } }, "Mend it");
}
