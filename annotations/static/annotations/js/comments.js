/**
 * Comments: names of members while one types, threads in the card of a span and below the article.
 *
 * In a text field with `data-mentions` (the address of the names) an @ opens a list of members.
 * Without this module the names are typed, and every form posts by itself.
 */

import { start as startAnnounce } from "./announce.js";
import { merge, typed } from "./merge.js";
import { matching } from "./segments.js";

/** Names offered at once. */
const MOST = 8;
const NO_MORE = "You may read the comments on this span, not add any.";
// As domain/mentions.py: no letter, digit or part of an address stands before the @.
const ASKED = /(?<![\p{L}\p{N}\p{M}_+%=/@-])@([^@\n]{0,60})$/u;

/** @typedef {{uuid: string, name: string}} Member */

// ── names while one types ─────────────────────────────────────────────────────────────────────

/** @type {Map<string, Promise<Member[]>>} */
const known = new Map();

/** @param {string} address */
function membersOf(address) {
  let found = known.get(address);
  if (!found) {
    found = fetch(address, { headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
      .then(({ people }) => people);
    known.set(address, found);
    // Asked again at the next @, not remembered as nobody.
    found.catch(() => known.delete(address));
  }
  return found;
}

/**
 * The names that fit what stands behind the @, and whether one of them is meant already: behind a
 * whole name and a blank, Enter begins a line.
 * @param {Member[]} people
 * @param {string} asked
 */
export function fitting(people, asked) {
  const whole = people.some(({ name }) => asked.trimEnd() !== asked && asked.trimEnd().toLowerCase() === name.toLowerCase());
  const found = matching(people, asked).filter(({ name }) => !whole || name.length > asked.trimEnd().length);
  return { found: found.slice(0, MOST), sure: !whole };
}

/** @param {Document} page */
function startMentions(page) {
  const announce = startAnnounce(page);
  /** @type {{field: HTMLTextAreaElement, list: HTMLElement, found: Member[], at: number, from: number} | null} */
  let open = null;
  let turn = 0;

  function close() {
    if (!open) return;
    open.field.removeAttribute("aria-activedescendant");
    open.field.removeAttribute("aria-controls");
    open.list.remove();
    open = null;
  }

  /** @param {number} at */
  function choose(at) {
    if (!open) return;
    open.at = at;
    for (const [number, option] of [...open.list.children].entries()) {
      option.setAttribute("aria-selected", String(number === at));
      if (number !== at) continue;
      open.field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {Member} member */
  function take(member) {
    if (!open) return;
    const { field, from } = open;
    const end = field.selectionEnd;
    const blank = /^\s/u.test(field.value.slice(end)) ? "" : " ";
    close();
    field.setRangeText(`@${member.name}${blank}`, from, end, "end");
    if (!blank) field.setSelectionRange(field.selectionEnd + 1, field.selectionEnd + 1);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }

  /** @param {HTMLTextAreaElement} field */
  async function look(field) {
    turn += 1;
    const mine = turn;
    const asked = field.selectionStart === field.selectionEnd ? ASKED.exec(field.value.slice(0, field.selectionStart)) : null;
    if (!asked) {
      close();
      return;
    }
    let people;
    try {
      people = await membersOf(field.dataset.mentions ?? "");
    } catch {
      return;
    }
    if (mine !== turn || page.activeElement !== field) return;
    const { found, sure } = fitting(people, asked[1]);
    const before = open?.found.length;
    close();
    if (found.length === 0) return;
    show(field, found, field.selectionStart - asked[1].length - 1);
    if (sure) choose(0);
    if (before !== found.length) {
      announce(`${found.length} ${found.length === 1 ? "member" : "members"}. Arrows choose, Enter takes.`);
    }
  }

  /**
   * @param {HTMLTextAreaElement} field
   * @param {Member[]} found
   * @param {number} from  where the @ stands
   */
  function show(field, found, from) {
    const list = page.createElement("ul");
    list.className = "mention-list";
    list.id = `${field.id}-names`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Members");
    found.forEach(({ name }, at) => {
      const option = page.createElement("li");
      option.id = `${list.id}-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dir = "auto";
      option.textContent = name;
      option.addEventListener("click", () => take(found[at]));
      list.append(option);
    });
    // The field keeps the focus, and the list open, while a finger or a mouse chooses.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("mousedown", (event) => event.preventDefault());
    field.after(list);
    field.setAttribute("aria-controls", list.id);
    open = { field, list, found, at: -1, from };
  }

  const fieldOf = (event) => {
    const { target } = event;
    return target instanceof HTMLTextAreaElement && target.dataset.mentions ? target : null;
  };
  page.addEventListener("focusin", (event) => {
    const field = fieldOf(event);
    if (!field) return;
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-haspopup", "listbox");
  });
  for (const name of ["input", "click"]) {
    page.addEventListener(name, (event) => {
      const field = fieldOf(event);
      if (field) look(field);
    });
  }
  page.addEventListener("focusout", (event) => {
    if (open && event.target === open.field) {
      turn += 1;
      close();
    }
  });
  page.addEventListener(
    "keydown",
    (event) => {
      const field = fieldOf(event);
      if (!field || event.isComposing) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        close();
        field.form?.requestSubmit();
        return;
      }
      if (!open || event.ctrlKey || event.altKey || event.metaKey) return;
      const { found, at } = open;
      if (event.key === "ArrowDown") choose((at + 1) % found.length);
      else if (event.key === "ArrowUp") choose(at <= 0 ? found.length - 1 : at - 1);
      else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && at >= 0) take(found[at]);
      else if (event.key === "Escape") close();
      else {
        // The caret goes elsewhere, by a key that types nothing.
        if (/^(Arrow|Home|End|Page)/.test(event.key)) close();
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}

if (typeof document !== "undefined") startMentions(document);

// ── threads on the article's page ─────────────────────────────────────────────────────────────

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {import("./keys.js").Keys} parts.keys
 * @param {import("./walk.js").Walk} parts.walk
 * @param {import("./save.js").Saver} parts.saver
 * @param {(message: string) => void} parts.announce
 */
export function start({ article, keys, walk, saver, announce }) {
  const address = article.dataset.url ?? "";
  let asked = new URLSearchParams(location.search).get("comment");

  // The panel brings a span's comments among its forms, which are folded; in the card they stand
  // open, below them.
  article.addEventListener("span:active", (event) => {
    const { card } = /** @type {CustomEvent} */ (event).detail;
    for (const other of document.querySelectorAll(".span-card > .comments")) {
      if (other.parentElement !== card && !other.contains(document.activeElement) && !typed(other)) other.remove();
    }
    const fresh = card?.querySelector(".span-card-more .comments");
    if (!fresh) return;
    const old = card.querySelector(":scope > .comments");
    fresh.remove();
    if (old) merge(old, fresh);
    else card.append(fresh);
    if (asked) reveal(asked);
  });

  /** @param {string} comment */
  function reveal(comment) {
    const found = document.getElementById(`c-${comment}`);
    if (!found) return;
    asked = null;
    for (let one = found.closest("details"); one; one = one.parentElement?.closest("details") ?? null) one.open = true;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      if (!form.closest(".comments") || form.method !== "post") return;
      const { pathname } = new URL(form.getAttribute("action") ?? "", location.href);
      if (!pathname.startsWith(`${address}comments/`)) return;
      event.preventDefault();
      send(form, pathname.slice(address.length));
    },
    { capture: true },
  );

  /**
   * @param {HTMLFormElement} form
   * @param {string} path
   */
  async function send(form, path) {
    const fields = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    for (const name of ["csrfmiddlewaretoken", "key", "next"]) delete fields[name];
    const field = form.querySelector("textarea");
    const had = form.contains(document.activeElement) ? document.activeElement : null;
    const card = /** @type {HTMLElement | null} */ (form.closest("[data-span]"));
    const said = [...(fields.body ?? "").replace(/\s+/gu, " ")];
    const excerpt = said.length > 60 ? `${said.slice(0, 57).join("")}…` : said.join("");
    const words = form.dataset.words ?? "Comment";
    form.querySelector(".errorlist")?.remove();
    // The outbox holds it from here on: what is sent twice would be two comments.
    if (field && !path.endsWith("/change")) field.value = "";
    form.dataset.sent = "";
    const answer = await saver.send(path, fields, {
      words: excerpt ? `${words}: “${excerpt}”` : words,
      span: card ? { start: Number(card.dataset.start), end: Number(card.dataset.end) } : null,
      refused: (refusal) => form.isConnected && refuse(form, fields.body, refusal),
    });
    delete form.dataset.sent;
    if (!answer) return;
    // What was changed stands in the fresh panel; the form that did it is to be swapped, too.
    for (const details of form.isConnected ? [form.closest("details")] : []) details?.removeAttribute("open");
    // Out of the form that is swapped, and back into the one that goes on.
    if (had instanceof HTMLElement && had.isConnected) had.blur();
    const about = card?.dataset.span;
    await refresh(about ? `comments-${about}` : "comments", `${address}comments/?about=${about ?? "article"}`);
    const { activeElement } = document;
    if (!had || (activeElement !== document.body && activeElement !== card) || (card && card !== walk.card())) return;
    const there = card ? await walk.inCard(newIn, NO_MORE) : document.getElementById("c-new-article");
    there?.focus({ preventScroll: true });
  }

  /**
   * @param {HTMLFormElement} form
   * @param {string | undefined} body
   * @param {any} refusal
   */
  function refuse(form, body, refusal) {
    const field = form.querySelector("textarea");
    if (!field || body === undefined) return false;
    if (!field.value) field.value = body;
    const line = document.createElement("p");
    line.className = "errorlist";
    line.setAttribute("role", "alert");
    line.textContent = refusal.detail ?? refusal.title ?? "Not saved.";
    field.closest(".comment-field")?.after(line);
    return true;
  }

  /**
   * @param {string} id
   * @param {string} source
   */
  async function refresh(id, source) {
    let fresh;
    try {
      const response = await fetch(source, { credentials: "same-origin" });
      if (!response.ok || response.redirected) return;
      fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(id);
    } catch {
      // The live stream, or the next look at the page, brings it.
      return;
    }
    const old = document.getElementById(id);
    if (old && fresh) merge(old, document.importNode(fresh, true));
  }

  keys.register({
    key: "t",
    description: "Talk: comment on the active span, or else on the article",
    group: "Spans",
    awaits: walk.coming,
    run() {
      const field = document.getElementById("c-new-article");
      if (walk.card()) walk.inCard(newIn, NO_MORE).then((found) => found?.focus());
      else if (field) field.focus();
      else return false;
      return undefined;
    },
  });

  /**
   * @param {Element} card
   * @returns {HTMLElement | null}
   */
  function newIn(card) {
    return card.querySelector(":scope > .comments .comment-new textarea");
  }
}
