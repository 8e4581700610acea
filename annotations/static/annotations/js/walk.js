/**
 * Going from span to span: n and p, clicks on marks and cards, the side list and the text
 * following each other.
 *
 * One span is active: its segments carry the class `active`, its card `aria-current`. Of all the
 * marks only its first segment is a tab stop, so that two thousand spans are not as many stops.
 */

import { blockAt, toRange } from "./offsets.js";

const WALKED = "span:active";
/** Milliseconds that a key waits for the forms of the active card. */
const PATIENCE = 20_000;

/**
 * @typedef {object} Walk
 * @property {() => string | null} active  UUID of the active span
 * @property {() => HTMLElement | null} card  of the active span
 * @property {(span: string | null, how?: {scroll?: boolean, focus?: "mark" | "card" | null}) => void} activate
 * @property {(step: 1 | -1) => void} step
 * @property {(saved: Promise<string | null>) => void} expect  a span that becomes active once it is
 *   saved; null: it was not
 * @property {<T extends Element>(find: (card: HTMLElement) => T | null, never: string) => Promise<T | null>} inCard
 *   what `find` finds in the active card, which gets its forms a moment after it became active;
 *   null: another card is active by now, or it has no such thing, which `never` then says
 * @property {() => Promise<boolean> | null} coming  whether the expected span is there; null: none is
 */

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {HTMLElement} parts.list
 * @param {import("./keys.js").Keys} parts.keys
 * @param {import("./paint.js").Paint} parts.paint
 * @param {(message: string) => void} parts.announce
 * @returns {Walk}
 */
