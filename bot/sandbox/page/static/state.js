// What the server said last, what this visitor is looking at, and the wire between the two.

export const world = { messages: {}, ephemerals: [], modals: {}, homes: {}, traffic: new Map() };

export const ui = {
  me: null, // whom the visitor acts as
  place: null, // a channel's id, or "app"
  tab: "home", // of the app
  thread: null, // { channel, ts } of the open thread
  person: null, // whose conversation is open in Inbox
  pane: "slack", // what a narrow screen shows: slack, inbox or hood
  hood: false, // whether the panel with the requests is open on a wide screen
  exchange: null, // the request whose bodies are shown
  tour: true,
  steps: new Set(), // what of the tour is done
  connected: false,
  notes: [], // what Slack itself told the visitor: { user, channel, thread, ts, text }
  troubles: {}, // what went wrong with a press, by where it was pressed
  errors: {}, // of the modal's fields, by block
  pending: new Set(), // acts under way
  oops: null, // why the last act was not possible at all
};

let draw = () => {};
let scheduled = false;

/** Call `redraw` whenever something has changed. */
export function onChange(redraw) {
  draw = redraw;
}

/** Change what the visitor sees. */
export function change(update = () => {}) {
  update();
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    draw();
  });
}

/** Names of people and channels by id. */
export function names() {
  const all = [...world.slack.people, ...world.slack.channels].map((one) => [one.id, one.name]);
  const groups = world.slack.groups.map((one) => [one.id, one.handle]);
  return Object.fromEntries([...all, ...groups, [world.slack.bot, "Inbox"]]);
}

export const person = (id) => world.slack.people.find((one) => one.id === id);

/** Keep up with the server, for as long as the page is open. */
export function follow(arrived) {
  const socket = new WebSocket(`ws://${location.host}/live`);
  socket.onmessage = ({ data }) => {
    const { traffic, ...parts } = JSON.parse(data);
    if (!ui.connected) world.traffic.clear();
    for (const one of traffic) world.traffic.set(one.number, one);
    Object.assign(world, parts);
    change(() => {
      ui.connected = true;
      arrived();
    });
  };
  socket.onclose = () => {
    change(() => (ui.connected = false));
    setTimeout(follow, 1000, arrived);
  };
}

/** Do something: `{ ok, says?, … }`, where `says` is what a person should read. */
export async function act(name, given = {}, pending = name) {
  change(() => {
    ui.pending.add(pending);
    ui.oops = null;
  });
  try {
    const answer = await fetch(`/act/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
    });
    const done = await answer.json();
    if (answer.status === 422) change(() => (ui.oops = done.says));
    return done;
  } catch {
    return { ok: false, says: "The sandbox does not answer. Is it still running?" };
  } finally {
    change(() => ui.pending.delete(pending));
  }
}

/** Slack's own words to the visitor alone, in a channel or thread. */
export function note(text, channel = ui.place, thread = null) {
  const ts = String(Date.now() / 1000);
  change(() => ui.notes.push({ user: ui.me, channel, thread, ts, text }));
}
