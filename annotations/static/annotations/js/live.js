/**
 * Following others' changes: what a page declares is kept as a fresh page would have it.
 *
 * `data-live-topic="project/article@cursor"` says what the page is about. Regions with `data-live`
 * (the tables whose changes concern them, or `*`) are fetched again and put in; the article's own
 * page puts in patches by itself, which come as `live:patch` events of the document.
 */

import { openLine, total } from "./line.js";
import { keepUnfolded, merge } from "./merge.js";
import { otherForm, retype } from "./retype.js";

/** Milliseconds between two fetches of a region: of this article, and of a whole project. */
const QUICK = 150;
const CALM = 4_000;
/** How long a hidden page goes on following, and how often it says that it is there. */
const HIDDEN = 5_000;
const PING = 15_000;
/** A line that is back within this time was never worth a word. */
const UNNOTICED = 1_500;

const WORDS = {
  lost: "No connection to the server. Others’ changes come when it is back, and yours are kept here.",
  out: "You are logged out, or no member of this project any more: others’ changes do not come in.",
  other: "Somebody else is logged in in this browser now: others’ changes do not come in.",
  moved: "What stands here has changed since you opened it.",
};
/** The page's own address: one that shows a refused form stands at the address of that form. */
const HERE = new URL(document.documentElement.dataset.here ?? location.href, location.href).href;

/**
 * Whether two regions show the same; what only this answer has (tokens, keys of requests) and what
 * a script put there does not count.
 * @param {Element} a
 * @param {Element} b
 */
function same(a, b) {
  const plain = (element) => {
    const copy = /** @type {Element} */ (element.cloneNode(true));
    for (const one of copy.querySelectorAll("input[name=csrfmiddlewaretoken], input[name=key], .live-news")) one.remove();
    for (const fold of copy.querySelectorAll("details")) fold.removeAttribute("open");
    copy.normalize();
    return copy;
  };
  return plain(a).isEqualNode(plain(b));
}

/** @returns {Map<string, string>} */
function topicsOf() {
  const found = new Map();
  for (const element of document.querySelectorAll("[data-live-topic]")) {
    const [topic, cursor] = /** @type {HTMLElement} */ (element).dataset.liveTopic.split("@");
    found.set(topic, cursor);
  }
  return found;
}

/**
 * @param {(message: {event?: string, data?: any, state?: string}) => void} hear
 * @returns {{follow: (topics: Map<string, string>) => void, wake: () => void, bye: () => void}}
 */
function connect(hear) {
  const own = () => {
    const line = openLine({
      told: (event, data) => hear({ event, data }),
      state: (state) => hear({ state }),
    });
    return { ...line, bye: () => line.follow(new Map()) };
  };
  const script = document.documentElement.dataset.liveWorker;
  if (typeof SharedWorker === "undefined" || !script) return own();
  let used;
  try {
    const worker = new SharedWorker(script, { type: "module", name: "live" });
    worker.port.addEventListener("message", ({ data }) => hear(data));
    worker.port.start();
    setInterval(() => worker.port.postMessage({ ping: true }), PING);
    used = {
      follow: (topics) => worker.port.postMessage({ topics: [...topics] }),
      wake: () => worker.port.postMessage({ wake: true }),
      bye: () => worker.port.postMessage({ bye: true }),
    };
    worker.addEventListener("error", () => {
      used = own();
      used.follow(lastTopics);
    });
  } catch {
    return own();
  }
  /** @type {Map<string, string>} */
  let lastTopics = new Map();
  return {
    follow(topics) {
      lastTopics = topics;
      used.follow(topics);
    },
    wake: () => used.wake(),
    bye: () => used.bye(),
  };
}

