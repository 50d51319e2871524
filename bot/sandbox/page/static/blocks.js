// Block Kit as nodes: https://docs.slack.dev/reference/block-kit
//
// `to` is where the blocks stand: { id, names, people, channels, press(block, element, value, button), errors, form }.
// Fields of a form are read with `values`; everything else calls `to.press` as soon as it is used.

import { h, icon } from "./dom.js";
import { confirmed, openMenu } from "./menu.js";
import { mrkdwn, richText, text } from "./mrkdwn.js";

/** Blocks in reading order. */
export function blocks(all, to) {
  return all.map((block) => (SHOWN[block.type] ?? unknown)(block, to));
}

const SHOWN = {
  section: (block, to) =>
    h(
      "div",
      { class: "block section" },
      h(
        "div",
        { class: "section-text" },
        block.text && h("div", { class: "mrkdwn" }, text(block.text, to.names)),
        block.fields &&
          h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "mrkdwn" }, text(field, to.names)))),
      ),
      block.accessory && h("div", { class: "accessory" }, element(block, block.accessory, to)),
    ),
  header: (block) => h("h3", { class: "block header" }, block.text.text),
  divider: () => h("hr", { class: "block divider" }),
  context: (block, to) =>
    h(
      "div",
      { class: "block context" },
      block.elements.map((one) =>
        one.type === "image" ? picture(one, "context-image") : h("span", { class: "mrkdwn" }, text(one, to.names)),
      ),
    ),
  actions: (block, to) => h("div", { class: "block actions" }, block.elements.map((one) => element(block, one, to))),
  rich_text: (block, to) => h("div", { class: "block rich-text mrkdwn" }, richText(block.elements, to.names)),
  markdown: (block, to) => h("div", { class: "block mrkdwn" }, mrkdwn(block.text, to.names)),
  image: (block, to) =>
    h(
      "figure",
      { class: "block image" },
      block.title && h("figcaption", {}, text(block.title, to.names)),
      picture(block, "block-image"),
    ),
  input: (block, to) => field(block, to),
  alert: (block, to) => h("div", { class: `block alert ${block.level ?? ""}`, role: "note" }, text(block.text, to.names)),
  container: (block, to) => group(block, to, blocks(block.child_blocks, to)),
  layout: (block, to) =>
    group(block, to, block.rows.map((row) => h("div", { class: "block row" }, row.items.map((one) => h("div", {}, blocks(one.blocks, to)))))),
  card: (block, to) =>
    group(
      block,
      to,
      block.body && h("div", { class: "mrkdwn" }, text(block.body, to.names)),
      block.actions && h("div", { class: "block actions" }, block.actions.map((one) => element(block, one, to))),
    ),
  data_visualization: (block) => chart(block),
  data_table: (block, to) => SHOWN.table(block, to),
  table: (block, to) =>
    h("table", { class: "block table" }, block.rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, tableCell(cell, to)))))),
};

/** What stands together, under its title. */
function group(block, to, ...inside) {
  const heads = [block.title, block.subtitle].filter(Boolean).map((one) => h("div", { class: "mrkdwn" }, text(one, to.names)));
  return h("div", { class: "block group" }, heads, ...inside);
}

/** A chart as bars that lie: a row for each category or segment, a bar for each series. */
function chart({ title, chart: { segments, series, axis_config: axis } }) {
  const names = segments ? [""] : series.map((one) => one.name);
  const rows = segments
    ? segments.map((one) => [one.label, one.value])
    : axis.categories.map((label, at) => [label, ...series.map((one) => one.data[at].value)]);
  const top = Math.max(1, ...rows.flatMap((row) => row.slice(1)));
  const bar = (value) => h("td", {}, h("meter", { min: 0, max: top, value }), ` ${value}`);
  return h(
    "figure",
    { class: "block chart" },
    h("figcaption", {}, title),
    h("table", {}, h("tr", {}, h("th", {}), names.map((one) => h("th", {}, one))), rows.map(([label, ...values]) => h("tr", {}, h("th", {}, label), values.map(bar)))),
  );
}

