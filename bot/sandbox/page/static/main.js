// Puts the page together, and draws it again whenever something has changed.

import { h, icon, patch } from "./dom.js";
import { hood } from "./hood.js";
import { inbox } from "./inbox.js";
import { drawModal } from "./modal.js";
import { slack } from "./slack.js";
import { change, follow, onChange, ui, world } from "./state.js";
import { keepScore, tour } from "./tour.js";
import { banner, troubleButton } from "./trouble.js";

const THEMES = { auto: "As the system", light: "Light", dark: "Dark" };
const root = document.getElementById("page");

function page() {
  return h(
    "div",
    { id: "page", class: `page pane-${ui.pane}` },
    h(
      "header",
      { class: "top" },
      h("h1", {}, h("span", { class: "logo", "aria-hidden": "true" }, icon("inbox")), h("span", {}, "Inbox bridge"), h("small", {}, "sandbox")),
      h("p", { class: "wide" }, "The real bot between a local Slack and a local Inbox. No accounts, nothing leaves this machine."),
      !ui.tour && h("button", { type: "button", class: "button wide", on: { click: () => change(() => (ui.tour = true)) } }, "Three things to try"),
      troubleButton(),
      themeButton(),
    ),
    banner(),
    tour(),
    h("main", { class: "stage" }, slack(), inbox()),
    hood(),
    panes(),
  );
}

/** On a narrow screen one side shows at a time. */
function panes() {
  const all = { slack: "Slack", inbox: "Inbox", hood: "Under the hood" };
  const choose = (pane) => change(() => Object.assign(ui, { pane, hood: pane === "hood" || ui.hood }));
  return h(
    "nav",
    { class: "panes", "aria-label": "What to show" },
    Object.entries(all).map(([pane, words]) =>
      h("button", { type: "button", "aria-current": ui.pane === pane ? "true" : null, on: { click: () => choose(pane) } }, words),
    ),
  );
}

function themeButton() {
  const theme = document.documentElement.dataset.theme ?? "auto";
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(theme) + 1) % names.length];
  const label = `Colours: ${THEMES[theme]}`;
  const drawing = { auto: "auto", light: "sun", dark: "moon" }[theme];
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: () => setTheme(next) } }, icon(drawing));
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  change();
}

function draw() {
  if (!world.slack) return;
  const logs = [...document.querySelectorAll(".log, .bubbles, .exchanges")];
  const following = logs.filter((one) => one.scrollHeight - one.scrollTop - one.clientHeight < 48);
  const known = new Set(logs);
  patch(document.getElementById("page"), page());
  for (const one of document.querySelectorAll(".log, .bubbles, .exchanges")) {
    if (following.includes(one) || !known.has(one)) one.scrollTop = one.scrollHeight;
  }
  drawModal();
}

function arrived() {
  ui.me ??= world.slack.people[0].id;
  ui.place ??= world.bot.channel;
  ui.person ??= world.inbox.people[0].id;
  if (!world.slack.people.some(({ id }) => id === ui.me)) location.reload(); // another sandbox than before
  keepScore();
}

document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";
onChange(draw);
follow(arrived);
