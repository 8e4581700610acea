/**
 * The line to the server: one stream for everything that open pages follow, opened again by
 * itself, with a look now and then where no stream is to be had.
 *
 * A topic is `project` or `project/article`; its cursor says how far its pages have read. Runs in
 * a page or in a worker that several pages share.
 */

/** Milliseconds between two tries for the stream, and between two looks without one. */
const TRIES = [300, 1_000, 2_000, 4_000, 8_000, 15_000];
const LOOK = 3_000;
/** The server gives a sign of life every 10 s; a line that is silent for longer is dead. */
const SILENCE = 25_000;
const WATCH = 2_000;
const EVENTS = ["hello", "patch", "changed", "here", "gone"];

/**
 * @typedef {"live" | "looking" | "lost" | "out"} State
 *   looking: changes come a little later; out: logged out, or no member any more
 * @typedef {object} Line
 * @property {(topics: Map<string, string>) => void} follow  topics with their cursors
 * @property {() => void} wake  look now: the machine slept, or a page came to the front
 */

/** @param {string} cursor */
export const total = (cursor) => cursor.split(".").reduce((sum, part) => sum + Number(part), 0);

/** @param {string} topic */
const address = (topic) => {
  const [slug, article] = topic.split("/");
  return article ? `/p/${slug}/a/${article}/changes` : `/p/${slug}/changes`;
};

/**
 * @param {object} how
 * @param {(event: string, data: any) => void} how.told
 * @param {(state: State) => void} how.state
 * @returns {Line}
 */
export function openLine({ told, state }) {
  /** @type {Map<string, string>} */
  const topics = new Map();
  /** @type {EventSource | null} */
  let source = null;
  let open = false;
  let tries = 0;
  let heard = 0;
  let retry = 0;
  let looking = 0;
  let soon = 0;
  /** @type {State | ""} */
  let said = "";

  /** @param {State} now */
  function say(now) {
    if (now !== said) state(now);
    said = now;
  }

  /** @param {string} event @param {any} data */
  function take(event, data) {
    if (data.cursor && topics.has(data.topic)) topics.set(data.topic, data.cursor);
    if (event === "gone") {
      if (data.again) setTimeout(connect, TRIES[0]);
      else topics.delete(data.topic);
    }
    told(event, data);
  }

  function close() {
    clearTimeout(retry);
    source?.close();
    source = null;
    open = false;
  }

  function connect() {
    close();
    if (topics.size === 0) {
      clearInterval(looking);
      looking = 0;
      return;
    }
    const asked = [...topics].map(([topic, cursor]) => `t=${encodeURIComponent(`${topic}@${cursor}`)}`);
    const mine = new EventSource(`/live/?${asked.join("&")}`);
    source = mine;
    heard = Date.now();
    mine.addEventListener("open", () => {
      heard = Date.now();
      tries = 0;
      open = true;
      clearInterval(looking);
      looking = 0;
      say("live");
    });
    mine.addEventListener("beat", () => {
      heard = Date.now();
    });
    for (const event of EVENTS) {
      mine.addEventListener(event, (message) => {
        heard = Date.now();
        if (mine === source) take(event, JSON.parse(message.data));
      });
    }
    mine.addEventListener("error", () => {
      if (mine === source) fail();
    });
  }

  function fail() {
    const ended = open;
    close();
    if (topics.size === 0) return;
    retry = setTimeout(connect, TRIES[Math.min(tries, TRIES.length - 1)] * (0.75 + Math.random() / 2));
    tries += 1;
    // A stream that the server ended is opened again at once; only what lasts is worth a word.
    if (ended && tries <= 1) return;
    if (!looking) {
      looking = setInterval(look, LOOK);
      look();
    }
  }

  async function look() {
    for (const [topic, cursor] of [...topics]) {
      let answer;
      try {
        const response = await fetch(`${address(topic)}?since=${cursor}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (response.status === 401 || response.status === 404) {
          if (response.status === 404 && topics.size > 1) {
            take("gone", { topic, again: false });
            continue;
          }
          if (!open) say("out");
          return;
        }
        if (!response.ok) throw new Error(String(response.status));
        answer = await response.json();
      } catch {
        if (!open) say("lost");
        return;
      }
      if (open || !topics.has(topic)) continue;
      say("looking");
      if (answer.here) told("here", { topic, here: answer.here });
      if (answer.cursor && answer.cursor !== cursor) {
        take(topic.includes("/") ? "patch" : "changed", { ...answer, topic });
      }
    }
  }

  setInterval(() => {
    // Also after the machine slept: the clock went on, and nothing was heard.
    if (source && Date.now() - heard > SILENCE) {
      close();
      connect();
    }
  }, WATCH);
  globalThis.addEventListener?.("online", () => connect());
  globalThis.addEventListener?.("offline", () => fail());

  return {
    follow(wanted) {
      let anew = false;
      for (const topic of [...topics.keys()]) {
        if (wanted.has(topic)) continue;
        topics.delete(topic);
        anew = true;
      }
      for (const [topic, cursor] of wanted) {
        const now = topics.get(topic);
        if (now !== undefined && total(now) <= total(cursor)) continue;
        topics.set(topic, cursor);
        anew = true;
      }
      if (!anew) return;
      clearTimeout(soon);
      soon = setTimeout(connect, 20);
    },
    wake() {
      if (topics.size > 0 && !open) connect();
    },
  };
}
