/**
 * Putting changed blocks and cards into the page without disturbing who works on it: the
 * selection (with its direction), the focus and the place on the screen stay.
 */

import { mergeChildren, typed } from "./merge.js";
import { blockOf, pointAt, pointToOffset } from "./offsets.js";

/**
 * @typedef {object} Result  what the server answers to a change
 * @property {string | null} [span]
 * @property {number} [revision]
 * @property {Record<string, string>} [blocks]  index → HTML
 * @property {Record<string, string | null>} [cards]  span → HTML, null: take it away
 * @property {boolean} [whole]  it is all there is: other cards go away
 * @property {string[]} [actors]  who changed it, where the live stream tells
 * @property {string} [message]
 * @property {string} [made]  a row that it made, to be shown
 */

// A finger on a selection handle sends no pointer events: only the selection itself moves.
const TOUCH_PAUSE = 300;
const GONE = "This span was withdrawn by somebody else while you write. What you typed is kept; Save restores it or lets it go.";
const GONE_ELSE = "This span was withdrawn by somebody else while you write. What you typed is kept until you take it away.";

/**
 * @param {HTMLElement} article
 * @param {HTMLElement | null} list  the side list
 * @param {(message: string) => void} announce
 * @returns {(result: Result) => Promise<void>}  resolves when the page shows it
 */
export function start(article, list, announce) {
  const newest = new Newest();
  let held = false;
  let touched = 0;
  /** @type {(() => void)[]} */
  let waiting = [];

  article.addEventListener("pointerdown", (event) => {
    held = event.pointerType === "mouse" && event.button === 0;
  });
  for (const name of ["pointerup", "pointercancel", "dragend"]) {
    addEventListener(name, () => {
      held = false;
      // After the browser has settled the selection that the button made.
      setTimeout(flush, 0);
    });
  }
  article.addEventListener("touchmove", () => {
    touched = performance.now();
  }, { passive: true });

  function flush() {
    if (held) return;
    const rest = TOUCH_PAUSE - (performance.now() - touched);
    if (rest > 0 && touched > 0) {
      setTimeout(flush, rest);
      return;
    }
    const ready = waiting;
    waiting = [];
    for (const go of ready) go();
  }

  // A card of a span that is gone goes when nothing is typed in it any more.
  const sweep = (/** @type {boolean} */ focused) => {
    for (const card of list?.querySelectorAll(":scope > [data-gone]") ?? []) {
      if (typed(card) || card.querySelector("[data-sent]")) continue;
      if (card.contains(document.activeElement) && !focused) continue;
      const keepFocus = rememberFocus(article);
      card.remove();
      keepFocus();
    }
  };
  list?.addEventListener("focusout", () => setTimeout(() => sweep(false)));
  article.addEventListener("article:patched", () => sweep(false));
  // After whoever takes the card's forms away.
  article.addEventListener("outbox:let-go", () => setTimeout(() => sweep(true)));

  return (result) =>
    new Promise((resolve) => {
      waiting.push(() => {
        put(article, list, newest.of(result), announce);
        resolve();
      });
      flush();
    });
}

/**
 * What of a patch is news. Answers to one's own changes and what the live stream tells come in any
 * order: an older state of a block or a card is left out, and so is one that is there already.
 */
class Newest {
  /** @type {Map<string, {revision: number, html: string | null}>} */
  #known = new Map();

  /**
   * @param {Result} result
   * @returns {Result}
   */
  of(result) {
    const revision = result.revision ?? Number.POSITIVE_INFINITY;
    const news = (states, what) =>
      Object.fromEntries(
        Object.entries(states ?? {}).filter(([key, html]) => {
          const known = this.#known.get(what + key);
          if (known && known.revision > revision) return false;
          this.#known.set(what + key, { revision, html });
          return known?.html !== html;
        }),
      );
    const gone = {};
    if (result.whole) {
      for (const card of document.querySelectorAll("#span-list > [data-span]")) {
        const { span } = /** @type {HTMLElement} */ (card).dataset;
        if (!(span in (result.cards ?? {}))) gone[span] = null;
      }
    }
    return { ...result, blocks: news(result.blocks, "b"), cards: news({ ...gone, ...result.cards }, "s") };
  }
}

