/**
 * The one line to the server that all windows of a browser share: a browser opens at most six
 * connections to a host, and a stream of each page would take them all.
 */

import { openLine, total } from "./line.js";

/** Milliseconds after which a window that says nothing is gone. */
const SILENT = 45_000;

/** @type {Map<MessagePort, {topics: Map<string, string>, at: number}>} */
const windows = new Map();
/** @type {string} */
let now = "";

const line = openLine({
  told(event, data) {
    for (const [port, { topics }] of windows) {
      if (data.topic && !topics.has(data.topic)) continue;
      if (data.cursor) topics.set(data.topic, data.cursor);
      if (event === "gone" && !data.again) topics.delete(data.topic);
      port.postMessage({ event, data });
    }
  },
  state(state) {
    now = state;
    for (const port of windows.keys()) port.postMessage({ state });
  },
});

function follow() {
  /** @type {Map<string, string>} */
  const wanted = new Map();
  for (const { topics } of windows.values()) {
    for (const [topic, cursor] of topics) {
      const other = wanted.get(topic);
      // The window that has read least decides: what the others have already does them no harm.
      if (other === undefined || total(cursor) < total(other)) wanted.set(topic, cursor);
    }
  }
  line.follow(wanted);
}

self.addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  port.addEventListener("message", ({ data }) => {
    if (data.bye) windows.delete(port);
    else if (data.topics) windows.set(port, { topics: new Map(data.topics), at: Date.now() });
    else {
      const known = windows.get(port);
      if (known) known.at = Date.now();
      if (data.wake) line.wake();
      return;
    }
    follow();
    if (now && data.topics) port.postMessage({ state: now });
  });
  port.start();
});

setInterval(() => {
  let gone = false;
  for (const [port, { at }] of windows) {
    if (Date.now() - at <= SILENT) continue;
    windows.delete(port);
    gone = true;
  }
  if (gone) follow();
}, SILENT / 3);
