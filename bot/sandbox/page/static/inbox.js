// The Inbox side: what customers see and write, and what colleagues do in the Inbox app itself.

import { picture } from "./blocks.js";
import { avatar, h, icon } from "./dom.js";
import { asked, openMenu } from "./menu.js";
import { act, change, ui, world } from "./state.js";

export function inbox() {
  const open = world.inbox.people.find(({ id }) => id === ui.person) ?? world.inbox.people[0];
  return h(
    "section",
    { class: "inbox", "aria-label": "Inbox", id: "pane-inbox" },
    h(
      "header",
      { class: "bar" },
      h("h2", {}, icon("inbox"), "Inbox"),
      h("small", {}, accounts()),
      versions(),
    ),
    h("div", { class: "people" }, h("ul", { "aria-label": "Customers" }, world.inbox.people.map((one) => row(one, one === open))), newcomer()),
    conversation(open),
  );
}

/** `@acme, @acme_sales on X · acme-inc on LinkedIn` */
function accounts() {
  const of = (platform) => world.inbox.accounts.filter((one) => one.platform === platform);
  const names = (platform, prefix) => of(platform).map(({ username }) => prefix + username).join(", ");
  const linkedin = names("linkedin", "");
  return `${names("twitter", "@")} on X${linkedin && ` · ${linkedin} on LinkedIn`}`;
}

function versions() {
  const choice = (version) => {
    const on = world.bot.version === version;
    const turn = () => on || act("play", { version }, "bot");
    return h("button", { type: "button", "aria-pressed": String(on), title: `Inbox API ${version}; the bot starts anew`, on: { click: turn } }, version);
  };
  return h("div", { class: "segments", role: "group", "aria-label": "Version of the Inbox API" }, choice("v1"), choice("v2"));
}

function row(one, here) {
  const last = one.thread?.messages.at(-1);
  const said = last ? `${last.by === "person" ? "" : "You: "}${last.deleted ? "deleted" : last.text}` : "has not written yet";
  return h(
    "li",
    { key: one.id },
    h(
      "button",
      { type: "button", class: "customer", "aria-current": here ? "true" : null, on: { click: () => change(() => (ui.person = one.id)) } },
      avatar(one.name),
      h("span", { class: "customer-words" }, h("strong", { dir: "auto" }, one.name), h("small", { dir: "auto" }, said)),
      h("span", { class: "marks" }, one.platform === "linkedin" && h("span", { class: "mark" }, "LinkedIn"), one.thread && marks(one.thread)),
    ),
  );
}

function marks(thread) {
  const member = world.inbox.members.find(({ id }) => id === thread.assignee);
  return [member && h("span", { class: "mark assigned" }, member.name), thread.request && h("span", { class: "mark" }, "request"), thread.archived && h("span", { class: "mark archived" }, "archived")];
}

function newcomer() {
  const meet = async () => {
    const done = await act("newcomer");
    if (done.ok) change(() => (ui.person = done.person));
  };
  return h("button", { type: "button", class: "newcomer", on: { click: meet } }, "+ Somebody new writes");
}

function conversation(one) {
  const thread = one.thread;
  return h(
    "div",
    { class: "conversation", key: one.id },
    h(
      "header",
      { class: "conversation-bar" },
      h("h3", {}, "In the Inbox app"),
      thread ? appActs(one, thread) : h("small", {}, "no conversation yet"),
    ),
    known(one),
    h(
      "div",
      { class: "bubbles", role: "log", "aria-label": `What ${one.name} sees`, tabindex: "0", key: `bubbles-${one.id}` },
      h("p", { class: "seen-by", key: "seen" }, `What ${one.name.split(" ")[0]} sees`),
      (thread?.messages ?? []).map((each) => bubble(each, thread)),
    ),
    write(one),
  );
}

/** What the team has noted of somebody: status, tags, value, notes. */
function known(one) {
  const status = world.inbox.statuses.find(({ id }) => id === one.status);
  const facts = [status?.name, one.tags.join(", "), one.value !== null && `worth ${one.value.toLocaleString()}`, one.notes];
  const words = facts.filter(Boolean).join(" · ");
  return words ? h("p", { class: "known", dir: "auto" }, words) : null;
}

