// The Slack side: who the visitor is, channels, messages, threads, and the app's own tabs.

import { blocks, picture } from "./blocks.js";
import { composer, escaped, unescaped } from "./composer.js";
import { avatar, clock, h, icon } from "./dom.js";
import { asked, closeButton, openMenu } from "./menu.js";
import { mrkdwn, text } from "./mrkdwn.js";
import { act, change, names, note, person, ui, world } from "./state.js";

export function slack() {
  const place = world.slack.channels.find(({ id }) => id === ui.place);
  return h(
    "section",
    { class: `slack ${ui.thread ? "with-thread" : ""}`, "aria-label": "Slack", id: "pane-slack" },
    side(),
    ui.place === "app" ? app() : channel(place),
    ui.thread && thread(),
  );
}

/** Channels that the person whom the visitor acts as is in. */
export const channels = () => world.slack.channels.filter((one) => !one.user && one.members.includes(ui.me));

export function go(place) {
  change(() => {
    ui.place = place;
    ui.thread = null;
  });
  if (place === "app") act("open_home", { user: ui.me });
}

export function become(user) {
  change(() => {
    ui.me = user;
    ui.errors = {};
    if (ui.place !== "app" && !channels().some(({ id }) => id === ui.place)) ui.place = channels()[0].id;
    if (ui.place === "app" && person(user).stranger) ui.place = channels()[0].id;
    ui.thread = null;
  });
  if (ui.place === "app") act("open_home", { user });
}

// -- the side bar

function side() {
  const stranger = person(ui.me).stranger;
  return h(
    "nav",
    { class: "side", "aria-label": "Slack workspace" },
    h("h2", { class: "workspace" }, h("span", { class: "workspace-mark", "aria-hidden": "true" }, world.slack.team[0]), world.slack.team),
    h("h3", {}, "Channels"),
    h("ul", {}, channels().map((one) => entry(one.id, one.shared ? "link" : one.private ? "lock" : "hash", one.name, one.id))),
    !stranger && h("h3", {}, "Apps"),
    !stranger && h("ul", {}, entry("app", "inbox", "Inbox", "app")),
    h("h3", { id: "acting" }, "You act as"),
    h(
      "div",
      { class: "personas", role: "radiogroup", "aria-labelledby": "acting" },
      world.slack.people.map((one) => persona(one)),
    ),
  );
}

function entry(key, drawing, name, place) {
  const here = ui.place === place;
  return h(
    "li",
    { key },
    h(
      "button",
      { type: "button", class: "entry", "aria-current": here ? "page" : null, on: { click: () => go(place) } },
      icon(drawing),
      h("span", {}, name),
    ),
  );
}

function persona(one) {
  const mine = one.id === ui.me;
  const move = (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = world.slack.people;
    const next = all.at((all.findIndex(({ id }) => id === ui.me) + step) % all.length);
    become(next.id);
    setTimeout(() => document.querySelector(".persona[aria-checked=true]")?.focus());
  };
  return h(
    "button",
    {
      key: one.id,
      type: "button",
      role: "radio",
      class: "persona",
      "aria-label": `${one.name}, ${one.role}`, // on a phone only the picture shows
      "aria-checked": String(mine),
      tabindex: mine ? "0" : "-1",
      on: { click: () => become(one.id), keydown: move },
    },
    avatar(one.name),
    h("span", { class: "persona-words" }, h("strong", {}, one.name), h("small", {}, one.role)),
  );
}

// -- a channel

function channel(place) {
  const about = place.shared ? "shared with another organisation" : `${place.members.length - 1} people and Inbox`;
  return h(
    "div",
    { class: "channel", key: `${place.id}-${ui.me}` }, // what one has typed or ticked is not another's
    h("header", { class: "bar" }, h("h2", {}, icon(place.shared ? "link" : "hash"), place.name), h("small", {}, about)),
    log(`Messages in ${place.name}`, place.id, inChannel(place.id)),
    composer({ channel: place.id, placeholder: `Message #${place.name} or type /` }),
  );
}

/** Everything in a channel itself, with the replies that are sent to it too, oldest first. */
function inChannel(id) {
  return inOrder(world.messages[id] ?? [], (one) => one.channel === id && !(one.thread_ts ?? one.thread));
}

/** Messages with what only this person sees among them. */
function inOrder(messages, belongs) {
  const private_ = world.ephemerals.filter((one) => one.user === ui.me && belongs(one)).map((one) => ({ ...one, seen: "private" }));
  const notes = ui.notes.filter((one) => one.user === ui.me && belongs(one)).map((one) => ({ ...one, seen: "note" }));
  return [...messages, ...private_, ...notes].sort((a, b) => Number(a.ts) - Number(b.ts));
}

