/**
 * The evidence of the active span, beside the article: its page as a fragment in a sheet, its
 * forms sent through the outbox. On the page itself the forms post by themselves; there this
 * module only looks sources up, copies the text and gives keys to the stances.
 */

import { start as startAnnounce } from "./announce.js";
import { start as startKeys } from "./keys.js";
import { merge, typed } from "./merge.js";
import { secretsOf } from "./secrets.js";

const GROUP = "Evidence";
/** A held key walks over many spans: only the one it stops at is asked for. */
const PAUSE = 120;
const TYPING_PAUSE = 250;

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {import("./keys.js").Keys} parts.keys
 * @param {import("./walk.js").Walk} parts.walk
 * @param {import("./save.js").Saver} parts.saver
 * @param {(message: string) => void} parts.announce
 */
export function start({ article, keys, walk, saver, announce }) {
  const { sheet, body, page } = makeSheet();
  /** @type {string | null} */
  let shown = null;
  let timer = 0;
  let asked = 0;
  /** How many panels are on their way, and whether somebody else changed one meanwhile. */
  let coming = 0;
  let missed = false;
  /** Panels that were left with something typed in them, by span.
   * @type {Map<string, Element>} */
  const aside = new Map();

  /** @param {string} span */
  const addressOf = (span) => `${article.dataset.url}spans/${span}/evidence`;
  const isOpen = () => !sheet.hidden;

  /**
   * @param {string} span
   * @param {string} [query]
   */
  async function fetchPanel(span, query = "") {
    const response = await fetch(`${addressOf(span)}?fragment=1${query}`, { credentials: "same-origin" });
    const template = document.createElement("template");
    // The server escapes what it puts in; a login page that came instead has no panel.
    template.innerHTML = await response.text();
    const panel = template.content.querySelector(".evidence-panel");
    if (!response.ok || !panel) throw new Error(`The server answered ${response.status}.`);
    return /** @type {HTMLElement} */ (document.importNode(panel, true));
  }

  /**
   * What is typed and not sent stays in its form, also where another one was sent, and while the
   * sheet shows another span or is closed.
   * @param {string} span
   * @param {{query?: string, focus?: string | null, made?: string, turned?: boolean}} [how]
   *   focus: a selector in the panel; made: the citation to show; turned: the sheet goes on to the
   *   span by itself, and says so at its head
   */
  async function load(span, { query = "", focus = null, made = "", turned = false } = {}) {
    asked += 1;
    const turn = asked;
    let panel;
    coming += 1;
    try {
      panel = await fetchPanel(span, query);
    } catch {
      if (turn === asked) announce("The evidence could not be fetched.");
      return;
    } finally {
      coming -= 1;
    }
    if (turn !== asked) return;
    /** @type {Element | null} */
    let said = null;
    const had = body.contains(document.activeElement);
    if (shown !== span) setAside();
    const stood = shown === span ? body.querySelector(".evidence-panel") : aside.get(span);
    if (shown !== span) sheet.scrollTop = 0;
    if (!stood) body.replaceChildren(panel);
    else {
      if (!stood.isConnected) body.replaceChildren(stood);
      // What the sheet says of itself stays while others' work comes in.
      if (shown === span) said = stood.querySelector(".evidence-turned");
      panel = /** @type {HTMLElement} */ (merge(stood, panel));
    }
    aside.delete(span);
    if (shown !== span && stood) say(panel, "What you typed here before is still in its fields, and not saved.");
    if (said && focus === null && !turned) {
      panel.prepend(said);
      mark(panel.querySelector(".evidence-quote"));
    }
    if (turned) say(panel, "Cited. The next claim without a source:");
    shown = span;
    page.href = addressOf(span);
    sheet.hidden = false;
    dress(panel, announce);
    panel.dispatchEvent(new CustomEvent("drafts:offer", { bubbles: true }));
    const target = made ? byId(panel, `citation-${made}`) : focus ? panel.querySelector(focus) : null;
    if (made) mark(target);
    if (turned) mark(panel.querySelector(".evidence-quote"));
    if (target instanceof HTMLElement) {
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: "nearest" });
    } else if (had || focus !== null) sheet.focus({ preventScroll: true });
    if (missed && coming === 0) refresh();
  }

  function setAside() {
    const panel = body.querySelector(".evidence-panel");
    if (!shown || !panel) return;
    if (typed(panel)) aside.set(shown, panel);
    else aside.delete(shown);
  }

  function close() {
    if (!isOpen()) return;
    const had = sheet.contains(document.activeElement);
    setAside();
    sheet.hidden = true;
    body.replaceChildren();
    const span = shown;
    shown = null;
    asked += 1;
    if (had && span) walk.activate(span, { scroll: false, focus: "mark" });
  }

  sheet.querySelector("[data-close]")?.addEventListener("click", close);
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    // Out of the field first, where single keys work again; then out of the sheet.
    if (event.target instanceof HTMLElement && event.target.matches("input, select, textarea")) {
      sheet.focus({ preventScroll: true });
    } else close();
  });

  article.addEventListener("span:active", (event) => {
    const { span } = /** @type {CustomEvent} */ (event).detail;
    if (!isOpen() || !span || span === shown) return;
    clearTimeout(timer);
    timer = setTimeout(() => load(span), PAUSE);
  });

  // What others do to it comes in, but not where somebody writes.
  document.addEventListener("live:patch", async (event) => {
    const { cards = {}, tables = [] } = /** @type {CustomEvent} */ (event).detail;
    const span = shown;
    if (!isOpen() || !span || !(span in cards || tables.includes("source") || tables.includes("*"))) return;
    // One that is on its way may be older than this: it is looked at again when it has come.
    if (coming > 0) missed = true;
    else await refresh();
  });

  let refreshed = 0;
  async function refresh() {
    missed = false;
    refreshed += 1;
    const [span, turn, mine] = [shown, asked, refreshed];
    const panel = span ? await fetchPanel(span).catch(() => null) : null;
    const old = body.querySelector(".evidence-panel");
    if (!panel || !old || turn !== asked || mine !== refreshed || shown !== span) return;
    dress(merge(old, panel), announce);
  }

  // Where theirs stays, it is shown in place of what was typed.
  article.addEventListener("outbox:let-go", (event) => {
    const { path } = /** @type {CustomEvent} */ (event).detail;
    if (isOpen() && shown && path.startsWith(`spans/${shown}/evidence/`)) load(shown);
  });

  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link === page) return;
    const { pathname } = new URL(link.getAttribute("href") ?? "", location.href);
    const span = new RegExp("^spans/([0-9a-f-]{36})/evidence$").exec(
      pathname.startsWith(article.dataset.url ?? "/") ? pathname.slice((article.dataset.url ?? "").length) : "",
    )?.[1];
    if (!span) return;
    event.preventDefault();
    if (walk.active() !== span) walk.activate(span);
    load(span, { focus: "" });
  });

  sheet.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    event.preventDefault();
    // Sent, and not answered yet: the second press is the same.
    if (!shown || form.hasAttribute("data-sent")) return;
    const data = new FormData(form, event.submitter);
    if (form.method === "get") {
      const join = data.get("join");
      if (join) load(shown, { query: `&join=${join}`, focus: "#ev-join" });
      else load(shown, { query: `&find=${encodeURIComponent(String(data.get("find") ?? ""))}`, focus: ".evidence-similar a, .evidence-similar button" });
      return;
    }
    send(form, data, shown);
  });

  /**
   * @param {HTMLFormElement} form
   * @param {FormData} data
   * @param {string} span
   */
  async function send(form, data, span) {
    /** @type {Record<string, string | string[]>} */
    const fields = {};
    for (const name of new Set(data.keys())) {
      if (name === "csrfmiddlewaretoken" || name === "key") continue;
      const values = data.getAll(name).map(String);
      // Of two ways to choose a source the one pressed last counts, as it does for the server.
      fields[name] = name === "readers" ? values : values[values.length - 1];
    }
    const path = new URL(form.action).pathname.slice((article.dataset.url ?? "").length);
    const card = document.getElementById(`card-${span}`);
    const place = card ? { start: Number(card.dataset.start), end: Number(card.dataset.end) } : null;
    clearErrors(form);
    form.dataset.sent = "";
    const typing = () => form.removeAttribute("data-sent");
    form.addEventListener("input", typing, { once: true });
    const answer = await saver.send(path, fields, {
      words: form.dataset.words ?? "Evidence",
      span: place,
      secret: secretsOf(form),
      refused: (refusal) => form.isConnected && showErrors(form, refusal),
    });
    if (!answer) typing();
    if (!answer || !isOpen() || shown !== span) return;
    const next = answer.span ?? span;
    if (next !== span) {
      walk.activate(next);
      clearTimeout(timer);
    }
    await load(next, { focus: "", made: next === span ? answer.made : "", turned: next !== span });
  }

  /** @param {string} span */
  async function copy(span) {
    const panel = span === shown ? body : await fetchPanel(span).catch(() => null);
    const text = panel?.querySelector("textarea[readonly]")?.value;
    if (text) announce((await copyText(text)) ? "Copied: the assertion with its sources." : "The browser refused to copy.");
    else announce("The evidence could not be fetched.");
  }

  keys.register({
    key: ".",
    description: "The active span’s evidence",
    group: GROUP,
    awaits: walk.coming,
    when: () => walk.active() !== null,
    run() {
      const span = walk.active();
      if (isOpen() && shown === span) close();
      else if (span) load(span, { focus: "" });
    },
  });
  keys.register({
    key: "y",
    description: "Copy the assertion with speaker, verdict and sources as text",
    group: GROUP,
    awaits: walk.coming,
    when: () => walk.active() !== null,
    run() {
      const span = walk.active();
      if (span) copy(span);
    },
  });
  // The registry does not fire while somebody types: these are for its list.
  const written = { group: GROUP, when: () => false, run: () => {} };
  keys.register({ ...written, key: "Ctrl+Enter", description: "Cite" });
  keys.register({ ...written, key: "Ctrl+Shift+Enter", description: "Cite and go to the next claim without a source" });
  registerForm(keys, () => (isOpen() ? body : null), announce);
  keys.register({
    key: "Escape",
    description: "Close the evidence",
    group: GROUP,
    when: isOpen,
    run: close,
  });
}

