/**
 * What is not saved yet, kept on this device: one item of the browser's storage for each change, so
 * that two tabs never write over each other.
 *
 * A change belongs to the page that made it, which holds a lock (Web Locks) as long as it is there.
 * When that page is gone, by a closed tab or a crash, another takes its changes over, one page and
 * no other; where it only loads again it takes them itself. Where a browser
 * has no locks (plain http) a change that has lain for a minute is taken to be left behind.
 */

/**
 * @typedef {object} Entry
 * @property {string} key  the request's, and its name here
 * @property {string} account  whose it is
 * @property {string} address  of the article
 * @property {string} title  of the article
 * @property {string} path  below the article's address
 * @property {Record<string, string | string[]>} fields
 * @property {string} words  what the change is, for people
 * @property {{start: number, end: number} | null} span  what to paint
 * @property {"waiting" | "sending" | "failed" | "refused" | "old"} state
 * @property {string} error
 * @property {string} [conflict]  both versions side by side, as the server shows them
 * @property {number} [newest]  the revision of what it would replace, where the two are not compared
 * @property {number} tries
 * @property {number} at  when it was made, in milliseconds; no two are alike
 * @property {string[]} [after]  keys of changes of the same span that this page had sent before
 * @property {import("./secrets.js").Secret[]} [withheld]  fields that are not kept here: whoever
 *   takes the change over has to ask for them again
 * @property {string} holder  the page that has it, "": none
 * @property {number} [rest]  until when a page that is not the article's leaves it alone
 */

const PREFIX = "outbox/2 ";
const LOCK = "workbench page ";
const LEFT_BEHIND = 60_000;
/** Milliseconds that a page which loads again has to take its own before another one does. */
const GRACE = 4_000;
const LOOK = 20_000;

/** Milliseconds after which the server may have forgotten the key: receipts are kept 90 days. */
export const FORGOTTEN = 89 * 24 * 3_600_000;

/** The account logs out: nothing more is kept for it by this page. */
let left = false;
export const leave = () => {
  left = true;
};
export const hasLeft = () => left;

/**
 * @param {string} account
 * @param {{holds?: boolean}} [how]  holds: false, where changes are only looked at
 */
export function openShelf(account, { holds = true } = {}) {
  const locks = navigator.locks ?? null;
  const holder = !holds ? "" : locks ? newKey() : tabName();
  let last = 0;
  if (locks && holds) locks.request(LOCK + holder, () => new Promise(() => {})).catch(() => {});

  /** @returns {Entry[]}  the oldest first */
  function all() {
    const found = [];
    try {
      for (let at = 0; at < localStorage.length; at += 1) {
        const name = localStorage.key(at);
        if (!name?.startsWith(`${PREFIX}${account} `)) continue;
        try {
          found.push(JSON.parse(localStorage.getItem(name) ?? ""));
        } catch {
          // Not ours, or taken away just now.
        }
      }
    } catch {
      // No storage: what this page holds is all there is.
    }
    return found.sort((one, other) => one.at - other.at);
  }

  /**
   * @param {Entry} entry
   * @returns {boolean}  whether the browser keeps it
   */
  function put(entry) {
    if (left) return true;
    try {
      localStorage.setItem(`${PREFIX}${account} ${entry.key}`, JSON.stringify(entry));
      return true;
    } catch {
      return false;
    }
  }

  /** @param {string} key */
  function drop(key) {
    try {
      localStorage.removeItem(`${PREFIX}${account} ${key}`);
    } catch {
      // Nothing was kept.
    }
  }

  /** @param {string} key */
  function has(key) {
    try {
      return localStorage.getItem(`${PREFIX}${account} ${key}`) !== null;
    } catch {
      return false;
    }
  }

  /** A time that no other change of this page has. */
  function now() {
    last = Math.max(Date.now(), last + 1);
    return last;
  }

  /**
   * Takes over, now and whenever there is something to take, what nobody holds.
   * @param {(entry: Entry) => boolean} wanted
   * @param {(entries: Entry[]) => void} got  they are this page's from here on
   */
  function adopt(wanted, got) {
    const asked = new Set();

    /** @param {(entry: Entry) => boolean} free */
    function take(free) {
      const found = all().filter((entry) => wanted(entry) && free(entry));
      for (const entry of found) {
        entry.holder = holder;
        put(entry);
      }
      if (found.length > 0) got(found);
    }

    async function look() {
      if (!locks) {
        take((entry) => entry.holder === "" || (entry.holder !== holder && Date.now() - entry.at > LEFT_BEHIND));
        return;
      }
      await locks.request(`${LOCK}none`, () => take((entry) => entry.holder === "")).catch(() => {});
      for (const other of new Set(all().filter(wanted).map((entry) => entry.holder))) {
        if (other === holder || other === "" || asked.has(other)) continue;
        asked.add(other);
        const free = await locks
          .request(LOCK + other, { ifAvailable: true }, (lock) => {
            if (lock) take((entry) => entry.holder === other);
            return lock !== null;
          })
          .catch(() => false);
        if (free) {
          asked.delete(other);
          continue;
        }
        // When that page goes it may be because it loads again: it is the first to ask then.
        locks
          .request(LOCK + other, () => setTimeout(look, GRACE))
          .catch(() => {})
          .finally(() => asked.delete(other));
      }
    }

    // Without locks a tab keeps its name over a reload.
    if (!locks) take((entry) => entry.holder === holder);
    look();
    setInterval(look, LOOK);
    for (const name of ["storage", "online", "focus"]) addEventListener(name, () => look());
    return look;
  }

  return { holder, all, put, drop, has, now, adopt };
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