function log(label, channelId, all, parent = null) {
  return h(
    "div",
    { class: "log", role: "log", "aria-label": label, "aria-live": "polite", tabindex: "0", key: `log-${label}` },
    all.length ? all.map((one) => message(one, channelId, parent)) : h("p", { class: "empty", key: "empty" }, "Nothing here yet."),
  );
}

function message(one, channelId, parent) {
  const bot = one.user === world.slack.bot || one.seen === "private";
  const who = one.seen === "note" ? "Slackbot" : bot ? "Inbox" : (person(one.user)?.name ?? one.user);
  return h(
    "article",
    { class: `message ${one.seen ?? ""}`, key: one.ts, "data-ts": one.ts, "aria-label": `${who}, ${clock(one.ts)}` },
    bot ? h("span", { class: "avatar app", "aria-hidden": "true" }, icon("inbox")) : avatar(who),
    h(
      "div",
      { class: "message-body" },
      one.seen && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
      !parent && one.thread_ts && one.thread_ts !== one.ts && fromThread(one, channelId),
      h("p", { class: "who" }, h("strong", {}, who), bot && h("span", { class: "badge" }, "APP"), h("time", {}, clock(one.ts)), notifies(one)),
      content(one, channelId),
      ui.troubles[one.ts] && h("p", { class: "trouble", role: "alert" }, icon("warning"), ui.troubles[one.ts]),
      reactions(one.reactions),
      !parent && one.replies?.length > 0 && replies(one, channelId),
    ),
    !one.seen && tools(one, channelId, parent),
  );
}

/** Above a reply that is sent to the channel too. */
function fromThread(one, channelId) {
  const show = () => openThread(channelId, one.thread_ts);
  return h("p", { class: "only-you" }, "replied to ", h("button", { type: "button", class: "from-thread", on: { click: show } }, "a thread"));
}

/** Whether Slack tells whoever reads here of the message by itself. */
function notifies(one) {
  return one.notified?.includes(ui.me) && h("span", { class: "badge you" }, "notifies you");
}

function content(one, channelId) {
  const all = one.blocks?.length ? blocks(one.blocks, standing(one, channelId)) : h("div", { class: "mrkdwn" }, mrkdwn(one.text, names()));
  const attached = (one.attachments ?? []).map((each) => attachment(each, one, channelId));
  return h("div", { class: "content" }, all, attached, (one.files ?? []).map(file));
}

/** Where a message's controls lead to. */
function standing(one, channelId) {
  const press = async (block, element, value, button) => {
    const action = `${block.block_id}/${element.action_id}`;
    const at = { user: ui.me, ts: one.ts, action, value: value ?? null };
    change(() => delete ui.troubles[one.ts]);
    const pending = `${one.ts}/${element.action_id}`;
    const done = one.seen ? await act("press_private", at, pending) : await act("press", { ...at, channel: channelId }, pending);
    if (!done.ok) change(() => (ui.troubles[one.ts] = done.says));
    if (document.activeElement === document.body) button?.focus();
  };
  const busy = (_, element) => ui.pending.has(`${one.ts}/${element.action_id}`);
  return { ...common(`m${one.ts}`), here: channelId, press, busy };
}

/** What blocks need wherever they stand. */
export function common(id) {
  const people = world.slack.people.filter((one) => !one.stranger);
  return { id, names: names(), people, channels: channels(), errors: {}, visit };
}

/** Links lead to the conversation in the Inbox beside, if it is one of there. */
function visit(url) {
  const found = world.inbox.people.find((one) => one.thread?.url === url);
  if (found) change(() => Object.assign(ui, { person: found.id, pane: ui.pane === "slack" ? "inbox" : ui.pane }));
  else if (/^https?:/.test(url)) open(url, "_blank", "noopener");
}