/**
 * @param {HTMLElement} article
 * @param {HTMLElement | null} list
 * @param {Result} result
 * @param {(message: string) => void} announce
 */
function put(article, list, result, announce) {
  const blocks = Object.entries(result.blocks ?? {});
  const keepPlace = rememberPlace(article);
  const keepSelection = rememberSelection(article, new Set(blocks.map(([index]) => `b${index}`)));
  const keepFocus = rememberFocus(article);

  for (const [index, html] of blocks) {
    const old = document.getElementById(`b${index}`);
    const fresh = parse(html);
    if (old && fresh && article.contains(old)) old.replaceWith(fresh);
  }
  if (list) {
    for (const [span, html] of Object.entries(result.cards ?? {})) putCard(list, span, html, announce);
  }

  keepSelection();
  keepFocus();
  keepPlace();
  article.dispatchEvent(new CustomEvent("article:patched", { detail: result }));
}

/**
 * @param {string} html
 * @returns {HTMLElement | null}
 */
function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return /** @type {HTMLElement | null} */ (template.content.firstElementChild);
}

/**
 * @param {HTMLElement} list
 * @param {string} span
 * @param {string | null} html
 * @param {(message: string) => void} announce
 */
function putCard(list, span, html, announce) {
  const old = /** @type {HTMLElement | null} */ (document.getElementById(`card-${span}`));
  const fresh = html === null ? null : parse(html);
  if (!fresh) {
    if (old && typed(old)) tellGone(old, announce);
    else old?.remove();
    return;
  }
  if (!old) {
    list.insertBefore(fresh, placeOf(list, fresh));
    return;
  }
  const moved = old.dataset.start !== fresh.dataset.start || old.dataset.end !== fresh.dataset.end;
  renew(old, fresh);
  if (!moved) return;
  const focused = old.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
  const { selectionStart, selectionEnd } = /** @type {HTMLInputElement} */ (focused ?? {});
  old.remove();
  list.insertBefore(old, placeOf(list, old));
  focused?.focus({ preventScroll: true });
  if (focused instanceof HTMLTextAreaElement) focused.setSelectionRange(selectionStart, selectionEnd);
}

/**
 * Say in a card, which stays for what is typed in it, that its span is gone.
 * @param {HTMLElement} card
 * @param {(message: string) => void} announce
 */
function tellGone(card, announce) {
  if (card.dataset.gone !== undefined) return;
  card.dataset.gone = "";
  const line = document.createElement("p");
  line.className = "span-card-gone";
  const form = card.querySelector("form[action*='/spans/'][action$='/change']");
  line.textContent = form && typed(form) ? GONE : GONE_ELSE;
  announce(line.textContent);
  card.insertBefore(line, card.querySelector(":scope > :is(.span-answer, .span-card-more, .comments)"));
}

/**
 * Give a card what a fresh one says. Its forms and threads stay: `panel.js` sees to them.
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function renew(old, fresh) {
  const own = ["aria-current", "tabindex", "style", "data-editing"];
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && !own.includes(name)) old.removeAttribute(name);
  }
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name) ?? "");
  const forms = [...old.querySelectorAll(":scope > :is(.span-answer, .span-card-more, .comments)")];
  if (forms.length > 0) fresh.querySelector(".span-card-open")?.setAttribute("hidden", "");
  mergeChildren(old, fresh, forms);
}

/**
 * The card of `list` before which one stands, in the order of the text.
 * @param {HTMLElement} list
 * @param {HTMLElement} card
 */
