// Elements from data, and the smallest change that turns what is on screen into what should be.
// Text becomes text nodes, never HTML: nothing that somebody typed can be markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: attributes, `key` (identity among siblings), `on` (handlers by event), `hold` (never patched). */
export function h(tag, props, ...children) {
  const { key, on, hold, ...attributes } = props ?? {};
  const element = document.createElement(tag);
  element._key = key === undefined ? undefined : String(key);
  element._hold = Boolean(hold);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  listen(element, on ?? {});
  element.append(...nodes(children));
  return element;
}

/** Children as nodes: nested lists are flattened, nothing and false are left out. */
function nodes(children) {
  return children.flat(Infinity).filter((one) => one != null && one !== false && one !== "");
}

function listen(element, handlers) {
  element._on = handlers;
  for (const type of Object.keys(handlers)) {
    element._heard ??= new Set();
    if (element._heard.has(type)) continue;
    element._heard.add(type);
    element.addEventListener(type, (event) => element._on[type]?.(event));
  }
}

/** Make `old` look like `wanted`, keeping elements (and with them focus, typed text and scroll position). */
export function patch(old, wanted) {
  if (old.nodeType !== wanted.nodeType || old.nodeName !== wanted.nodeName || old._key !== wanted._key) {
    old.replaceWith(wanted);
    return wanted;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== wanted.data) old.data = wanted.data;
    return old;
  }
  if (wanted._on) listen(old, wanted._on);
  if (old._hold) return old;
  patchAttributes(old, wanted);
  patchChildren(old, wanted);
  return old;
}

function patchAttributes(old, wanted) {
  const opened = old.getAttribute("aria-expanded"); // a menu's button: the menu sets it
  for (const { name } of [...old.attributes]) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (opened && old.hasAttribute("aria-haspopup")) old.setAttribute("aria-expanded", opened);
}

function patchChildren(old, wanted) {
  const keyed = new Map([...old.childNodes].filter((one) => one._key !== undefined).map((one) => [one._key, one]));
  let here = old.firstChild;
  for (const child of [...wanted.childNodes]) {
    const known = child._key === undefined ? null : keyed.get(child._key);
    if (known && known !== here) old.insertBefore(known, here);
    if (known) {
      here = patch(known, child).nextSibling;
    } else if (child._key === undefined && here && here._key === undefined) {
      here = patch(here, child).nextSibling;
    } else {
      old.insertBefore(child, here);
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

const ICONS = {
  hash: "M4 9h16M4 15h16M10 3 8 21M16 3l-2 18",
  lock: "M6 11h12v10H6zM8 11V8a4 4 0 0 1 8 0v3",
  link: "M9 15l6-6M10 6l2-2a4 4 0 0 1 6 6l-2 2M14 18l-2 2a4 4 0 0 1-6-6l2-2",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  thread: "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5zM9 10h7M9 14h4",
  send: "M4 12 20 4l-5 16-4-7z",
  close: "M6 6l12 12M18 6 6 18",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5",
  moon: "M20 14a8 8 0 1 1-10-10 6.5 6.5 0 0 0 10 10z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  bolt: "M13 2 4 14h6l-1 8 9-12h-6z",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  check: "M4 12.5 9.5 18 20 6",
  warning: "M12 3 2 20h20zM12 10v4M12 17h.01",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  back: "M15 6l-6 6 6 6",
  inbox: "M3 13h5l2 3h4l2-3h5M5 5h14l2 8v6H3v-6z",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.500 17a1.7 1.7 0 0 1-2.400-2.400L14 7.500",
  home: "M4 11 12 4l8 7v9h-5v-6H9v6H4z",
  file: "M6 2h8l4 4v16H6zM14 2v4h4",
};

/** A small line drawing, for the eye alone. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    drawing.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

/** A round picture with initials; its colour follows from the name. */
export function avatar(name, kind = "") {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 7);
  const initials = name.split(/\s+/).map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();
  return h("span", { class: `avatar hue-${hue} ${kind}`, "aria-hidden": "true" }, initials);
}

/** A time of day in the reader's time zone; with `second: "2-digit"` to the second. */
export function clock(seconds, second) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second });
}
