/**
 * Half-written texts: what was typed into a form and not sent is kept on this device, and offered
 * at its field when the page is opened again. What is confidential is never kept.
 */

import { isSecret } from "./secrets.js";
import { hasLeft } from "./shelf.js";

const PREFIX = "draft/1 ";
const PAUSE = 400;
/** Milliseconds that a draft is kept. */
const KEPT = 14 * 24 * 3_600_000;
const FIELDS = "textarea, input[type=text], input:not([type])";

/** @typedef {{text: string, at: number, sent?: boolean}} Draft */

/** @param {Document} page */
export function start(page) {
  const account = page.documentElement.dataset.account;
  if (!account) return;
  const shelf = `${PREFIX}${account} `;
  /** @type {WeakMap<Element, number>} */
  const timers = new WeakMap();

  /** @param {EventTarget | null} target @returns {HTMLTextAreaElement | HTMLInputElement | null} */
  function fieldOf(target) {
    const field = target instanceof HTMLElement && target.matches(FIELDS) ? target : null;
    const { form, name } = /** @type {HTMLTextAreaElement} */ (field ?? {});
    if (!form || form.method !== "post" || !name || isSecret(field) || form.hasAttribute("data-no-drafts")) return null;
    return /** @type {HTMLTextAreaElement} */ (field);
  }

  // An id says what its field is about (which comment, which obstacle), never at which place of a
  // list it stands: the text would be offered at whatever came to stand there.
  /** @param {HTMLTextAreaElement | HTMLInputElement} field */
  const nameOf = (field) => `${shelf}${new URL(field.closest("[data-form]")?.querySelector("button[formaction]")?.getAttribute("formaction") || field.form?.getAttribute("action") || location.pathname, location.href).pathname} ${field.id || field.name}`;

  /** @param {string} name @returns {Draft | null} */
  function stored(name) {
    try {
      return JSON.parse(localStorage.getItem(name) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {string} name @param {Draft | null} draft */
  function store(name, draft) {
    if (hasLeft()) return;
    try {
      if (draft) localStorage.setItem(name, JSON.stringify(draft));
      else localStorage.removeItem(name);
    } catch {
      // Full or forbidden: then nothing can be offered.
    }
  }

  /** @param {HTMLTextAreaElement | HTMLInputElement} field */
  function note(field) {
    const typed = field.value.trim() !== "" && (field.value !== field.defaultValue || field.closest("[data-kept]") !== null);
    store(nameOf(field), typed ? { text: field.value, at: Date.now() } : null);
  }

  /** @param {HTMLTextAreaElement | HTMLInputElement} field */
  function offer(field) {
    const name = nameOf(field);
    const draft = stored(name);
    if (!draft || field.value !== field.defaultValue || field.nextElementSibling?.matches(".draft")) return;
    if (draft.text === field.value) {
      // It came back with the page, and is still not saved.
      if (!field.closest("[data-kept]")) store(name, null);
      return;
    }
    const line = page.createElement("p");
    line.className = "draft help";
    const words = page.createElement("q");
    words.dir = "auto";
    words.textContent = draft.text.length > 80 ? `${[...draft.text].slice(0, 79).join("")}…` : draft.text;
    line.append("Not sent last time: ", words, " ");
    for (const [label, act] of /** @type {[string, () => void][]} */ ([
      ["Put it back", () => {
        // Beside what was typed since, never over it.
        const between = field instanceof HTMLTextAreaElement ? "\n" : " ";
        field.value = field.value.trim() ? `${field.value}${between}${draft.text}` : draft.text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.focus();
      }],
      ["Discard", () => store(name, null)],
    ])) {
      const button = page.createElement("button");
      button.type = "button";
      button.className = "small quiet";
      button.textContent = label;
      button.addEventListener("click", () => {
        line.remove();
        act();
      });
      line.append(button);
    }
    field.after(line);
    // What was written and not sent is no use where nobody sees it.
    for (let fold = field.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  }

  /**
   * What has become secret, as by the choice of a confidential source, is not kept from then on.
   * @param {HTMLFormElement | null} form
   */
  function forgetSecrets(form) {
    for (const one of /** @type {Iterable<HTMLInputElement>} */ (form?.elements ?? [])) {
      if (!one.matches(FIELDS) || !one.name || !isSecret(one)) continue;
      clearTimeout(timers.get(one));
      store(nameOf(one), null);
    }
  }

  page.addEventListener("change", ({ target }) => forgetSecrets(/** @type {HTMLInputElement} */ (target).form ?? null));
  page.addEventListener("input", (event) => {
    const field = fieldOf(event.target);
    if (!field) return;
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => note(field), PAUSE));
  });
  // Left before the pause was over: it is noted at once.
  page.addEventListener("focusout", (event) => {
    const field = fieldOf(event.target);
    if (!field || !timers.has(field)) return;
    clearTimeout(timers.get(field));
    timers.delete(field);
    note(field);
  });
  // A form that came later than the page, as the one in an article's card.
  page.addEventListener("focusin", (event) => {
    const field = fieldOf(event.target);
    if (field) offer(field);
  });
  page.addEventListener("drafts:offer", (event) => {
    for (const one of /** @type {Element} */ (event.target).querySelectorAll(FIELDS)) {
      const field = fieldOf(one);
      if (field) offer(field);
    }
  });
  addEventListener("submit", (event) => {
    forgetSecrets(/** @type {HTMLFormElement} */ (event.target));
    // Of a page that is one form only the part is saved whose button was pressed; on Enter the
    // page presses it.
    if (event.defaultPrevented && event.submitter?.matches("[data-enter]")) return;
    const part = event.submitter?.closest("[data-form]");
    for (const one of /** @type {HTMLFormElement} */ (event.target).elements) {
      const field = fieldOf(one);
      if (!field) continue;
      if (part && !part.contains(field)) {
        if (timers.has(field)) note(field);
        continue;
      }
      clearTimeout(timers.get(field));
      timers.delete(field);
      // What a script sends is in the outbox from here on. What a page sends is kept until another
      // page says that it was done.
      if (event.defaultPrevented) store(nameOf(field), null);
      else if (stored(nameOf(field)) || field.value !== field.defaultValue) {
        store(nameOf(field), { text: field.value, at: Date.now(), sent: true });
      }
    }
  });

  const done = page.querySelector("#messages [data-level=success]") !== null;
  try {
    for (const name of Object.keys(localStorage).filter((one) => one.startsWith(shelf))) {
      const draft = stored(name);
      if (!draft || (done && draft.sent) || Date.now() - draft.at > KEPT) store(name, null);
    }
  } catch {
    return;
  }
  for (const one of page.querySelectorAll(FIELDS)) {
    const field = fieldOf(one);
    if (field) offer(field);
  }
}

/**
 * @param {string} account
 * @returns {string[]}  the names of the account's drafts
 */
function namesOf(account) {
  try {
    return Object.keys(localStorage).filter((one) => one.startsWith(`${PREFIX}${account} `));
  } catch {
    return [];
  }
}

/** @param {string} account */
export function countDrafts(account) {
  // One that was sent waits only for a page to say that it arrived.
  return namesOf(account).filter((name) => !/"sent":true\}$/.test(localStorage.getItem(name) ?? "")).length;
}

/** @param {string} account */
export function forgetDrafts(account) {
  for (const name of namesOf(account)) localStorage.removeItem(name);
}