const unknown = (block) => h("div", { class: "block unknown" }, `(${block.type}: this page does not draw it)`);

const tableCell = (cell, to) => (cell.type === "rich_text" ? richText(cell.elements, to.names) : cell.text);

const MEDIA = "https://media.sandbox.example/"; // where customers' pictures would be

/** A picture from this machine. Others are named only: the page asks nothing of the internet. */
export function picture(one, kind) {
  const url = (one.image_url ?? one.slack_file?.url ?? "").replace(MEDIA, "/media/");
  if (/^(http:\/\/127\.0\.0\.1[:/]|data:image\/|\/(?!\/))/.test(url)) {
    return h("img", { class: kind, src: url, alt: one.alt_text ?? "", loading: "lazy" });
  }
  return h("span", { class: `${kind} elsewhere`, role: "img", "aria-label": one.alt_text }, icon("file"), one.alt_text);
}

// -- what can be used

function element(block, one, to) {
  if (one.type === "image") return picture(one, "accessory-image");
  if (one.type === "button" || one.type === "workflow_button") return button(block, one, to);
  if (one.type === "overflow") return overflow(block, one, to);
  const label = one.placeholder?.text ?? one.action_id;
  return control(block, one, { ...to, form: null, label: block.text ? { text: plain(block.text.text) } : { text: label } });
}

