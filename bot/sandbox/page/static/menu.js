// Menus and small panels that open beside a button, and questions that must be answered first.

import { h, icon } from "./dom.js";

/** Open `items` ([{ label, hint, act }]) as a menu beside `button`; arrows, Home, End and Escape work. */
export function openMenu(button, label, items) {
  const menu = h(
    "div",
    { class: "menu", role: "menu", "aria-label": label, popover: "auto" },
    items.map(({ label: words, hint, act }) =>
      h(
        "button",
        { type: "button", role: "menuitem", class: "menu-item", tabindex: "-1", on: { click: () => (menu.hidePopover(), act()) } },
        h("span", {}, words),
        hint && h("small", {}, hint),
      ),
    ),
  );
  menu.addEventListener("keydown", (event) => {
    const all = [...menu.querySelectorAll("[role=menuitem]")];
    const here = all.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  });
  show(menu, button);
  menu.querySelector("[role=menuitem]")?.focus();
}

/** Put a popover on the page, beside `button`, until it is closed. */
export function show(popover, button) {
  popover.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState !== "closed") return;
    const inside = popover.contains(document.activeElement) || document.activeElement === document.body;
    popover.remove();
    if (inside) button.focus();
  });
  document.body.append(popover);
  popover.showPopover();
  const anchor = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = anchor.bottom + height + 8 < innerHeight;
  popover.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - width - 8))}px`;
  popover.style.top = `${below ? anchor.bottom + 4 : Math.max(8, anchor.top - height - 4)}px`;
}

/** Slack's confirmation dialog: true when the person goes on. */
export function confirmed({ title, text, confirm, deny, style }) {
  return new Promise((answer) => {
    const dialog = h(
      "dialog",
      { class: "confirm", "aria-labelledby": "confirm-title" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "confirm-title" }, title.text),
        h("p", {}, text.text),
        h(
          "footer",
          {},
          h("button", { class: "button", value: "no" }, deny.text),
          h("button", { class: `button ${style === "danger" ? "danger" : "primary"}`, value: "yes" }, confirm.text),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A question with one line to fill in: what was typed, or null when the person thought better of it. */
export function asked(title, label, value = "") {
  return new Promise((answer) => {
    const input = h("input", { class: "control", id: "asked", value, autocomplete: "off", required: true });
    const dialog = h(
      "dialog",
      { class: "confirm", "aria-labelledby": "asked-title" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "asked-title" }, title),
        h("label", { for: "asked" }, label),
        input,
        h(
          "footer",
          {},
          h("button", { class: "button", value: "no", formnovalidate: true }, "Cancel"),
          h("button", { class: "button primary", value: "yes" }, "OK"),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes" ? input.value.trim() || null : null);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return; // it would press the first button, which is Cancel
      event.preventDefault();
      dialog.close("yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
}

export const closeButton = (label, act) =>
  h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: act } }, icon("close"));
