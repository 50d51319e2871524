// Under the hood: each request between Slack, the bot and Inbox, with its bodies on demand.

import { clock, h, icon } from "./dom.js";
import { closeButton } from "./menu.js";
import { change, ui, world } from "./state.js";

const NAMES = { slack: "Slack", bot: "bot", inbox: "Inbox" };
const PAUSE = 1.0; // seconds without a request, after which something new has begun

export function hood() {
  const all = [...world.traffic.values()];
  return h(
    "section",
    { class: `hood ${ui.hood ? "open" : ""}`, "aria-label": "Under the hood", id: "pane-hood" },
    h(
      "header",
      { class: "hood-bar" },
      h(
        "button",
        { type: "button", class: "hood-toggle", "aria-expanded": String(ui.hood), "aria-controls": "hood-body", on: { click: () => change(() => (ui.hood = !ui.hood)) } },
        icon(ui.hood ? "down" : "up"),
        h("strong", {}, "Under the hood"),
        h("span", { class: "count" }, `${all.at(-1)?.number ?? 0} requests`),
        !ui.hood && all.length > 0 && h("span", { class: "latest" }, route(all.at(-1)), words(all.at(-1))),
      ),
    ),
    h("div", { class: "hood-body", id: "hood-body" }, list(all), detail()),
  );
}

function list(all) {
  const parties = h("span", { class: "parties" }, h("span", {}, "Slack"), h("span", {}, "bot"), h("span", {}, "Inbox"));
  const head = ["Time", parties, "Request", "Status", "ms"].map((one) => h("th", { scope: "col" }, one));
  return h(
    "div",
    { class: "exchanges", tabindex: "0", role: "region", "aria-label": "Requests" },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, all.map((one, index) => row(one, all[index - 1])))),
  );
}

function row(one, before) {
  const apart = before && one.at - before.at > PAUSE;
  const chosen = ui.exchange?.number === one.number;
  return h(
    "tr",
    { key: one.number, class: `${apart ? "apart" : ""} ${chosen ? "chosen" : ""}` },
    h("td", { class: "time" }, clock(one.at, "2-digit")),
    h("td", {}, route(one)),
    h("td", { class: "request" }, h("button", { type: "button", "aria-pressed": String(chosen), on: { click: () => look(one.number) } }, words(one))),
    h("td", {}, status(one)),
    h("td", { class: "ms" }, one.status === null ? "…" : one.ms < 1 ? "<1" : String(Math.round(one.ms))),
  );
}

/** An arrow between two of the three: Slack at the left, the bot in the middle, Inbox at the right. */
function route(one) {
  const label = `${NAMES[one.source]} → ${NAMES[one.target]}`;
  return h("span", { class: `route ${one.source}-${one.target}`, role: "img", "aria-label": label, title: label }, h("i", {}), h("i", {}), h("i", {}), h("b", {}));
}

/** What it is about, if the sender says so, and where it goes. */
function words(one) {
  const path = one.path.replace(/^\/api(?=\/)/, "");
  return h("code", {}, one.about && h("strong", {}, one.about), one.about && " ", `${one.method} ${path}`);
}

function status(one) {
  if (one.status === null) return h("span", { class: "status waiting" }, "…");
  const bad = one.status === 0 || one.status >= 400 || one.refusal;
  return h("span", { class: `status ${bad ? "bad" : "good"}` }, one.status === 0 ? "no answer" : `${one.status}${one.refusal ? ` ${one.refusal}` : ""}`);
}

async function look(number) {
  if (ui.exchange?.number === number) return change(() => (ui.exchange = null));
  const answer = await fetch(`/traffic/${number}`);
  const found = answer.ok ? await answer.json() : null;
  return change(() => (ui.exchange = found));
}

function detail() {
  const one = ui.exchange;
  if (!one) return null;
  const part = (title, headers, body) => [
    h("h4", {}, title),
    h("dl", {}, Object.entries(headers).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    body !== "" && h("pre", { tabindex: "0" }, typeof body === "string" ? body : JSON.stringify(body, null, 2)),
  ];
  return h(
    "aside",
    { class: "exchange", "aria-label": "One request", key: one.number },
    h("header", {}, h("h3", {}, `${NAMES[one.source]} → ${NAMES[one.target]}`), closeButton("Close", () => change(() => (ui.exchange = null)))),
    h("p", {}, h("code", {}, `${one.method} ${one.path}`)),
    part("Request", one.headers, one.body),
    part(one.status === null ? "No answer yet" : one.status === 0 ? "No answer" : `Answer ${one.status}, ${one.ms} ms`, one.answer_headers, one.answer),
  );
}