/**
 * The keys of the form that cites: a stance, the last source, the field of the source.
 * @param {import("./keys.js").Keys} keys
 * @param {() => ParentNode | null} where
 * @param {(message: string) => void} announce
 */
function registerForm(keys, where, announce) {
  /** @template {Element} T @param {string} selector @returns {T | null} */
  const find = (selector) => /** @type {T | null} */ (where()?.querySelector(selector) ?? null);
  const when = () => find("#ev-cite") !== null;
  const names = ["It supports", "It supports partly", "It refutes", "It gives context"];
  for (const [at, name] of names.entries()) {
    keys.register({
      key: String(at + 1),
      description: `${name} (in a field: Alt ${at + 1})`,
      group: GROUP,
      when,
      run: () => setStance(find("#ev-cite"), at, announce),
    });
  }
  keys.register({
    key: ",",
    description: "The source cited last",
    group: GROUP,
    when: () => find("[data-last-source]") !== null,
    run() {
      const button = find("[data-last-source]");
      const form = find("#ev-cite");
      if (!button || !form) return;
      form.querySelector("[data-chosen]")?.remove();
      const chosen = document.createElement("input");
      chosen.type = "hidden";
      chosen.name = "chosen";
      chosen.value = button.value;
      chosen.dataset.chosen = "";
      form.append(chosen);
      const field = form.querySelector("[name=source]");
      if (field) field.value = button.dataset.label ?? "";
      hint(form, `Cites ${button.dataset.label}.`);
      announce(`Source: ${button.dataset.label}`);
      form.querySelector("[name=quotation]")?.focus();
    },
  });
  keys.register({
    key: "/",
    description: "Type a source",
    group: GROUP,
    when,
    run: () => find("#ev-cite [name=source]")?.focus(),
  });
}