export function start({ article, list, keys, paint, announce }) {
  /** @type {string | null} */
  let active = null;
  /** Where the active span began: n and p go on from there when it is withdrawn. */
  let place = -1;
  /** @type {Promise<boolean> | null} */
  let coming = null;

  /** @param {string | null} span */
  const cardOf = (span) => (span ? document.getElementById(`card-${span}`) : null);
  /** @param {string} span */
  const segments = (span) => article.querySelectorAll(`[data-s~="${CSS.escape(span)}"]`);
  /** @param {string} span */
  const firstSegment = (span) => article.querySelector(`[data-s~="${CSS.escape(span)}"]`);

  function decorate() {
    if (!active) return;
    const all = segments(active);
    for (const segment of all) segment.classList.add("active");
    const card = cardOf(active);
    card?.setAttribute("aria-current", "true");
    card?.classList.add("is-active");
    setStop(all[0] ?? null);
  }

  function strip() {
    if (!active) return;
    for (const segment of segments(active)) segment.classList.remove("active");
    const card = cardOf(active);
    card?.removeAttribute("aria-current");
    card?.classList.remove("is-active");
  }

  /** @param {Element | null} mark */
  function setStop(mark) {
    for (const old of article.querySelectorAll("mark[tabindex]")) {
      if (old !== mark) {
        old.removeAttribute("tabindex");
        old.removeAttribute("aria-details");
      }
    }
    if (!(mark instanceof HTMLElement)) return;
    mark.tabIndex = 0;
    const card = cardOf(active);
    if (card) mark.setAttribute("aria-details", card.id);
  }

  /** @type {Walk["activate"]} */
  function activate(span, { scroll = true, focus = null } = {}) {
    if (span !== active) strip();
    active = span;
    decorate();
    const card = cardOf(span);
    if (card) place = Number(card.dataset.start);
    if (scroll && card) reveal(card);
    if (focus === "card" && card) {
      if (!card.hasAttribute("tabindex")) card.tabIndex = -1;
      card.focus({ preventScroll: true });
    } else if (focus === "mark" && span) firstSegment(span)?.focus({ preventScroll: true });
    article.dispatchEvent(new CustomEvent(WALKED, { detail: { span, card } }));
  }

  /** @type {Walk["expect"]} */
  function expect(saved) {
    const there = saved.then((span) => {
      // Of two on their way the one made last is meant.
      if (coming !== there) return false;
      coming = null;
      if (span) activate(span, { scroll: false });
      return span !== null;
    });
    coming = there;
  }

  /** @type {Walk["inCard"]} */
  function inCard(find, never) {
    const card = cardOf(active);
    return new Promise((resolve) => {
      /** @param {any} found @param {boolean} [said] */
      const end = (found, said = false) => {
        clearTimeout(timer);
        article.removeEventListener(WALKED, look);
        if (said) announce(never);
        resolve(found);
      };
      const look = () => {
        const found = card && cardOf(active) === card ? find(card) : null;
        if (found || !card || cardOf(active) !== card) end(found);
        else if (card.querySelector(".span-panel")) end(null, true);
      };
      const timer = setTimeout(() => end(null, true), PATIENCE);
      article.addEventListener(WALKED, look);
      look();
    });
  }

  /** @param {HTMLElement} card */
  function reveal(card) {
    const start = Number(card.dataset.start);
    const box = toRange(article, start, start + 1)?.getBoundingClientRect();
    const block = blockAt(article, start);
    if (!box || !block) return;
    if (box.top < 90 || box.bottom > innerHeight - 90) {
      scrollBy({ top: box.top - innerHeight / 3, behavior: "instant" });
      // Chunks out of sight have guessed heights: once they are laid out the place may move.
      requestAnimationFrame(() => {
        const now = toRange(article, start, start + 1)?.getBoundingClientRect();
        if (now && (now.top < 60 || now.bottom > innerHeight - 60)) {
          scrollBy({ top: now.top - innerHeight / 3, behavior: "instant" });
        }
      });
    }
  }

  /** @type {Walk["step"]} */
  function step(by) {
    const cards = [...list.children].filter((one) => one instanceof HTMLElement && one.dataset.span && !one.hidden);
    if (cards.length === 0) {
      announce("There are no spans yet.");
      return;
    }
    const at = cards.findIndex((one) => one.dataset.span === active);
    let next;
    if (at >= 0) next = at + by;
    else {
      const from = place >= 0 ? place : firstInSight();
      const after = cards.findIndex((one) => Number(one.dataset.start) >= from);
      next = by > 0 ? (after < 0 ? cards.length : after) : (after < 0 ? cards.length : after) - 1;
    }
    if (next < 0 || next >= cards.length) {
      announce(by > 0 ? "That was the last span." : "That was the first span.");
      return;
    }
    const card = /** @type {HTMLElement} */ (cards[next]);
    const inList = list.contains(document.activeElement);
    activate(card.dataset.span ?? null, { focus: inList ? "card" : "mark" });
    announce(`${next + 1} of ${cards.length}: ${card.dataset.kind ?? ""}`);
  }

  function firstInSight() {
    for (const chunk of article.children) {
      if (chunk.getBoundingClientRect().bottom < 80) continue;
      const units = chunk.hasAttribute("data-o") ? [chunk] : chunk.children;
      for (const block of units) {
        if (block.getBoundingClientRect().bottom >= 80) return Number(block.dataset.o);
      }
    }
    return 0;
  }

  /**
   * The spans of a segment, shortest first: the one a reader means.
   * @param {HTMLElement} mark
   */
  function spansOf(mark) {
    const size = (span) => {
      const card = cardOf(span);
      return card ? Number(card.dataset.end) - Number(card.dataset.start) : Infinity;
    };
    return (mark.dataset.s ?? "").split(" ").sort((a, b) => size(a) - size(b));
  }

  article.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    // A plain click on a link of the article is a click on its text; the card carries the link.
    if (target.closest("a") && !event.ctrlKey && !event.metaKey) event.preventDefault();
    if (event.button !== 0 || !getSelection()?.isCollapsed) return;
    const mark = /** @type {HTMLElement | null} */ (target.closest("[data-s]"));
    if (!mark) {
      activate(null);
      return;
    }
    const spans = spansOf(mark);
    const at = active ? spans.indexOf(active) : -1;
    // Each further click on the same words takes the next of the spans that overlap there.
    const next = spans[(at + 1) % spans.length];
    activate(next, { scroll: false });
    const card = cardOf(next);
    if (spans.length > 1) announce(`${((at + 1) % spans.length) + 1} of ${spans.length} spans here: ${card?.dataset.kind ?? ""}`);
  });

  article.addEventListener("focusin", (event) => {
    const mark = /** @type {Element} */ (event.target).closest("[data-s]");
    if (mark instanceof HTMLElement && !(active && mark.dataset.s?.split(" ").includes(active))) {
      activate(spansOf(mark)[0], { scroll: false });
    }
  });

  list.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const card = /** @type {HTMLElement | null} */ (target.closest("[data-span]"));
    if (!card) return;
    const link = target.closest("a");
    const own = link?.getAttribute("href")?.startsWith("#s-");
    if (own) event.preventDefault();
    else if (link || target.closest("button, input, select, textarea, label, summary")) {
      activate(card.dataset.span ?? null, { scroll: false });
      return;
    }
    activate(card.dataset.span ?? null);
  });
  list.addEventListener("focusin", (event) => {
    const card = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-span]"));
    if (card && card.dataset.span !== active) activate(card.dataset.span ?? null, { scroll: false });
  });
  list.addEventListener("pointerover", (event) => {
    const card = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-span]"));
    paint.set("hover", card ? [{ start: Number(card.dataset.start), end: Number(card.dataset.end) }] : []);
  });
  list.addEventListener("pointerleave", () => paint.set("hover", []));

  article.addEventListener("article:patched", () => {
    if (active && !cardOf(active)) {
      active = null;
      article.dispatchEvent(new CustomEvent(WALKED, { detail: { span: null, card: null } }));
    }
    decorate();
    ensureStop();
  });

  function ensureStop() {
    if (!article.querySelector("mark[tabindex]")) setStop(article.querySelector("mark[data-start]"));
  }

  keys.register({ key: "n", description: "Next span", group: "Spans", repeat: true, run: () => step(1) });
  keys.register({ key: "p", description: "Span before", group: "Spans", repeat: true, run: () => step(-1) });
  keys.register({
    key: "Enter",
    description: "Open the span at the focus; from its card back to the text",
    group: "Spans",
    run() {
      const focused = document.activeElement;
      if (focused?.closest("#article [data-s]") && active) activate(active, { scroll: false, focus: "card" });
      else if (focused === cardOf(active) && active) activate(active, { focus: "mark" });
      else return false;
    },
  });
  keys.register({
    key: "Escape",
    description: "Leave the span",
    group: "Spans",
    when: () => active !== null,
    run: () => activate(null, { scroll: false }),
  });

  ensureStop();
  const linked = /^#s-(.+)$/.exec(location.hash);
  if (linked && cardOf(linked[1])) activate(linked[1]);
  addEventListener("hashchange", () => {
    const span = /^#s-(.+)$/.exec(location.hash)?.[1];
    if (span && cardOf(span)) activate(span);
  });

  return { active: () => active, card: () => cardOf(active), activate, step, expect, inCard, coming: () => coming };
}
