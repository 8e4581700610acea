/**
 * What the reader has selected, by mouse, finger or keyboard, told once it has come to rest.
 */

import { fromSelection } from "./offsets.js";

const AFTER_MOUSE = 10;
const AFTER_KEYS = 100;
const AFTER_TOUCH = 300;

/** @typedef {import("./offsets.js").Span} Span */

/**
 * @param {HTMLElement} article
 * @param {(span: Span | null, by: "mouse" | "touch" | "keyboard") => void} settled
 * @param {(node: Node) => boolean} isTool  whether a node belongs to what acts on the selection
 * @returns {{current: () => Span | null}}
 */
export function start(article, settled, isTool) {
  let by = /** @type {"mouse" | "touch" | "keyboard"} */ ("keyboard");
  let held = false;
  /** The last press was on what acts on the selection. */
  let acting = false;
  let timer = 0;
  /** @type {string | null} */
  let last = "";

  const current = () => fromSelection(article, getSelection());

  function tell() {
    // A field of the popover that has the focus takes the browser's selection with it.
    if (document.activeElement && isTool(document.activeElement)) return;
    const span = current();
    // A finger on a tool may take the selection away without giving the tool the focus.
    if (!span && acting) return;
    const state = span ? `${span.start} ${span.end}` : "";
    if (state === last) return;
    last = state;
    settled(span, by);
  }

  function soon(pause) {
    clearTimeout(timer);
    timer = setTimeout(tell, pause);
  }

  // On the document: a drag that ends in the article may begin outside it.
  document.addEventListener("pointerdown", (event) => {
    acting = isTool(/** @type {Node} */ (event.target));
    if (acting) return;
    by = event.pointerType === "mouse" ? "mouse" : "touch";
    held = by === "mouse" && event.button === 0;
    // The same words selected anew are asked for anew.
    last = null;
  });
  // A long press on words that are selected already changes no selection.
  document.addEventListener("contextmenu", () => {
    if (by === "touch" && !acting) soon(AFTER_TOUCH);
  });
  for (const name of ["pointerup", "pointercancel", "dragend"]) {
    document.addEventListener(name, () => {
      if (!held) return;
      held = false;
      soon(AFTER_MOUSE);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) by = "keyboard";
  });
  document.addEventListener("selectionchange", () => {
    if (!held) soon(by === "touch" ? AFTER_TOUCH : AFTER_KEYS);
  });

  return { current };
}
