/**
 * Saving: one change is one request, in the order they were made, and none is lost.
 *
 * A change goes into the outbox (kept on this device) before it is sent, and leaves it when the
 * server has answered. What could not be sent stays on the screen and is tried again, also after
 * a reload; what was refused stays until somebody decides. Every request carries a key made here:
 * sent again because its answer was lost, it is done once and answered as the first time. A change
 * names the revision it was based on.
 */

import { notice } from "./announce.js";

/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} path  below the article's address
 * @property {Record<string, string | string[]>} fields
 * @property {string} words  what the change is, for people
 * @property {{start: number, end: number} | null} span  what to paint
 * @property {"waiting" | "sending" | "failed" | "refused"} state
 * @property {string} error
 * @property {number} tries
 * @property {number} at  when it was made, in milliseconds
 * @property {string} tab
 * @property {{revision?: number, quote?: string, note?: string} | null} [theirs]  the row as it is now, where a
 *   refusal was for an old revision
 */

/**
 * @typedef {object} Saver
 * @property {(path: string, fields: Record<string, string | string[]>, about?: {words?: string,
 *   span?: {start: number, end: number} | null, refused?: (answer: any) => boolean})
 *   => Promise<import("./patch.js").Result | null>} send
 *   null: it failed or was refused, and stands in the outbox, unless `refused` says that its form
 *   shows why
 * @property {() => number} unsent
 */

const PAUSES = [2_000, 5_000, 15_000, 30_000, 60_000];
const PATIENCE = 20_000;
const ABANDONED = 60_000;
const SIGNED_OUT = "You are logged out. Log in again in another tab; nothing typed here is lost.";
const SOMEBODY_ELSE = "Somebody else is logged in in this browser now. Log in again as yourself.";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {(result: import("./patch.js").Result) => Promise<void>} parts.patch
 * @param {import("./paint.js").Paint} parts.paint
 * @param {(message: string) => void} parts.announce
 * @param {string} parts.person  whose outbox it is
 * @returns {Saver}
 */
