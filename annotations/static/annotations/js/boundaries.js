/**
 * Handles at the two ends of the active span, for who may change it: dragged by mouse or finger,
 * or moved by the arrow keys once they have the focus. Enter or letting go saves, Escape does not.
 *
 * They lie over the page, outside the article, whose text nothing may be put into.
 */

import {
  blockAt,
  blockEnd,
  blockStart,
  borders,
  neighbour,
  offsetAtPoint,
  textBetween,
  tidyIn,
  toRange,
} from "./offsets.js";
import { words } from "./segments.js";

/** @typedef {import("./offsets.js").Span} Span */

// Large enough for a finger; for a mouse small enough to leave the next line free.
const FINGER = 28;
const MOUSE = 14;

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {import("./keys.js").Keys} parts.keys
 * @param {import("./paint.js").Paint} parts.paint
 * @param {(message: string) => void} parts.announce
 * @param {(card: HTMLElement) => boolean} parts.mayChange
 * @param {(card: HTMLElement) => string} parts.revisionOf
 * @param {(card: HTMLElement, span: Span, revision: string) => void} parts.change  with the
 *   revision at which the ends were looked at
 */
export function start({ article, keys, paint, announce, mayChange, revisionOf, change }) {
  /** @type {HTMLElement | null} */
  let card = null;
  /** @type {Span | null} */
  let moved = null;
  /** The span as it was when its ends were last looked at.
   * @type {(Span & {revision: string}) | null} */
  let began = null;
  let dragging = false;
  const handles = { start: make("start"), end: make("end") };

  /** @param {"start" | "end"} side */
  function make(side) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = `handle handle-${side}`;
    handle.hidden = true;
    handle.setAttribute("aria-label", side === "start" ? "Start of the span" : "End of the span");
    handle.title = "Drag, or move with the arrow keys; Enter saves";
    Object.assign(handle.style, { position: "absolute", touchAction: "none" });
    document.body.append(handle);

    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      handle.focus({ preventScroll: true });
      dragging = true;
      begin();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!dragging || !moved) return;
      // The handle lies over the text that is asked for.
      handle.style.pointerEvents = "none";
      const rise = event.pointerType === "touch" ? 24 : 0;
      const offset = offsetAtPoint(article, event.clientX, event.clientY - rise, side);
      handle.style.pointerEvents = "";
      if (offset !== null) move(side, offset);
    });
    handle.addEventListener("pointerup", () => {
      if (!dragging) return;
      dragging = false;
      save();
    });
    handle.addEventListener("pointercancel", cancel);
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (by) {
        begin();
        const fine = event.shiftKey || event.ctrlKey || event.altKey || event.metaKey;
        move(side, beside(moved[side], /** @type {1 | -1} */ (by), side, fine));
        announce(textBetween(article, moved.start, moved.end));
      } else if (event.key === "Enter") save();
      else if (event.key === "Escape" && moved) cancel();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    handle.addEventListener("blur", () => {
      if (!dragging && moved) save();
    });
    return handle;
  }

  function begin() {
    if (moved || !card) return;
    began = { ...saved(), revision: revisionOf(card) };
    moved = saved();
  }

  /** Somebody else's change while an end is moved here: the other end follows, one's own stays. */
  function follow() {
    if (!moved || !began) return;
    if (!card) {
      dragging = false;
      moved = null;
      paint.set("pending", []);
      announce("This span was withdrawn by somebody else.");
      return;
    }
    const now = { ...saved(), revision: revisionOf(card) };
    const still = /** @type {const} */ (["start", "end"]).filter((side) => now[side] === began?.[side]);
    const own = moved.start !== began.start ? "start" : "end";
    const other = own === "start" ? "end" : "start";
    const next = { ...moved, [other]: now[other] };
    if (still.length === 2) began = now;
    else if (still.includes(own) && moved[other] === began[other] && next.start < next.end) {
      [moved, began] = [next, now];
      paint.set("pending", [moved]);
      announce(`Somebody else moved the ${other} of this span; yours is kept.`);
    } else announce("Somebody else moved this end, too: both are shown when you save.");
  }

  /** @returns {Span} */
  function saved() {
    return { start: Number(card?.dataset.start), end: Number(card?.dataset.end) };
  }

  /**
   * The next border of a word (or with `fine` of a character) from `offset`.
   * @param {number} offset
   * @param {1 | -1} by
   * @param {"start" | "end"} side
   * @param {boolean} fine
   */
  function beside(offset, by, side, fine) {
    const inside = side === "end" ? Math.max(offset - 1, 0) : offset;
    for (let block = blockAt(article, inside); block; block = neighbour(block, by)) {
      const at = blockStart(block);
      const text = block.textContent ?? "";
      const stops = fine
        ? borders(text)
        : words(text, article.lang || "en").map((part) => (side === "start" ? part[0] : part[1]));
      const found = by > 0 ? stops.find((stop) => at + stop > offset) : stops.findLast((stop) => at + stop < offset);
      if (found !== undefined) return at + found;
    }
    return offset;
  }

  /**
   * @param {"start" | "end"} side
   * @param {number} offset
   */
  function move(side, offset) {
    if (!moved) return;
    const next = { ...moved, [side]: offset };
    // Never past the other end: a span keeps at least one character.
    if (next.start >= next.end) return;
    moved = next;
    paint.set("pending", [moved]);
    place();
  }

  function save() {
    if (!moved || !began || !card) return;
    const before = began;
    const clean = tidyIn(article, moved.start, moved.end);
    const of = card;
    moved = null;
    paint.set("pending", []);
    place();
    if (clean && (clean.start !== before.start || clean.end !== before.end)) change(of, clean, before.revision);
  }

  function cancel() {
    dragging = false;
    moved = null;
    paint.set("pending", []);
    place();
    announce("The span stays as it was.");
  }

  function place() {
    const span = card ? (moved ?? saved()) : null;
    for (const side of /** @type {const} */ (["start", "end"])) {
      const handle = handles[side];
      handle.hidden = !span;
      if (!span) continue;
      const edge = side === "start" ? [span.start, span.start + 1] : [span.end - 1, span.end];
      const range = toRange(article, edge[0], edge[1]);
      const boxes = range ? [...range.getClientRects()] : [];
      const box = side === "start" ? boxes[0] : boxes.at(-1);
      if (!box) {
        handle.hidden = true;
        continue;
      }
      const node = range?.startContainer;
      const element = node instanceof Element ? node : node?.parentElement;
      const rightToLeft = element && getComputedStyle(element).direction === "rtl";
      const left = (side === "start") !== Boolean(rightToLeft) ? box.left : box.right;
      // Under the line and outside the span: the words themselves stay free to be clicked.
      const size = matchMedia("(pointer: coarse)").matches ? FINGER : MOUSE;
      const before = left === box.left;
      Object.assign(handle.style, {
        width: `${size}px`,
        height: `${size}px`,
        minWidth: "0",
        minHeight: "0",
        padding: "0",
        left: `${(before ? left - size : left) + scrollX}px`,
        top: `${box.bottom - 4 + scrollY}px`,
      });
    }
  }

  article.addEventListener("span:active", (event) => {
    const next = /** @type {CustomEvent} */ (event).detail.card;
    if (moved && next !== card) save();
    card = next && mayChange(next) ? next : null;
    place();
  });
  article.addEventListener("article:patched", () => {
    card = card ? document.getElementById(card.id) : null;
    follow();
    place();
  });
  addEventListener("resize", place);
  new ResizeObserver(place).observe(article);

  const when = () => card !== null;
  keys.register({ key: "[", description: "Move the start of the active span", group: "Spans", when, run: () => handles.start.focus() });
  keys.register({ key: "]", description: "Move its end (arrows: words; with Shift: characters; Enter saves)", group: "Spans", when, run: () => handles.end.focus() });
}