function placeOf(list, card) {
  const cards = list.children;
  let low = 0;
  let high = cards.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(cards[middle], card) <= 0) low = middle + 1;
    else high = middle;
  }
  return cards[low] ?? null;
}

/**
 * @param {Element} a
 * @param {Element} b
 */
function order(a, b) {
  // By beginning, the longer one first, then by key, as the server lists them.
  return (
    Number(a.dataset.start) - Number(b.dataset.start) ||
    Number(b.dataset.end) - Number(a.dataset.end) ||
    (a.dataset.span < b.dataset.span ? -1 : 1)
  );
}

/**
 * @param {HTMLElement} article
 * @param {Set<string>} changing  ids of blocks
 */
function rememberSelection(article, changing) {
  const selection = getSelection();
  const nothing = () => {};
  if (!selection || selection.rangeCount === 0) return nothing;
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  if (!article.contains(anchorNode) && !article.contains(focusNode)) return nothing;
  const touches = [anchorNode, focusNode].some((node) => {
    // A place between blocks is counted in children, which stay as many as they were.
    const block = blockOf(node);
    return block !== null && changing.has(block.id);
  });
  if (!touches) return nothing;
  const range = selection.getRangeAt(0);
  const backward = range.startContainer !== anchorNode || range.startOffset !== anchorOffset;
  const keep = (node, index, side) =>
    article.contains(node) && blockOf(node)
      ? { offset: pointToOffset(article, node, index, side), side }
      : { node, index };
  const anchor = keep(anchorNode, anchorOffset, backward ? "end" : "start");
  const focus = keep(focusNode, focusOffset, backward ? "start" : "end");
  const find = (kept) =>
    "offset" in kept ? pointAt(article, kept.offset, kept.side) : { node: kept.node, index: kept.index };
  return () => {
    const from = find(anchor);
    const to = find(focus);
    if (from && to) selection.setBaseAndExtent(from.node, from.index, to.node, to.index);
  };
}

/** @param {HTMLElement} article */
function rememberFocus(article) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const nothing = () => {};
  if (!focused || focused === document.body) return nothing;
  const mark = article.contains(focused) ? focused.closest("[data-s]") : null;
  const own = focused.closest("[data-span]");
  if (!mark && !own) return nothing;
  const span = mark ? mark.dataset.s.split(" ")[0] : own.dataset.span;
  const card = own ?? document.getElementById(`card-${span}`);
  const start = Number(card?.dataset.start ?? blockOf(mark)?.dataset.o);
  return () => {
    if (focused.isConnected) return;
    let next = mark
      ? document.querySelector(`#article [data-s~="${span}"]`)
      : document.getElementById(`card-${span}`);
    focusOn(next ?? placeAt(start));
  };
}

/**
 * Where to go on when the card at `start` went away: the one that took its place, the last, or the
 * empty list; not the top of the page.
 * @param {number} start  in code points
 * @returns {HTMLElement | null}
 */
export function placeAt(start) {
  const cards = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#span-list > [data-span]")]);
  return cards.find((one) => Number(one.dataset.start) >= start) ?? cards.at(-1) ?? document.getElementById("spans") ?? document.getElementById("span-list");
}

/** @param {Element | null | undefined} element */
export function focusOn(element) {
  if (!(element instanceof HTMLElement)) return;
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** @param {HTMLElement} article */
function rememberPlace(article) {
  const box = article.getBoundingClientRect();
  const at = document.elementFromPoint(
    Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1),
    Math.min(Math.max(box.top, 80), innerHeight - 1),
  );
  const block = at && article.contains(at) ? blockOf(at) : null;
  if (!block) return () => {};
  const { id } = block;
  const { top } = block.getBoundingClientRect();
  return () => {
    const moved = (document.getElementById(id)?.getBoundingClientRect().top ?? top) - top;
    if (Math.abs(moved) > 1) scrollBy({ top: moved, behavior: "instant" });
  };
}