const plain = (words) => words.replace(/[*_~`]/g, "").slice(0, 80);

function button(block, one, to) {
  const busy = to.busy?.(block, one);
  const press = async (event) => {
    const pressed = event.currentTarget;
    if (busy || (one.confirm && !(await confirmed(one.confirm)))) return;
    if (one.url) to.visit(one.url);
    to.press(block, one, undefined, pressed);
  };
  const label = [h("span", { dir: "auto" }, one.text.text), one.url && icon("link")];
  const looks = { class: `button ${one.style ?? ""}`, type: "button", "aria-busy": busy ? "true" : null };
  return h("button", { ...looks, "aria-label": one.accessibility_label, on: { click: press } }, label);
}

function overflow(block, one, to) {
  const choose = async (option) => {
    if (one.confirm && !(await confirmed(one.confirm))) return;
    if (option.url) to.visit(option.url);
    to.press(block, one, option.value);
  };
  const items = one.options.map((option) => ({ label: option.text.text, hint: option.description?.text, act: () => choose(option) }));
  const open = (event) => openMenu(event.currentTarget, "More", items);
  return h(
    "button",
    { class: "button square", type: "button", "aria-label": "More", "aria-haspopup": "menu", on: { click: open } },
    icon("more"),
  );
}

function field(block, to) {
  const id = `${to.id}-${block.block_id}`;
  const one = block.element;
  const error = to.errors?.[block.block_id];
  const described = [error && `${id}-error`, block.hint && `${id}-hint`].filter(Boolean).join(" ") || null;
  const inForm = { ...to, form: id, label: block.label, described, invalid: Boolean(error), required: !block.optional };
  const group = one.type === "checkboxes" || one.type === "radio_buttons";
  return h(
    "div",
    { class: `block input ${error ? "invalid" : ""}`, key: `${block.block_id}/${one.action_id}` },
    !group && h("label", { for: id }, block.label.text, block.optional && h("small", {}, " (optional)")),
    control(block, one, inForm),
    error && h("p", { class: "field-error", id: `${id}-error`, role: "alert" }, icon("warning"), error),
    block.hint && h("p", { class: "hint", id: `${id}-hint` }, block.hint.text),
  );
}

/** Any element that holds a value; outside a form it is used as soon as it changes. */
function control(block, one, to) {
  const common = {
    id: to.form,
    "data-block": block.block_id,
    "data-action": one.action_id,
    "data-type": one.type,
    "data-input": block.type === "input" ? "" : null,
    "aria-describedby": to.described,
    "aria-invalid": to.invalid ? "true" : null,
    "aria-required": to.required ? "true" : null,
    "aria-label": to.form ? null : to.label?.text,
    autofocus: Boolean(one.focus_on_load),
  };
  const dispatch = !to.form || block.dispatch_action;
  const used = (event) => dispatch && to.press(block, one, valueOf(event.currentTarget.closest("[data-action]")));
  return (CONTROLS[one.type] ?? typed("text"))(one, { ...common, key: one.action_id }, to, used);
}

const typed = (type) => (one, common, to, used) =>
  h("input", {
    ...common,
    class: "control",
    type,
    value: one.initial_value ?? one.initial_date ?? one.initial_time ?? "",
    placeholder: one.placeholder?.text,
    maxlength: one.max_length,
    min: one.min_value,
    max: one.max_value,
    step: one.is_decimal_allowed ? "any" : null,
    autocomplete: "off",
    on: { change: used },
  });

const CONTROLS = {
  plain_text_input: (one, common, to, used) => {
    if (!one.multiline) return typed("text")(one, common, to, used);
    const most = one.max_length ?? 3000;
    const count = (event) => {
      const left = most - event.currentTarget.value.length;
      event.currentTarget.nextElementSibling.textContent = left <= most / 10 ? `${left} characters left` : "";
    };
    return h(
      "div",
      { class: "multiline", key: common.key },
      h(
        "textarea",
        { ...common, class: "control", rows: 5, maxlength: most, placeholder: one.placeholder?.text, on: { input: count } },
        one.initial_value ?? "",
      ),
      h("output", { class: "counter", hold: true }),
    );
  },
  email_text_input: typed("email"),
  url_text_input: typed("url"),
  number_input: typed("number"),
  datepicker: typed("date"),
  timepicker: typed("time"),
  datetimepicker: typed("datetime-local"),
  static_select: (one, common, to, used) => select(one, common, used, grouped(one, [one.initial_option?.value])),
  multi_static_select: (one, common, to, used) =>
    select(one, { ...common, multiple: true }, used, grouped(one, (one.initial_options ?? []).map(({ value }) => value))),
  external_select: (one, common, to, used) => searching(one, common, to, used),
  multi_external_select: (one, common, to, used) => searchingMany(one, common, to, used),
  users_select: (one, common, to, used) => select(one, common, used, plainOptions(to.people, [one.initial_user])),
  multi_users_select: (one, common, to, used) =>
    select(one, { ...common, multiple: true }, used, plainOptions(to.people, one.initial_users ?? [])),
  conversations_select: (one, common, to, used) =>
    select(one, common, used, plainOptions(to.channels, [one.initial_conversation ?? (one.default_to_current_conversation ? to.here : null)])),
  channels_select: (one, common, to, used) => select(one, common, used, plainOptions(to.channels, [one.initial_channel])),
  multi_conversations_select: (one, common, to, used) =>
    select(one, { ...common, multiple: true }, used, plainOptions(to.channels, one.initial_conversations ?? [])),
  multi_channels_select: (one, common, to, used) =>
    select(one, { ...common, multiple: true }, used, plainOptions(to.channels, one.initial_channels ?? [])),
  checkboxes: (one, common, to, used) => choices(one, common, to, used, "checkbox", (one.initial_options ?? []).map(({ value }) => value)),
  radio_buttons: (one, common, to, used) => choices(one, common, to, used, "radio", [one.initial_option?.value]),
};

function select(one, common, used, options) {
  const none = !common.multiple && h("option", { value: "" }, one.placeholder?.text ?? "Choose…");
  return h("select", { ...common, class: "control", on: { change: used } }, none, options);
}

const plainOptions = (all, chosen) =>
  all.map(({ id, name }) => h("option", { value: id, selected: chosen.includes(id) }, name));

function grouped(one, chosen) {
  const shown = (option) => h("option", { value: option.value, selected: chosen.includes(option.value) }, option.text.text);
  if (!one.option_groups) return (one.options ?? []).map(shown);
  return one.option_groups.map((group) => h("optgroup", { label: group.label.text }, group.options.map(shown)));
}

/** A menu whose options the bot names while somebody types. */
function searching(one, common, to, used) {
  const ask = async (event) => {
    const list = event.currentTarget.nextElementSibling;
    if (event.currentTarget.value.length < (one.min_query_length ?? 3)) return;
    const options = await to.suggest(one.action_id, event.currentTarget.value);
    list.replaceChildren(...options.map((option) => h("option", { value: option.value }, option.text.text)));
  };
  const box = h("input", { class: "control", type: "search", placeholder: one.placeholder?.text, "aria-label": `Search: ${to.label?.text}`, on: { input: ask, focus: ask } });
  const first = one.initial_option && h("option", { value: one.initial_option.value, selected: true }, one.initial_option.text.text);
  return h("div", { class: "searching", key: common.key }, box, h("select", { ...common, class: "control", size: 4, hold: true, on: { change: used } }, first));
}

/** The same, of which several are chosen: those stay in the list whatever is typed next. */
function searchingMany(one, common, to, used) {
  const shown = (option, selected) => h("option", { value: option.value, selected }, option.text.text);
  const ask = async (event) => {
    const list = event.currentTarget.nextElementSibling;
    if (event.currentTarget.value.length < (one.min_query_length ?? 3)) return;
    const options = await to.suggest(one.action_id, event.currentTarget.value);
    const kept = [...list.selectedOptions];
    const values = new Set(kept.map(({ value }) => value));
    list.replaceChildren(...kept, ...options.filter(({ value }) => !values.has(value)).map((option) => shown(option, false)));
  };
  const box = h("input", { class: "control", type: "search", placeholder: one.placeholder?.text, "aria-label": `Search: ${to.label?.text}`, on: { input: ask, focus: ask } });
  const chosen = (one.initial_options ?? []).map((option) => shown(option, true));
  return h("div", { class: "searching", key: common.key }, box, h("select", { ...common, class: "control", multiple: true, size: 5, hold: true, on: { change: used } }, chosen));
}

function choices(one, common, to, used, type, chosen) {
  const { id, ...rest } = common;
  return h(
    "fieldset",
    { ...rest, id, class: "choices", role: type === "radio" ? "radiogroup" : null },
    to.form && h("legend", {}, to.label.text),
    one.options.map((option) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type, name: `${to.id}-${one.action_id}`, value: option.value, checked: chosen.includes(option.value), on: { change: used } }),
        h("span", {}, text(option.text, to.names), option.description && h("small", {}, text(option.description, to.names))),
      ),
    ),
  );
}

// -- what was filled in

/** The value of one element with `data-action`, as the local Slack takes it. */
function valueOf(one) {
  if (one.dataset.type === "checkboxes") return [...one.querySelectorAll(":checked")].map(({ value }) => value);
  if (one.dataset.type === "radio_buttons") return one.querySelector(":checked")?.value ?? null;
  if (one.dataset.type === "multi_external_select")
    return [...one.selectedOptions].map(({ value, textContent }) => ({ text: { type: "plain_text", text: textContent }, value }));
  if (one.multiple) return [...one.selectedOptions].map(({ value }) => value);
  if (one.dataset.type === "datetimepicker") return one.value ? Math.floor(new Date(one.value).getTime() / 1000) : null;
  return one.value === "" ? null : one.value;
}

/** Everything filled in below `root`: by block for inputs, by action for the rest. */
export function values(root) {
  const all = [...root.querySelectorAll("[data-action]")];
  return Object.fromEntries(all.map((one) => [one.dataset.input === "" ? one.dataset.block : one.dataset.action, valueOf(one)]));
}

/** What Slack's own form would not let through, by block. */
export function missing(view, filled) {
  const errors = {};
  for (const block of view.blocks.filter((one) => one.type === "input")) {
    const value = filled[block.block_id];
    const empty = value === null || value === undefined || value.length === 0;
    const shortest = block.element.min_length ?? 0;
    if (empty && !block.optional) errors[block.block_id] = "Please complete this field.";
    else if (!empty && typeof value === "string" && [...value].length < shortest) errors[block.block_id] = `At least ${shortest} characters, please.`;
  }
  return errors;
}