export function start({ article, patch, paint, announce, person }) {
  const address = article.dataset.url;
  const shelf = `outbox ${person} ${address}`;
  const tab = tabName();
  /** @type {Entry[]} */
  let entries = restore();
  /** @type {Map<string, (result: import("./patch.js").Result | null) => void>} */
  const promised = new Map();
  /** Forms that show a refusal themselves; after a reload the outbox does.
   * @type {Map<string, (answer: any) => boolean>} */
  const forms = new Map();
  let busy = false;
  let timer = 0;
  const panel = makePanel();

  /** @returns {Entry[]} */
  function stored() {
    try {
      return JSON.parse(localStorage.getItem(shelf) ?? "[]");
    } catch {
      return [];
    }
  }

  function restore() {
    // What another open tab is sending is left to it, until it seems to be gone.
    return stored()
      .filter((entry) => entry.tab === tab || Date.now() - entry.at > ABANDONED)
      .map((entry) => ({
        ...entry,
        tab,
        tries: 0,
        state: entry.state === "refused" ? "refused" : "waiting",
      }));
  }

  function keep() {
    const mine = new Set(entries.map((entry) => entry.key));
    const others = stored().filter((entry) => entry.tab !== tab && !mine.has(entry.key));
    try {
      if (others.length + entries.length === 0) localStorage.removeItem(shelf);
      else localStorage.setItem(shelf, JSON.stringify([...others, ...entries]));
    } catch {
      // No storage: the page still holds it, and leaving warns.
    }
    show();
  }

  function show() {
    const spans = (states) =>
      entries.filter(({ state, span }) => span && states.includes(state)).map(({ span }) => span);
    paint.set("saving", spans(["waiting", "sending"]));
    paint.set("failed", spans(["failed", "refused"]));
    panel.render(entries.filter(({ state }) => state === "failed" || state === "refused"));
  }

  async function pump() {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    try {
      for (;;) {
        const entry = entries.find(({ state }) => state === "waiting");
        // A change after one that could not be sent waits for it: it may build on it.
        if (!entry || entries.some(({ state }) => state === "failed")) break;
        await attempt(entry);
      }
    } finally {
      busy = false;
    }
  }

  /**
   * @param {Entry} entry
   * @param {boolean} [renewed]  the token was fetched anew for this
   */
  async function attempt(entry, renewed = false) {
    entry.state = "sending";
    keep();
    let response;
    let answer = null;
    try {
      response = await fetch(address + entry.path, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": csrf() },
        body: new URLSearchParams([
          ...Object.entries(entry.fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
          ["key", entry.key],
          ["csrfmiddlewaretoken", csrf()],
        ]),
        credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (/json/.test(response.headers.get("Content-Type") ?? "")) answer = await response.json();
    } catch {
      fail(entry, "The server could not be reached.");
      return;
    }
    if (response.ok && answer) {
      entries = entries.filter((one) => one !== entry);
      // Not awaited: while a mouse button is held the patch waits, and saving goes on.
      patch(answer).then(() => {
        announce(answer.message ?? "Saved.");
        settle(entry, answer);
      });
      keep();
    } else if (response.ok || answer?.code === "logged_out") {
      fail(entry, SIGNED_OUT, false);
    } else if (answer?.code === "stale_token" && !renewed) {
      // Whoever logged in again, in another tab, got another token; this page still has the old one.
      const mine = document.documentElement.dataset.account ?? "";
      if (answer.account && answer.account === mine) {
        renew(answer.token);
        await attempt(entry, true);
      } else fail(entry, answer.account ? SOMEBODY_ELSE : SIGNED_OUT, false);
    } else if (response.status >= 500 || response.status === 429) {
      const after = Number(response.headers.get("Retry-After"));
      fail(entry, answer?.detail ?? `The server answered ${response.status}.`, true, after * 1000);
    } else if (["nothing_to_undo", "nothing_to_redo", "built_upon"].includes(answer?.code)) {
      // Nothing was lost, so nothing is kept.
      entries = entries.filter((one) => one !== entry);
      keep();
      notice(document, answer.detail);
      settle(entry, null);
    } else if (answer && forms.get(entry.key)?.(answer)) {
      entries = entries.filter((one) => one !== entry);
      keep();
      announce(`Not saved: ${answer.detail ?? answer.title}`);
      settle(entry, null);
    } else {
      entry.theirs = answer?.code === "stale" ? (answer.current ?? {}) : null;
      refuse(entry, answer?.detail || answer?.title || `The server answered ${response.status}.`);
    }
  }

  /**
   * @param {Entry} entry
   * @param {string} reason
   */
  function refuse(entry, reason) {
    entry.state = "refused";
    entry.error = reason;
    keep();
    announce(`Not saved: ${reason}`);
    settle(entry, null);
  }

  /**
   * @param {Entry} entry
   * @param {string} reason
   * @param {boolean} [again]
   * @param {number} [pause]
   */
  function fail(entry, reason, again = true, pause = 0) {
    const first = entry.tries === 0;
    entry.state = "failed";
    entry.error = reason;
    entry.tries += 1;
    keep();
    if (first) announce(`Not saved yet: ${reason}`);
    settle(entry, null);
    if (again) {
      const wait = pause || PAUSES[Math.min(entry.tries, PAUSES.length) - 1];
      timer = setTimeout(retry, wait);
    }
  }

  function settle(entry, result) {
    promised.get(entry.key)?.(result);
    promised.delete(entry.key);
    forms.delete(entry.key);
  }

  /** @param {Entry} [one] */
  function retry(one) {
    for (const entry of one ? [one] : entries) {
      if (entry.state === "failed" || entry === one) entry.state = "waiting";
    }
    keep();
    pump();
  }

  function makePanel() {
    const region = document.getElementById("outbox") ?? document.createElement("section");
    if (!region.isConnected) {
      region.id = "outbox";
      region.className = "strip outbox";
      region.dataset.state = "unsaved";
      region.setAttribute("aria-label", "Not saved");
      document.body.append(region);
    }
    region.hidden = true;
    const item = (entry) => {
      const line = document.createElement("li");
      line.dataset.state = entry.state;
      const what = document.createElement("p");
      what.className = "outbox-what";
      what.textContent = entry.words;
      const why = document.createElement("p");
      why.className = "outbox-why";
      why.textContent = entry.error;
      line.append(what, why);
      if (entry.theirs?.quote) {
        const now = document.createElement("p");
        now.className = "outbox-theirs";
        now.textContent = `Now it is “${entry.theirs.quote}”${entry.theirs.note ? `, with the note “${entry.theirs.note}”` : ""}.`;
        line.append(now);
      }
      if (Number.isInteger(entry.theirs?.revision)) {
        line.append(
          button("Save mine over it", () => {
            entry.fields.revision = String(entry.theirs.revision);
            // Another request needs another key: the first one's answer is on record.
            entry.key = newKey();
            retry(entry);
          }),
        );
      } else line.append(button("Retry", () => retry(entry)));
      line.append(
        button(entry.theirs ? "Keep theirs" : "Discard", () => {
          entries = entries.filter((one) => one !== entry);
          keep();
          announce("Discarded.");
          pump();
        }),
      );
      return line;
    };
    const button = (words, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = words;
      made.addEventListener("click", act);
      return made;
    };
    return {
      /** @param {Entry[]} stuck */
      render(stuck) {
        region.hidden = stuck.length === 0;
        if (stuck.length === 0) {
          region.replaceChildren();
          return;
        }
        const focused = region.contains(document.activeElement)
          ? document.activeElement.textContent
          : null;
        const heading = document.createElement("h2");
        heading.textContent = stuck.length === 1 ? "One change is not saved" : `${stuck.length} changes are not saved`;
        const list = document.createElement("ul");
        list.append(...stuck.map(item));
        region.replaceChildren(heading, list);
        if (focused) {
          [...region.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
        }
      },
    };
  }

  addEventListener("online", () => retry());
  // Back from the tab where one logged in.
  addEventListener("focus", () => {
    if (entries.some(({ error }) => error === SIGNED_OUT)) retry();
  });
  addEventListener("beforeunload", (event) => {
    if (entries.length > 0) event.preventDefault();
  });
  if (entries.length > 0) keep();
  pump();

  return {
    send(path, fields, { words = "A change", span = null, refused = undefined } = {}) {
      const entry = {
        key: newKey(),
        path,
        fields,
        words,
        span,
        state: "waiting",
        error: "",
        tries: 0,
        at: Date.now(),
        tab,
      };
      if (refused) forms.set(entry.key, refused);
      entries.push(entry);
      keep();
      const outcome = new Promise((resolve) => promised.set(entry.key, resolve));
      pump();
      return outcome;
    },
    unsent: () => entries.length,
  };
}

const TOKEN = "input[name=csrfmiddlewaretoken]";

function csrf() {
  return document.querySelector(TOKEN)?.value ?? "";
}

/** @param {string} token */
function renew(token) {
  for (const field of document.querySelectorAll(TOKEN)) field.value = token;
}

/** A UUID also where the page came over plain http and `crypto.randomUUID` is missing. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function tabName() {
  try {
    let name = sessionStorage.getItem("tab");
    if (!name) {
      name = newKey();
      sessionStorage.setItem("tab", name);
    }
    return name;
  } catch {
    return newKey();
  }
}