/** Starts where the page follows anything. */
export function start() {
  const topics = topicsOf();
  if (topics.size === 0) return;
  const article = [...topics.keys()].find((topic) => topic.includes("/"));
  const status = document.getElementById("live-state");
  let away = 0;
  let late = 0;

  /** @param {string} words */
  function say(words) {
    clearTimeout(late);
    const show = () => {
      if (!status) return;
      status.textContent = words;
      status.hidden = words === "";
    };
    if (words) late = setTimeout(show, UNNOTICED);
    else show();
  }

  const line = connect(({ event, data, state }) => {
    if (state) {
      document.documentElement.dataset.live = state;
      say(WORDS[state] ?? "");
      if (state === "live" || state === "looking") document.dispatchEvent(new CustomEvent("live:line"));
      return;
    }
    if (event === "hello") {
      const me = document.documentElement.dataset.account;
      if (me && data.account !== me) {
        line.follow(new Map());
        say(WORDS.other);
      }
      return;
    }
    if (data.topic && !topics.has(data.topic)) return;
    if (data.cursor) {
      if (total(data.cursor) < total(topics.get(data.topic)) && !data.reset) return;
      topics.set(data.topic, data.cursor);
    }
    if (event === "gone") {
      if (!data.again) {
        topics.delete(data.topic);
        say(WORDS.out);
      }
      return;
    }
    document.dispatchEvent(new CustomEvent(`live:${event}`, { detail: data }));
    if (event === "patch" || event === "changed") refresh(data.topic, data.tables ?? ["*"]);
  });

  // ── regions ─────────────────────────────────────────────────────────────────────────────────

  /** @type {Map<string, {at: number, timer: number}>} */
  const due = new Map();

  /**
   * @param {string} topic
   * @param {string[]} tables
   */
  function refresh(topic, tables) {
    for (const region of document.querySelectorAll("[data-live]")) {
      const { live, liveOf, liveSrc } = /** @type {HTMLElement} */ (region).dataset;
      const ofProject = liveOf === "project" || !article;
      if (ofProject !== !topic.includes("/") || !region.id) continue;
      const wanted = live.split(" ");
      if (!tables.includes("*") && !wanted.includes("*") && !tables.some((one) => wanted.includes(one))) continue;
      plan(liveSrc || HERE, topic.includes("/") ? QUICK : CALM);
    }
  }

  /**
   * @param {string} address
   * @param {number} pace
   */
  function plan(address, pace) {
    const known = due.get(address) ?? { at: 0, timer: 0 };
    due.set(address, known);
    if (known.timer) return;
    // Spread, so that fifty pages do not ask in the same moment.
    const wait = Math.max(known.at + pace - Date.now(), 0) + Math.random() * (pace / 4);
    known.timer = setTimeout(async () => {
      known.timer = 0;
      known.at = Date.now();
      await fetchRegions(address);
    }, wait);
  }

  /** @param {string} address */
  async function fetchRegions(address) {
    let page;
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (!response.ok || response.redirected) return;
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } catch {
      // The next change, or the line when it is back, asks again.
      return;
    }
    for (const region of document.querySelectorAll("[data-live]")) {
      const element = /** @type {HTMLElement} */ (region);
      if ((element.dataset.liveSrc || HERE) !== address) continue;
      const fresh = page.getElementById(region.id);
      if (!fresh) continue;
      if (same(fresh, region)) {
        region.querySelector(":scope > .live-news")?.remove();
        continue;
      }
      const swap = document.importNode(fresh, true);
      if (element.dataset.liveAsk || refused(element)) {
        offer(element, swap);
        continue;
      }
      // What was left as it was, because somebody works there, and is not what it was.
      let behind = false;
      const there = merge(element, swap, (old, now) => (behind ||= otherForm(old, now)));
      there.dispatchEvent(new CustomEvent("live:swapped", { bubbles: true }));
      if (behind) offer(element, document.importNode(fresh, true));
    }
  }

  /** @type {WeakSet<Element>} */
  const shown = new WeakSet();

  /**
   * Whether a region shows a refused form: why it was refused, and what was typed, as if the
   * server had it.
   * @param {HTMLElement} region
   */
  const refused = (region) =>
    Boolean(document.documentElement.dataset.here) &&
    !region.dataset.liveSrc &&
    !shown.has(region) &&
    region.querySelector("form[method=post] :is(input:not([type=hidden]), textarea, select)") !== null;

  /** @type {WeakMap<Element, HTMLElement>} */
  const waiting = new WeakMap();

  /**
   * Say that a region has moved on, and let whoever reads it decide when to see that: nobody should
   * judge what he has not read.
   * @param {HTMLElement} region
   * @param {HTMLElement} fresh
   */
  function offer(region, fresh) {
    waiting.set(region, fresh);
    // Said once, and the button stays the one that may hold the focus.
    if (region.querySelector(":scope > .live-news")) return;
    const line = document.createElement("p");
    line.className = "live-news";
    line.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = "Show it";
    button.addEventListener("click", () => show(region));
    line.append(`${region.dataset.liveAsk || WORDS.moved} `, button);
    region.prepend(line);
  }

  /**
   * Put what waits for a region in its place, with what was typed at the same fields.
   * @param {HTMLElement} region
   */
  function show(region) {
    const fresh = /** @type {HTMLElement} */ (waiting.get(region));
    keepUnfolded(region, fresh);
    const lost = retype(region, fresh, refused(region));
    region.replaceWith(fresh);
    shown.add(fresh);
    if (lost.length > 0) fresh.before(homeless(lost));
    fresh.tabIndex = -1;
    fresh.focus({ preventScroll: true });
    fresh.dispatchEvent(new CustomEvent("live:swapped", { bubbles: true }));
    // Half-written texts are noted as if they had been typed here.
    for (const field of fresh.querySelectorAll("input, textarea")) {
      const { value, defaultValue } = /** @type {HTMLInputElement} */ (field);
      if (value !== defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  /**
   * Keep what was typed at what is gone, outside the region, so that no later change takes it.
   * @param {[string, string][]} lost
   */
  function homeless(lost) {
    const box = document.createElement("div");
    box.className = "live-kept";
    box.setAttribute("role", "status");
    const list = document.createElement("ul");
    for (const [name, words] of lost) {
      const line = document.createElement("li");
      const typed = document.createElement("q");
      typed.dir = "auto";
      typed.textContent = words;
      line.append(`${name}: `, typed);
      list.append(line);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = "Discard";
    button.addEventListener("click", () => box.remove());
    const head = document.createElement("p");
    head.textContent = "What you typed here has no place any more:";
    box.append(head, list, button);
    return box;
  }

  // ── here, hidden, gone ──────────────────────────────────────────────────────────────────────

  document.addEventListener("visibilitychange", () => {
    clearTimeout(away);
    if (document.visibilityState === "hidden") away = setTimeout(() => line.bye(), HIDDEN);
    else {
      line.follow(topics);
      line.wake();
    }
  });
  // What one did in another window and no event tells of, as reading one's inbox.
  addEventListener("focus", () => {
    for (const topic of topics.keys()) {
      if (!topic.includes("/")) refresh(topic, ["*"]);
    }
  });
  addEventListener("pagehide", () => line.bye());
  addEventListener("pageshow", (event) => {
    if (event.persisted) line.follow(topics);
  });
  line.follow(topics);
}

start();