function attachment(one, message, channelId) {
  const inside = one.blocks ? blocks(one.blocks, standing(message, channelId)) : text({ type: "mrkdwn", text: one.text ?? one.fallback ?? "" }, names());
  const box = h("div", { class: "attachment" }, inside);
  if (/^#?[0-9a-f]{6}$/i.test(one.color ?? "")) box.style.borderColor = `#${one.color.replace("#", "")}`;
  return box;
}

function file(one) {
  const name = one.title || one.name || "file";
  if (/\.(png|jpe?g|gif|webp|svg)$/i.test(one.name ?? "")) {
    const alt_text = one.alt_txt || name;
    return h("figure", { class: "block image" }, h("figcaption", {}, name), picture({ image_url: one.url, alt_text }, "block-image"));
  }
  return h("p", { class: "file" }, icon("file"), name);
}

function reactions(all) {
  return all?.length > 0 && h("ul", { class: "reactions" }, all.map((one) => h("li", {}, `:${one.name}: ${one.count}`)));
}

function replies(one, channelId) {
  const last = one.replies.at(-1);
  const words = `${one.replies.length} ${one.replies.length === 1 ? "reply" : "replies"}`;
  return h(
    "button",
    { type: "button", class: "replies", on: { click: () => openThread(channelId, one.ts) } },
    h("strong", {}, words),
    h("small", {}, `last ${clock(last.ts)}`),
  );
}

function tools(one, channelId, parent) {
  const shortcuts = person(ui.me).stranger ? [] : world.slack.shortcuts;
  const run = async ({ callback_id }) => {
    const done = await act("shortcut", { user: ui.me, channel: channelId, ts: one.ts, callback_id });
    if (!done.ok) note(done.says, channelId, parent);
  };
  const items = shortcuts.map((each) => ({ label: each.name, hint: each.description, act: () => run(each) }));
  if (one.user === ui.me) items.push(...own(one, channelId));
  return h(
    "div",
    { class: "tools", role: "toolbar", "aria-label": "Message actions" },
    !parent &&
      h("button", { type: "button", class: "icon-button", "aria-label": "Reply in thread", title: "Reply in thread", on: { click: () => openThread(channelId, one.thread_ts ?? one.ts) } }, icon("thread")),
    items.length > 0 &&
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "More actions", title: "More actions", "aria-haspopup": "menu", on: { click: (event) => openMenu(event.currentTarget, "More actions", items) } },
        icon("more"),
      ),
  );
}

/** What people can do to their own messages; the bot hears of it where it may read along. */
function own(one, channelId) {
  const at = { user: ui.me, channel: channelId, ts: one.ts };
  const edit = async () => {
    const text = await asked("Edit the message", "Message", unescaped(one.text));
    if (text) act("rewrite", { ...at, text: escaped(text) });
  };
  return [{ label: "Edit message", act: edit }, { label: "Delete message", act: () => act("erase", at) }];
}

// -- threads

function openThread(channelId, ts) {
  change(() => (ui.thread = { channel: channelId, ts }));
  setTimeout(() => document.querySelector(".thread textarea")?.focus());
}

function thread() {
  const { channel: id, ts } = ui.thread;
  const parent = (world.messages[id] ?? []).find((one) => one.ts === ts);
  const close = () => change(() => (ui.thread = null));
  const all = parent ? [parent, ...inOrder(parent.replies, (one) => one.channel === id && (one.thread_ts ?? one.thread) === ts)] : [];
  return h(
    "aside",
    { class: "thread", "aria-label": "Thread", key: `${ts}-${ui.me}` },
    h("header", { class: "bar" }, h("h2", {}, "Thread"), h("small", {}, `#${names()[id] ?? ""}`), closeButton("Close thread", close)),
    log("Thread", id, all, ts),
    composer({ channel: id, thread: ts, placeholder: "Reply…" }),
  );
}

// -- the app

function app() {
  const tab = (id, words) =>
    h("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-selected": String(ui.tab === id), "aria-controls": "app-tab", on: { click: () => change(() => (ui.tab = id)) } }, words);
  return h(
    "div",
    { class: "channel app-view", key: "app" },
    h("header", { class: "bar" }, h("h2", {}, icon("inbox"), "Inbox"), h("div", { class: "tabs", role: "tablist", "aria-label": "Inbox app" }, tab("home", "Home"), tab("messages", "Messages"))),
    h("div", { class: "app-tab", id: "app-tab", role: "tabpanel", "aria-labelledby": `tab-${ui.tab}`, key: ui.tab }, ui.tab === "home" ? home() : direct()),
  );
}

function home() {
  const view = world.homes[ui.me];
  if (!view) return h("p", { class: "empty" }, "One moment…");
  const press = async (block, element, value) => {
    const done = await act("press_home", { user: ui.me, action: `${block.block_id}/${element.action_id}`, value: value ?? null }, `home/${element.action_id}`);
    change(() => (ui.troubles.home = done.ok ? null : done.says));
  };
  const trouble = ui.troubles.home && h("p", { class: "trouble", role: "alert" }, icon("warning"), ui.troubles.home);
  return h("div", { class: "home", tabindex: "0", key: ui.me }, blocks(view.blocks, { ...common("home"), press }), trouble);
}

function direct() {
  const mine = world.slack.channels.find((one) => one.user === ui.me);
  const belongs = (one) => one.channel === mine?.id;
  return [
    log("Messages from Inbox", mine?.id, mine ? inOrder(world.messages[mine.id] ?? [], belongs) : []),
    h("p", { class: "read-only" }, "Sending messages to this app has been turned off."),
  ];
}