/**
 * @param {HTMLFormElement | null} form
 * @param {number} at
 * @param {(message: string) => void} announce
 */
function setStance(form, at, announce) {
  const radio = form?.querySelectorAll("input[name=stance]")[at];
  if (!(radio instanceof HTMLInputElement)) return;
  radio.checked = true;
  announce(`It ${radio.closest("label")?.firstChild?.nextSibling?.textContent?.trim() ?? radio.value}`);
}

/**
 * Looks up what is typed as a source, and gives the panel its keys within fields.
 * @param {HTMLElement} panel
 * @param {(message: string) => void} announce
 */
function dress(panel, announce) {
  // After a merge part of it is fresh and part is dressed already.
  const copying = panel.querySelector("[data-copy]:not([data-dressed])");
  copying?.setAttribute("data-dressed", "");
  copying?.addEventListener("click", async () => {
    const text = panel.querySelector("textarea[readonly]")?.value ?? "";
    announce((await copyText(text)) ? "Copied." : "The browser refused to copy.");
  });
  const form = /** @type {HTMLFormElement | null} */ (panel.querySelector("#ev-cite"));
  const field = form?.querySelector("[name=source]");
  if (!form || !(field instanceof HTMLInputElement) || "dressed" in form.dataset) return;
  form.dataset.dressed = "";
  let timer = 0;
  let asked = 0;
  field.addEventListener("input", () => {
    form.querySelector("[data-chosen]")?.remove();
    clearTimeout(timer);
    timer = setTimeout(look, TYPING_PAUSE);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.querySelector(event.shiftKey ? "[data-onwards]" : "button.primary")?.click();
    }
    const digit = /^Digit([1-4])$/.exec(event.code)?.[1];
    if (digit && event.altKey && !event.ctrlKey) {
      event.preventDefault();
      setStance(form, Number(digit) - 1, announce);
    }
  });

  async function look() {
    const words = field.value.trim();
    asked += 1;
    const turn = asked;
    if (words.length < 2) {
      hint(form, "");
      return;
    }
    let found;
    try {
      const response = await fetch(`${panel.dataset.find}?words=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      found = await response.json();
    } catch {
      // The server finds it again when the form is sent.
      return;
    }
    if (turn !== asked || !form.isConnected) return;
    const quotation = form.querySelector("[name=quotation]");
    if (found.quotation && quotation instanceof HTMLTextAreaElement && !quotation.value.trim()) {
      quotation.value = found.quotation;
    }
    if (found.error) hint(form, found.error);
    else if (found.url && found.choices.length === 0) {
      hint(form, "No source has this address yet: give it a title below.");
      form.querySelector("#ev-new-source")?.setAttribute("open", "");
    } else if (found.choices.length === 1) hint(form, `Cites ${found.choices[0].label}.`);
    else if (found.choices.length === 0) hint(form, "No source or article has these words.");
    else {
      hint(form, `${found.choices.length} have these words; go on typing or choose from the list.`);
      const list = panel.querySelector("datalist");
      list?.replaceChildren(...found.choices.map((one) => new Option("", one.label)));
    }
  }
}

/**
 * @param {Element} form
 * @param {string} words
 */
function hint(form, words) {
  const line = form.querySelector("[data-hint]");
  if (line) line.textContent = words;
}

/**
 * @param {Element} panel
 * @param {string} words
 */
function say(panel, words) {
  panel.querySelector(".evidence-turned")?.remove();
  const line = document.createElement("p");
  line.className = "evidence-turned";
  line.textContent = words;
  panel.prepend(line);
}

/** @param {Element | null} element */
function mark(element) {
  for (const one of document.querySelectorAll("#evidence [data-new]")) one.removeAttribute("data-new");
  element?.setAttribute("data-new", "");
}

/**
 * @param {Element} panel
 * @param {string} id
 */
function byId(panel, id) {
  return panel.querySelector(`[id="${CSS.escape(id)}"]`);
}

/** @param {HTMLFormElement} form */
function clearErrors(form) {
  for (const error of form.querySelectorAll(".errorlist")) error.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/**
 * Shows on the form why it was refused; true: nobody else needs to.
 * @param {HTMLFormElement} form
 * @param {{detail?: string, fields?: Record<string, {message: string}[]>}} refusal
 */
function showErrors(form, refusal) {
  const { __all__: whole = [], ...fields } = refusal.fields ?? { __all__: [{ message: refusal.detail ?? "Refused." }] };
  /** @type {HTMLElement | null} */
  let first = null;
  for (const [name, errors] of Object.entries(fields)) {
    const control = /** @type {HTMLElement | null} */ (form.querySelector(`[name="${name}"]:not([type=hidden])`));
    const holder = control?.closest(".field");
    if (!control || !holder) {
      whole.push(...errors);
      continue;
    }
    control.setAttribute("aria-invalid", "true");
    const list = listOf(errors);
    list.id = `${control.id || name}-refused`;
    control.setAttribute("aria-describedby", list.id);
    holder.append(list);
    for (let one = control.closest("details"); one; one = one.parentElement?.closest("details") ?? null) one.open = true;
    first ??= control;
  }
  if (whole.length > 0) {
    const list = listOf(whole);
    list.classList.add("nonfield");
    list.tabIndex = -1;
    form.prepend(list);
    first ??= list;
  }
  first?.focus();
  return true;
}

/** @param {{message: string}[]} errors */
function listOf(errors) {
  const list = document.createElement("ul");
  list.className = "errorlist";
  for (const { message } of errors) {
    const line = document.createElement("li");
    line.textContent = message;
    list.append(line);
  }
  return list;
}

/** @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that came over plain http have no clipboard of their own.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

function makeSheet() {
  const sheet = document.getElementById("evidence") ?? document.createElement("aside");
  sheet.id = "evidence";
  sheet.className = "evidence-sheet";
  sheet.tabIndex = -1;
  sheet.hidden = true;
  sheet.setAttribute("aria-labelledby", "evidence-title");
  const head = document.createElement("div");
  head.className = "evidence-sheet-head";
  const title = document.createElement("h2");
  title.id = "evidence-title";
  title.textContent = "Evidence";
  const page = document.createElement("a");
  page.className = "button quiet small";
  page.textContent = "Open as a page";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "small";
  close.dataset.close = "";
  close.textContent = "Close ";
  const key = document.createElement("kbd");
  key.textContent = "Esc";
  close.append(key);
  head.append(title, page, close);
  const body = document.createElement("div");
  body.className = "evidence";
  sheet.replaceChildren(head, body);
  if (!sheet.isConnected) document.body.append(sheet);
  return { sheet, body, page };
}

const standing = document.querySelector(".evidence-page .evidence-panel");
if (standing instanceof HTMLElement && !document.getElementById("article")) {
  const announce = startAnnounce(document);
  const keys = startKeys(document, announce);
  registerForm(keys, () => standing, announce);
  dress(standing, announce);
  // The page is one form: Enter saves the part that one is in.
  standing.closest("form")?.addEventListener("submit", (event) => {
    const part = document.activeElement?.closest("[data-form]");
    const button = /** @type {HTMLElement | null} */ (part?.querySelector("button.primary, .actions button") ?? null);
    if (!event.submitter?.matches("[data-enter]") || !button) return;
    event.preventDefault();
    // A form is not submitted from within its own submit event.
    setTimeout(() => button.click());
  });
}