/** What a colleague can note of somebody in the Inbox app. */
function notes(one) {
  const next = world.inbox.statuses[(world.inbox.statuses.findIndex(({ id }) => id === one.status) + 1) % world.inbox.statuses.length];
  const tags = async () => {
    const names = await asked("Tags, with commas between them", "Tags", one.tags.join(", "));
    if (names) act("tags", { person: one.id, names });
  };
  const value = async () => {
    const given = await asked("Worth to the team", "Value", one.value === null ? "" : String(one.value));
    if (given) act("value", { person: one.id, value: given });
  };
  return [
    { label: `Set the status to ${next.name}`, act: () => act("status", { person: one.id, status: next.id }) },
    { label: "Tags…", act: tags },
    { label: "Value…", act: value },
  ];
}

function appActs(one, thread) {
  const assign = (event) => act("assign", { thread: thread.id, member: event.currentTarget.value || null });
  const options = world.inbox.members.map(({ id, name }) => h("option", { value: id, selected: id === thread.assignee }, name));
  const words = thread.archived ? "Reopen" : "Archive";
  return h(
    "div",
    { class: "app-acts" },
    h("select", { class: "control", "aria-label": "Assigned to", key: String(thread.assignee), on: { change: assign } }, h("option", { value: "" }, "Unassigned"), options),
    h("button", { type: "button", class: "button", on: { click: () => act("archive", { thread: thread.id, archived: !thread.archived }) } }, words),
    more("More in the Inbox app", [
      { label: "Answer…", hint: "A colleague writes in Inbox itself", act: () => answer(thread) },
      ...notes(one),
      { label: "A campaign writes", hint: "Which archives the conversation", act: () => act("campaign", { thread: thread.id, text: "Our spring offer ends on Friday." }) },
      { label: "Delete the conversation", act: () => act("delete", { thread: thread.id }) },
    ]),
  );
}

async function answer(thread) {
  const text = await asked("Answer in the Inbox app", "Message");
  if (text) act("answer", { thread: thread.id, text });
}

function more(label, items) {
  const open = (event) => openMenu(event.currentTarget, label, items);
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, "aria-haspopup": "menu", on: { click: open } }, icon("more"));
}

function bubble(one, thread) {
  const theirs = one.by === "person";
  const words = one.deleted ? h("em", {}, "deleted") : one.text || null;
  const time = new Date(one.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return h(
    "div",
    { class: `bubble ${theirs ? "theirs" : "ours"}`, key: one.id },
    words && h("p", { dir: "auto" }, words),
    one.attachments.map((each) => picture({ image_url: each.url, alt_text: each.title || each.kind || "attachment" }, "block-image")),
    theirs && !one.deleted && more("Change this message", changes(one)),
    h("small", {}, [theirs ? "" : `@${thread.account} · `, time, one.edited ? " · edited" : ""].join("")),
  );
}

/** What people can do to their own messages on X. */
function changes(one) {
  const edit = async () => {
    const text = await asked("Edit the message", "Message", one.text);
    if (text) act("edit", { message: one.id, text });
  };
  return [{ label: "Edit…", act: edit }, { label: "Take it back", act: () => act("take_back", { message: one.id }) }];
}

function write(one) {
  const first = one.name.split(" ")[0];
  const send = (event) => {
    event.preventDefault();
    const box = event.currentTarget.querySelector("input");
    if (box.value.trim()) act("write", { person: one.id, text: box.value.trim() });
    box.value = "";
  };
  return h(
    "form",
    { class: "composer", key: `write-${one.id}`, on: { submit: send } },
    h(
      "div",
      { class: "composer-box" },
      h("input", { id: "customer-box", type: "text", placeholder: `Write as ${first}`, "aria-label": `Write as ${first}`, autocomplete: "off", hold: true }),
      h("button", { class: "send", type: "button", "aria-label": "Send a picture", title: "Send a picture", on: { click: () => act("write", { person: one.id, text: "", picture: "shoes.svg" }) } }, icon("clip")),
      h("button", { class: "send", type: "submit", "aria-label": "Send" }, icon("send")),
    ),
  );
}
