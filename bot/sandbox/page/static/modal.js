// Slack's modal of the person whom the visitor acts as: opened, exchanged and closed by the bot.

import { blocks, missing, values } from "./blocks.js";
import { h, icon, patch } from "./dom.js";
import { closeButton } from "./menu.js";
import { common } from "./slack.js";
import { act, change, ui, world } from "./state.js";

const dialog = document.getElementById("modal");
let shown = null; // the id of the view on screen

dialog.addEventListener("cancel", (event) => {
  event.preventDefault(); // the bot is told, and what it answers decides
  close();
});

/** Show what there is to show. */
export function drawModal() {
  const view = world.modals[ui.me];
  if (!view) {
    if (dialog.open) dialog.close();
    shown = null;
    return;
  }
  if (shown !== view.id) ui.errors = {};
  const before = document.activeElement;
  const wanted = h("div", { class: "modal-view" }, inside(view));
  if (dialog.firstElementChild) patch(dialog.firstElementChild, wanted);
  else dialog.append(wanted);
  if (!dialog.open) dialog.showModal();
  if (shown !== view.id || !dialog.contains(before) || before.closest(".modal-bar, .modal-foot")) focusFirst();
  shown = view.id;
}

/** The first field that there is to fill in. */
function focusFirst() {
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(".modal-body :is(input, textarea, select)");
  const wanted = first?.closest("[role=radiogroup]")?.querySelector(":checked") ?? first;
  const here = document.activeElement;
  if (wanted && !(dialog.contains(here) && here.matches("input, textarea, select"))) wanted.focus();
}

function inside(view) {
  const busy = ui.pending.has("submit");
  return [
    h("header", { class: "modal-bar" }, h("h2", { id: "modal-title" }, view.title.text), closeButton("Close", close)),
    h(
      "form",
      { class: "modal-form", id: "modal-form", key: view.id, novalidate: true, on: { submit: (event) => (event.preventDefault(), submit(view)), input: forgive } },
      h("div", { class: "modal-body", tabindex: "-1" }, blocks(view.blocks, standing(view))),
      h(
        "footer",
        { class: "modal-foot" },
        ui.errors._ && h("p", { class: "trouble", role: "alert" }, icon("warning"), ui.errors._),
        h("button", { class: "button", type: "button", on: { click: close } }, view.close?.text ?? "Cancel"),
        view.submit && h("button", { class: "button primary", type: "submit", "aria-busy": busy ? "true" : null }, view.submit.text),
      ),
    ),
  ];
}

function standing(view) {
  const press = async (block, element, value) => {
    const action = `${block.block_id}/${element.action_id}`;
    const given = { user: ui.me, action, value: value ?? null, values: formValues(view) };
    const done = await act("press_modal", given, `modal/${element.action_id}`);
    change(() => (ui.errors = done.ok ? {} : { _: done.says }));
  };
  const suggest = async (action, query) => (await act("suggest", { user: ui.me, action, query })).options ?? [];
  return { ...common("modal"), errors: ui.errors, press, suggest };
}

/** What the fields hold, without what is no field. */
function formValues(view) {
  const fields = new Set(view.blocks.filter((block) => block.type === "input").map((block) => block.block_id));
  const all = values(document.getElementById("modal-form"));
  return Object.fromEntries(Object.entries(all).filter(([name]) => fields.has(name)));
}

async function submit(view) {
  const filled = values(document.getElementById("modal-form"));
  const errors = missing(view, filled);
  if (Object.keys(errors).length === 0) {
    const done = await act("submit", { user: ui.me, view_id: view.id, values: filled });
    Object.assign(errors, done.errors ?? {}, done.ok ? {} : { _: done.says });
  }
  change(() => (ui.errors = errors));
  setTimeout(() => dialog.querySelector("[aria-invalid=true]")?.focus());
}

/** A field that is being mended is not wrong any more. */
function forgive(event) {
  const block = event.target.closest("[data-block]")?.dataset.block;
  if (ui.errors[block]) change(() => delete ui.errors[block]);
}

function close() {
  act("close", { user: ui.me });
}
