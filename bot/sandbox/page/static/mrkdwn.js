// Slack's mrkdwn and rich_text as nodes: https://docs.slack.dev/messaging/formatting-message-text

import { h } from "./dom.js";

const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<entity>[^<>]+)>",
    "(?<![\\p{L}\\p{N}*])\\*(?<bold>(?! )[^*\\n]+?(?<! ))\\*(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])_(?<italic>(?! )[^_\\n]+?(?<! ))_(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])~(?<strike>(?! )[^~\\n]+?(?<! ))~(?![\\p{L}\\p{N}~])",
  ].join("|"),
  "gu",
);
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** Mrkdwn as nodes; `names` has the names of people and channels by id. */
export function mrkdwn(text, names) {
  return text.split(/```/).flatMap((part, index) => {
    if (index % 2) return [h("pre", {}, plain(part.replace(/^\n|\n$/g, "")))];
    return quoted(part).map(([quote, lines]) => {
      const inside = lines.flatMap((line, number) => [...(number ? [h("br")] : []), ...inline(line, names)]);
      return quote ? h("blockquote", { dir: "auto" }, inside) : h("span", { dir: "auto" }, inside);
    });
  });
}

/** A text object of either kind. */
export function text(object, names) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : [h("span", { dir: "auto" }, object.text)];
}

/** Lines in runs of quoted and unquoted ones: [[isQuote, lines], …]. */
function quoted(part) {
  const runs = [];
  for (const line of part.split("\n")) {
    const quote = /^(&gt;|>)/.test(line);
    if (!runs.length || runs.at(-1)[0] !== quote) runs.push([quote, []]);
    runs.at(-1)[1].push(quote ? line.replace(/^(&gt;|>) ?/, "") : line);
  }
  return runs;
}

function inline(line, names) {
  const found = [];
  let end = 0;
  for (const match of line.matchAll(INLINE)) {
    if (match.index > end) found.push(plain(line.slice(end, match.index)));
    const { code, entity: inside, bold, italic, strike } = match.groups;
    if (code !== undefined) found.push(h("code", {}, plain(code)));
    else if (inside !== undefined) found.push(...entity(inside, names));
    else if (bold !== undefined) found.push(h("strong", {}, inline(bold, names)));
    else if (italic !== undefined) found.push(h("em", {}, inline(italic, names)));
    else found.push(h("s", {}, inline(strike, names)));
    end = match.index + match[0].length;
  }
  if (end < line.length) found.push(plain(line.slice(end)));
  return found;
}

function plain(escaped) {
  return escaped.replace(/&(lt|gt|amp);/g, (found) => ENTITIES[found]);
}

function entity(inside, names) {
  const [target, label = ""] = inside.split(/\|(.*)/s);
  if (target.startsWith("@")) return [mention(`@${names[target.slice(1)] ?? (label || target.slice(1))}`)];
  if (target.startsWith("#")) return [mention(`#${names[target.slice(1)] ?? (label || target.slice(1))}`)];
  if (target.startsWith("!date^")) return [date(target, label)];
  if (target.startsWith("!subteam^")) return [mention(`@${names[target.split("^")[1]] ?? "group"}`)];
  if (target.startsWith("!")) return [mention(label || `@${target.slice(1).split("^")[0]}`)];
  return [link(target, plain(label || target))];
}

const mention = (words) => h("span", { class: "mention" }, words);

function link(url, words) {
  if (!/^(https?:|mailto:)/.test(url)) return words;
  return h("a", { href: url.replace(/&amp;/g, "&"), target: "_blank", rel: "noopener noreferrer" }, words);
}

/** `!date^SECONDS^FORMAT^LINK`, in the reader's own time zone. */
function date(target, fallback) {
  const [, seconds, format = ""] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return plain(fallback);
  const words = format.replace(/\{(\w+)\}/g, (whole, token) => dateToken(token, at) ?? whole);
  return h("time", { datetime: at.toISOString(), title: fallback }, words);
}

function dateToken(token, at) {
  const as = (options) => at.toLocaleDateString([], options);
  if (token === "time") return at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (token === "time_secs") return at.toLocaleTimeString();
  if (token === "date_num") return at.toISOString().slice(0, 10);
  if (token.endsWith("_pretty")) {
    const days = Math.round((startOfDay(at) - startOfDay(new Date())) / 86_400_000);
    if (Math.abs(days) < 2) return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
  }
  if (token.startsWith("date_short")) return as({ month: "short", day: "numeric", year: "numeric" });
  if (token.startsWith("date_long")) return as({ weekday: "long", month: "long", day: "numeric", year: "numeric" });
  if (token.startsWith("date")) return as({ month: "long", day: "numeric", year: "numeric" });
  return token === "ago" ? at.toLocaleString() : null;
}

const startOfDay = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();

/** The parts of a rich_text block. */
export function richText(parts, names) {
  return parts.map((part) => {
    const inside = () => part.elements.map((one) => run(one, names));
    if (part.type === "rich_text_quote") return h("blockquote", { dir: "auto" }, inside());
    if (part.type === "rich_text_preformatted") return h("pre", {}, inside());
    if (part.type === "rich_text_list") {
      const items = part.elements.map((one) => h("li", { dir: "auto" }, one.elements.map((each) => run(each, names))));
      return h(part.style === "ordered" ? "ol" : "ul", {}, items);
    }
    return h("p", { dir: "auto" }, inside());
  });
}

function run(one, names) {
  if (one.type === "link") return styled(one.style, link(one.url, one.text || one.url));
  if (one.type === "user") return mention(`@${names[one.user_id] ?? one.user_id}`);
  if (one.type === "channel") return mention(`#${names[one.channel_id] ?? one.channel_id}`);
  if (one.type === "broadcast") return mention(`@${one.range}`);
  if (one.type === "emoji") return one.unicode ? glyph(one.unicode) : `:${one.name}:`;
  if (one.type === "date") return date(`!date^${one.timestamp}^${one.format}`, one.fallback ?? "");
  return styled(one.style, one.text ?? one.value ?? "");
}

const glyph = (codes) => String.fromCodePoint(...codes.split("-").map((code) => Number.parseInt(code, 16)));

function styled(style, inside) {
  const tags = { bold: "strong", italic: "em", strike: "s", code: "code" };
  return Object.entries(tags).reduce((inner, [name, tag]) => (style?.[name] ? h(tag, {}, inner) : inner), inside);
}
