// Three things to try, for somebody who has never been here.

import { h, icon } from "./dom.js";
import { closeButton } from "./menu.js";
import { become, go } from "./slack.js";
import { act, change, ui, world } from "./state.js";

const STEPS = [
  {
    id: "take",
    title: "Take it",
    words: "Sarah wrote on X, and her message became a card. Press Assign to me.",
    button: () => "Show me",
    act: () => point("Assign to me"),
    done: (thread) => thread.assignee !== null || thread.messages.length > 1,
  },
  {
    id: "answer",
    title: "Answer her",
    words: "Press Reply and write. She reads it at the right, from your team's account.",
    button: () => "Show me",
    act: () => point("Reply"),
    done: (thread) => thread.messages.some((one) => one.by !== "person"),
  },
  {
    id: "reopen",
    title: "See it come back",
    words: "Press Archive. When Sarah writes again, her card reopens.",
    button: () => (sarah().thread?.archived ? "Let her write" : "Show me"),
    act: () => {
      if (!sarah().thread?.archived) return point("Archive");
      change(() => Object.assign(ui, { person: sarah().id, pane: ui.pane === "slack" ? "inbox" : ui.pane }));
      return act("write", { person: sarah().id, text: "Great, I'll sign up now." });
    },
    done: (thread) => ui.steps.has("archived") && !thread.archived && thread.messages.at(-1).by === "person",
  },
];

const sarah = () => world.inbox.people[0];

/** Note what has been done since the last time. */
export function keepScore() {
  const thread = sarah().thread;
  if (!thread) return;
  if (thread.archived) ui.steps.add("archived");
  for (const step of STEPS) if (step.done(thread)) ui.steps.add(step.id);
}

export function tour() {
  const all = STEPS.every(({ id }) => ui.steps.has(id));
  if (!ui.tour) return null;
  return h(
    "section",
    { class: "tour", "aria-label": "Three things to try" },
    h("ol", {}, STEPS.map((step, index) => card(step, index))),
    all && h("p", { class: "tour-end", role: "status" }, "That was all of it. Now break something, or be somebody else."),
    closeButton("Hide the three things to try", () => change(() => (ui.tour = false))),
  );
}

function card(step, index) {
  const done = ui.steps.has(step.id);
  return h(
    "li",
    { key: step.id, class: done ? "done" : "" },
    h("span", { class: "number", role: "img", "aria-label": done ? "done" : `${index + 1}` }, done ? icon("check") : String(index + 1)),
    h("div", {}, h("strong", {}, step.title), h("p", {}, step.words)),
    h("button", { type: "button", class: "button", on: { click: step.act } }, step.button()),
  );
}

/** Be somebody who may act, in the channel with the cards. */
function home() {
  if (!["admin", "member"].includes(world.slack.people.find(({ id }) => id === ui.me).role)) become(world.slack.people[0].id);
  change(() => (ui.pane = "slack"));
  go(world.bot.channel);
}

/** Bring the newest button with this label into view, and into focus. */
function point(label) {
  home();
  setTimeout(() => {
    const found = [...document.querySelectorAll(".channel .button")].find((one) => one.textContent === label);
    found?.scrollIntoView({ block: "center", behavior: "smooth" });
    found?.focus({ preventScroll: true });
    found?.classList.add("pointed");
  });
}
