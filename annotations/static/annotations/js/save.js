/**
 * Saving: one change is one request, in the order they were made, and none is lost.
 *
 * A change goes into the outbox (shelf.js) before it is sent, and leaves it when the server has
 * answered. What could not be sent stays on the screen and is tried again, also after a reload, a
 * crash or a week; what was refused stays until somebody decides. Every request carries a key made
 * here: sent again because its answer was lost, it is done once and answered as the first time. A
 * change names the revision it was based on; where somebody else's came first, both versions are
 * put side by side (conflict.js).
 */

import { notice } from "./announce.js";
import { showConflict, writing } from "./conflict.js";
import { SIGNED_OUT, post } from "./post.js";
import { FORGOTTEN, hasLeft, newKey, openShelf } from "./shelf.js";

export { newKey };

/** @typedef {import("./shelf.js").Entry} Entry */

/**
 * @typedef {object} Saver
 * @property {(path: string, fields: Record<string, string | string[]>, about?: {words?: string,
 *   span?: {start: number, end: number} | null, refused?: (answer: any) => boolean,
 *   secret?: import("./secrets.js").Secret[]})
 *   => Promise<import("./patch.js").Result | null>} send
 *   null: it failed, was refused or was let go; it stands in the outbox, unless `refused` says
 *   that its form shows why. Where both versions are put side by side, it waits for the choice.
 * @property {() => number} unsent
 */

const PAUSES = [2_000, 5_000, 15_000, 30_000, 60_000];
/** Keys of earlier changes that a change names at most. */
const AFTER = 40;
/** Paths that are meant twice where they are asked for twice. */
const AGAIN = /^(undo|redo)/;
const UNKEPT =
  "This browser keeps nothing for the page: its storage is full or forbidden. Stay here until all is saved.";
