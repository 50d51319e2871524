// The box where people write: messages, and slash commands with completion.

import { h, icon } from "./dom.js";
import { act, note, person, ui, world } from "./state.js";

/** A box for a channel, or for a `thread` in it. */
export function composer({ channel, thread = null, placeholder }) {
  const id = thread ? "thread-box" : "channel-box";
  return h(
    "form",
    { class: "composer", key: `${id}-${channel}-${thread}`, on: { submit: (event) => (event.preventDefault(), send(event.currentTarget, channel, thread)) } },
    h("ul", { class: "completion", id: `${id}-list`, role: "listbox", "aria-label": "Completion", hidden: true, hold: true }),
    h(
      "div",
      { class: "composer-box" },
      h("textarea", {
        id,
        rows: 1,
        placeholder,
        "aria-label": placeholder,
        "aria-controls": `${id}-list`,
        "aria-autocomplete": "list",
        autocomplete: "off",
        hold: true,
        on: { input: (event) => typed(event.currentTarget), keydown, blur: (event) => offer(event.currentTarget, []) },
      }),
      h("button", { class: "send", type: "submit", "aria-label": "Send" }, icon("send")),
    ),
  );
}

async function send(form, channel, thread) {
  const box = form.querySelector("textarea");
  const words = box.value.trim();
  if (!words) return;
  box.value = "";
  typed(box);
  toTheEnd(form);
  const [, command, text] = words.match(/^(\/\S*)\s*(.*)$/s) ?? [];
  if (!command) {
    await act("say", { user: ui.me, channel, text: escaped(words), thread_ts: thread });
  } else if (thread) {
    note(`${command} is not supported in threads. Sorry!`, channel, thread);
  } else {
    const done = await act("command", { user: ui.me, channel, command, text: withPeople(command, text) });
    if (!done.ok) note(done.says, channel);
  }
}

/** Who writes wants to see what comes of it; from there on, what arrives stays in view. */
function toTheEnd(form) {
  const log = form.parentElement.querySelector(".log");
  if (log) log.scrollTop = log.scrollHeight;
}

export const escaped = (words) => words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

export const unescaped = (words) => words.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** `@Bo` and `@support` as Slack sends them with a command that wants names escaped: `<@U…|bo>`, `<!subteam^S…|@support>`. */
function withPeople(command, text) {
  if (!world.slack.commands.find((one) => one.command === command)?.should_escape) return text;
  return text.replace(/@(\w+)/g, (whole, name) => {
    const found = world.slack.people.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (found) return `<@${found.id}|${name.toLowerCase()}>`;
    const group = world.slack.groups.find((one) => one.handle === name.toLowerCase());
    return group ? `<!subteam^${group.id}|@${group.handle}>` : whole;
  });
}

// -- completion

function typed(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 140)}px`;
  offer(box, suggestions(box.value));
}

/** [{ label, hint, fill }] for what is typed so far. */
function suggestions(words) {
  if (person(ui.me).stranger) return [];
  const known = world.slack.commands;
  if (/^\/\S*$/.test(words)) {
    const fits = known.filter((one) => one.command.startsWith(words));
    return fits.map((one) => ({ label: `${one.command} ${one.usage_hint}`, hint: one.description, fill: `${one.command} ` }));
  }
  const [, before, name] = words.match(/^(\/.*\s@)(\w*)$/) ?? [];
  if (before && known.find((one) => one.command === words.split(" ")[0])?.should_escape) {
    const fits = world.slack.people.filter((one) => one.name.toLowerCase().startsWith(name.toLowerCase()));
    return fits.map((one) => ({ label: `@${one.name}`, hint: one.role, fill: `${before}${one.name} ` }));
  }
  return [];
}

function offer(box, found) {
  const list = document.getElementById(box.getAttribute("aria-controls"));
  if (!list) return;
  list.replaceChildren(
    ...found.map((one, index) => {
      const take = (event) => (event.preventDefault(), accept(box, one.fill));
      const attributes = { role: "option", id: `${list.id}-${index}`, "aria-selected": String(index === 0), "data-fill": one.fill };
      return h("li", { ...attributes, on: { mousedown: take } }, h("strong", {}, one.label), h("small", {}, one.hint));
    }),
  );
  list.hidden = found.length === 0;
  point(box, list, 0);
}

function accept(box, words) {
  box.value = words;
  typed(box);
}

function point(box, list, index) {
  [...list.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === index)));
  if (list.children[index]) box.setAttribute("aria-activedescendant", list.children[index].id);
  else box.removeAttribute("aria-activedescendant");
}

function keydown(event) {
  const box = event.currentTarget;
  const list = document.getElementById(box.getAttribute("aria-controls"));
  const options = [...list.children];
  const here = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!list.hidden && step) {
    event.preventDefault();
    point(box, list, (here + step + options.length) % options.length);
  } else if (!list.hidden && (event.key === "Tab" || event.key === "Enter") && options[here].dataset.fill.trim() !== box.value.trim()) {
    event.preventDefault();
    accept(box, options[here].dataset.fill);
  } else if (!list.hidden && event.key === "Escape") {
    offer(box, []);
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    box.form.requestSubmit();
  }
}