/** Fields in which people write. */
const TYPED = ["note", "body", "quotation", "paraphrase", "verdict_reason", "what", "answer", "where", "who"];

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
  const address = article.dataset.url ?? "";
  const account = document.documentElement.dataset.account || person;
  const shelf = openShelf(account);
  /** @type {Entry[]} */
  let entries = [];
  /** @type {Map<string, Promise<import("./patch.js").Result | null>>} */
  const promises = new Map();
  /** @type {Map<string, (result: import("./patch.js").Result | null) => void>} */
  const promised = new Map();
  /** Forms that show a refusal themselves; after a reload the outbox does.
   * @type {Map<string, (answer: any) => boolean>} */
  const forms = new Map();
  /** What is secret of a change, by its key: in this page's memory alone.
   * @type {Map<string, Record<string, string | string[]>>} */
  const secrets = new Map();
  /** Keys of what this page has sent, by what it was about: a form may still show what was before.
   * @type {Map<string, string[]>} */
  const sent = new Map();
  let busy = false;
  let timer = 0;
  let warned = false;
  const panel = makePanel();

  /** @param {Entry} entry */
  function keep(entry) {
    if (!shelf.put(entry) && !warned) {
      warned = true;
      notice(document, UNKEPT);
    }
    show();
  }

  /** @param {Entry} entry */
  function drop(entry) {
    entries = entries.filter((one) => one !== entry);
    shelf.drop(entry.key);
    secrets.delete(entry.key);
    show();
  }

  /**
   * The change with what is secret of it, as it is sent.
   * @param {Entry} entry
   */
  const whole = (entry) => ({ ...entry, fields: { ...entry.fields, ...secrets.get(entry.key) } });

  /** @param {Entry} entry */
  const lacks = (entry) => (entry.withheld ?? []).length > 0 && !secrets.has(entry.key);

  function show() {
    const spans = (states) =>
      entries.filter(({ state, span }) => span && states.includes(state)).map(({ span }) => span);
    paint.set("saving", spans(["waiting", "sending"]));
    paint.set("failed", spans(["failed", "refused", "old"]));
    // One that is tried again stays in sight, and so do those that wait behind it.
    const stuck = entries.some(({ state }) => state === "failed");
    panel.render(entries.filter(({ state, tries }) => stuck || tries > 0 || !["waiting", "sending"].includes(state)));
  }

  async function pump() {
    if (busy) return;
    busy = true;
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

  /** @param {Entry} entry */
  async function attempt(entry) {
    entry.state = "sending";
    keep(entry);
    const { what, answer, reason, again, pause } = await post(whole(entry));
    if (what === "saved") {
      drop(entry);
      // Not awaited: while a mouse button is held the patch waits, and saving goes on.
      patch(answer).then(() => {
        announce(answer.message ?? "Saved.");
        settle(entry, answer);
      });
    } else if (what === "failed") {
      fail(entry, reason, again, pause);
    } else if (["nothing_to_undo", "nothing_to_redo", "built_upon"].includes(answer?.code)) {
      // Nothing was lost, so nothing is kept.
      drop(entry);
      const more = answer.passed ? " Undo once more passes over it, to what you did before." : "";
      notice(document, `${answer.detail}${more}`);
      if (answer.passed) document.dispatchEvent(new CustomEvent("undo:refused", { detail: answer.passed }));
      settle(entry, null);
    } else if (answer && !answer.conflict && forms.get(entry.key)?.(answer)) {
      drop(entry);
      announce(`Not saved: ${reason}`);
      settle(entry, null);
    } else {
      entry.state = "refused";
      entry.error = reason;
      entry.conflict = answer?.conflict ?? "";
      entry.newest = answer?.code === "stale" ? answer.current?.revision : undefined;
      keep(entry);
      announce(`Not saved: ${reason}`);
      if (!entry.conflict) settle(entry, null);
      else if (promised.has(entry.key) && !writing()) compare(entry);
    }
  }

  /**
   * @param {Entry} entry
   * @param {string} reason
   * @param {boolean} again
   * @param {number} pause
   */
  function fail(entry, reason, again, pause) {
    const first = entry.tries === 0;
    entry.state = "failed";
    entry.error = reason;
    entry.tries += 1;
    keep(entry);
    if (first) announce(`Not saved yet: ${reason}`);
    settle(entry, null);
    if (again) {
      const wait = pause || PAUSES[Math.min(entry.tries, PAUSES.length) - 1];
      clearTimeout(timer);
      timer = setTimeout(retry, wait);
    }
  }

  /** @param {Entry} entry */
  function outcomeOf(entry) {
    const known = promises.get(entry.key);
    if (known) return known;
    /** @type {Promise<import("./patch.js").Result | null>} */
    const outcome = new Promise((resolve) => promised.set(entry.key, resolve));
    promises.set(entry.key, outcome);
    return outcome;
  }

  /**
   * @param {Entry} entry
   * @param {import("./patch.js").Result | null} result
   */
  function settle(entry, result) {
    promised.get(entry.key)?.(result);
    promised.delete(entry.key);
    promises.delete(entry.key);
  }

  /** @param {Entry} [one] */
  function retry(one) {
    for (const entry of one ? [one] : entries) {
      if (entry.state !== "failed") continue;
      entry.state = "waiting";
      keep(entry);
    }
    show();
    pump();
  }

  /**
   * Sends an entry as another request: the answer to the first is on record under its key.
   * @param {Entry} entry
   * @param {Partial<Entry>} [changes]
   */
  function renew(entry, changes = {}) {
    const fresh = { ...entry, key: newKey(), at: shelf.now(), conflict: "", newest: undefined, error: "", tries: 0, ...changes };
    fresh.state = "waiting";
    note(fresh);
    // A choice between two versions is a form of its own, with fields of its own.
    const own = changes.path ? [] : [secrets];
    if (changes.path) fresh.withheld = undefined;
    for (const waiting of [promised, promises, forms, ...own]) {
      const found = waiting.get(entry.key);
      waiting.delete(entry.key);
      if (found) waiting.set(fresh.key, /** @type {any} */ (found));
    }
    // Kept before the other is dropped: a crash between leaves one too many, not one too few.
    entries = entries.map((one) => (one === entry ? fresh : one));
    keep(fresh);
    shelf.drop(entry.key);
    secrets.delete(entry.key);
    pump();
  }

  /**
   * Whoever sends a change has seen what he sent before it: the server need not ask whether it may
   * go over that.
   * @param {Entry} entry
   */
  function note(entry) {
    const about = aboutOf(entry.path);
    const before = [...(sent.get(about) ?? []), ...entries.filter((one) => aboutOf(one.path) === about).map(({ key }) => key)];
    entry.after = [...new Set([...(entry.after ?? []), ...before])].filter((key) => key !== entry.key).slice(-AFTER);
    sent.set(about, [...entry.after, entry.key]);
  }

  /** @param {Entry} entry */
  function letGo(entry, words = "Discarded.") {
    drop(entry);
    announce(words);
    settle(entry, null);
    // A form that still shows what was let go is fetched anew by whoever has it.
    article.dispatchEvent(new CustomEvent("outbox:let-go", { detail: { path: entry.path } }));
    pump();
  }

  /** @param {Entry} entry */
  function compare(entry) {
    showConflict(entry.conflict ?? "", (chosen) => {
      if (!entries.includes(entry)) return;
      if (chosen?.action.startsWith(address)) {
        // Whoever has just chosen waits for what comes of it, also after a reload.
        outcomeOf(entry);
        renew(entry, { path: chosen.action.slice(address.length), fields: chosen.fields });
      } else letGo(entry, "Theirs stays.");
    });
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

    /** @param {Entry} entry */
    const item = (entry) => {
      const line = document.createElement("li");
      line.dataset.state = entry.state;
      const why = entry.state === "sending" ? "Sending again…" : entry.error || "Waits for the one before it.";
      line.append(paragraph("outbox-what", entry.words), paragraph("outbox-why", why));
      const typed = TYPED.map((name) => entry.fields[name]).filter(
        (text) => typeof text === "string" && text.trim() !== "",
      );
      if (typed.length > 0 && !entry.conflict) {
        const more = document.createElement("details");
        more.className = "outbox-typed";
        const summary = document.createElement("summary");
        summary.textContent = "What you wrote";
        more.append(summary, ...typed.map((text) => paragraph("outbox-text", String(text))));
        line.append(more);
      }
      if (entry.state === "sending" || entry.state === "waiting") return line;
      if (lacks(entry)) {
        line.append(...askAgain(entry), button("Discard", () => letGo(entry)));
        return line;
      }
      if (entry.conflict) line.append(button("See both versions", () => compare(entry)));
      else if (entry.newest) {
        const fields = { ...entry.fields, revision: String(entry.newest) };
        line.append(button("Save mine over it", () => renew(entry, { fields })));
      } else if (entry.state === "refused") line.append(button("Retry", () => renew(entry)));
      else if (entry.state === "old") line.append(button("Send it now", () => renew(entry)));
      else line.append(button("Retry", () => retry(entry)));
      if (!entry.conflict) line.append(button("Discard", () => letGo(entry)));
      return line;
    };

    /** What was typed again into the fields of a change, by its key.
     * @type {Map<string, Record<string, string>>} */
    const typedAgain = new Map();

    /** @param {Entry} entry */
    const askAgain = (entry) => {
      const typed = typedAgain.get(entry.key) ?? {};
      typedAgain.set(entry.key, typed);
      const fields = (entry.withheld ?? []).map(({ name, label }) => {
        const field = document.createElement("textarea");
        field.id = `again-${entry.key}-${name}`;
        field.rows = 2;
        field.dir = "auto";
        field.dataset.secret = "";
        field.autocomplete = "off";
        field.value = typed[name] ?? "";
        field.addEventListener("input", () => {
          typed[name] = field.value;
        });
        const holder = document.createElement("label");
        holder.className = "outbox-again";
        holder.append(label, field);
        return holder;
      });
      const send = button("Send it", () => {
        typedAgain.delete(entry.key);
        secrets.set(entry.key, typed);
        if (entry.state === "old") return renew(entry);
        entry.state = "failed";
        return retry(entry);
      });
      return [...fields, send];
    };

    /** @param {string} name @param {string} words */
    const paragraph = (name, words) => {
      const made = document.createElement("p");
      made.className = name;
      made.dir = "auto";
      made.textContent = words;
      return made;
    };

    /** @param {string} words @param {() => void} act */
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
        const had = region.contains(document.activeElement) ? document.activeElement : null;
        const focused = had?.textContent;
        const unfolded = [...region.querySelectorAll("li")].map((line) => line.querySelector("details")?.open ?? false);
        const heading = document.createElement("h2");
        heading.textContent = stuck.length === 1 ? "One change is not saved" : `${stuck.length} changes are not saved`;
        const list = document.createElement("ul");
        list.append(...stuck.map(item));
        for (const [at, line] of [...list.children].entries()) line.querySelector("details")?.toggleAttribute("open", unfolded[at] ?? false);
        region.replaceChildren(heading, list);
        if (warned) region.append(paragraph("outbox-unkept", UNKEPT));
        if (had?.id) document.getElementById(had.id)?.focus();
        else if (focused) {
          [...region.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
        }
      },
    };
  }

  /**
   * Changes that a page left behind which is gone: this page's before a reload, or another's.
   * @param {Entry[]} found
   */
  function take(found) {
    for (const entry of found) {
      entry.tries = 0;
      withhold(entry);
      if (Date.now() - entry.at > FORGOTTEN) {
        entry.state = "old";
        const day = new Date(entry.at).toLocaleDateString(document.documentElement.lang || "en", { dateStyle: "long" });
        entry.error = `This was made on ${day} and never confirmed. It may have been saved then: look before you send it again.`;
      } else if (lacks(entry)) {
        const names = (entry.withheld ?? []).map(({ label }) => `“${label}”`).join(", ");
        entry.state = "refused";
        entry.error = `This browser does not keep what is confidential, so this has to be typed again before it can be sent: ${names}.`;
      } else if (entry.state !== "refused") entry.state = "waiting";
      entries.push(entry);
      keep(entry);
    }
    entries.sort((one, other) => one.at - other.at);
    show();
    pump();
  }

  /**
   * Takes out what an earlier version kept and this one does not.
   * @param {Entry} entry
   */
  function withhold(entry) {
    const { details, ...fields } = entry.fields;
    if (details === undefined) return;
    entry.fields = fields;
    if (details === "") return;
    entry.withheld = [{ name: "details", label: "Details of a confidential source" }];
    secrets.set(entry.key, { details });
  }

  /** The outbox as version 1.0 kept it: one list for each article. */
  function moveOver() {
    const name = `outbox ${person} ${address}`;
    try {
      for (const entry of JSON.parse(localStorage.getItem(name) ?? "[]")) {
        const { tab, theirs, ...rest } = entry;
        if (!shelf.put({ ...rest, account, address, title: title(), holder: "" })) return;
      }
      localStorage.removeItem(name);
    } catch {
      // None, or none that can be read.
    }
  }

  addEventListener("online", () => retry());
  // The server answers again; the browser itself believed all the time that it was online.
  document.addEventListener("live:line", () => retry());
  // Back from the tab where one logged in.
  addEventListener("focus", () => {
    if (entries.some(({ error }) => error === SIGNED_OUT)) retry();
  });
  addEventListener("beforeunload", (event) => {
    if (entries.length > 0 && !hasLeft()) event.preventDefault();
  });
  moveOver();
  shelf.adopt((entry) => entry.address === address, take);

  return {
    send(path, fields, { words = "A change", span = null, refused = undefined, secret = [] } = {}) {
      const same = AGAIN.test(path) ? undefined : entries.find((entry) => alike(whole(entry), path, fields));
      if (same) {
        // A double click, or another press while it waits: it is the same change.
        const outcome = outcomeOf(same);
        if (same.conflict) compare(same);
        else if (same.state === "failed") retry(same);
        else if (same.state === "refused") renew(same);
        return outcome;
      }
      const withheld = secret.filter(({ name }) => String(fields[name] ?? "") !== "");
      /** @param {boolean} asked */
      const which = (asked) =>
        Object.fromEntries(Object.entries(fields).filter(([name]) => secret.some((one) => one.name === name) === asked));
      /** @type {Entry} */
      const entry = {
        key: newKey(),
        account,
        address,
        title: title(),
        path,
        fields: which(false),
        words,
        span,
        state: "waiting",
        error: "",
        tries: 0,
        at: shelf.now(),
        holder: shelf.holder,
      };
      if (secret.length > 0) {
        entry.withheld = withheld;
        secrets.set(entry.key, which(true));
      }
      if (refused) forms.set(entry.key, refused);
      note(entry);
      entries.push(entry);
      keep(entry);
      const outcome = outcomeOf(entry);
      pump();
      return outcome;
    },
    unsent: () => entries.length,
  };
}

function title() {
  return document.title.split(" · ")[0];
}

/** What a change is about: a span with all that hangs on it, a block, the article.
 * @param {string} path */
const aboutOf = (path) => path.split("/").slice(0, 2).join("/");

/**
 * @param {Entry} entry
 * @param {string} path
 * @param {Entry["fields"]} fields
 */
function alike(entry, path, fields) {
  /** @param {Entry["fields"]} one */
  const told = (one) => JSON.stringify(Object.entries(one).sort());
  return entry.path === path && told(entry.fields) === told(fields);
}
