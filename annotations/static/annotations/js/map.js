/**
 * The slim map of the article: a click or a drag on it goes to that place in the text, and a
 * frame on it shows what is on the screen.
 */

import { blockAt, blockEnd, blockStart, lastBlock, toRange } from "./offsets.js";

/**
 * @param {HTMLElement} article
 */
export function start(article) {
  let held = false;

  /** @param {PointerEvent} event */
  function go(event) {
    const map = document.getElementById("map");
    const last = lastBlock(article);
    if (!map || !last) return;
    const box = map.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientY - box.top) / box.height, 0), 0.9999);
    // The map is drawn to the scale of the text, not of the page.
    const offset = Math.floor(share * blockEnd(last));
    const block = blockAt(article, offset) ?? last;
    block.scrollIntoView({ block: "center", behavior: "instant" });
    const at = toRange(article, offset, Math.min(offset + 1, blockEnd(last)))?.getBoundingClientRect();
    if (at && at.height > 0) scrollBy({ top: at.top - innerHeight / 3, behavior: "instant" });
  }

  const frame = document.createElement("div");
  frame.className = "map-window";
  document.getElementById("map")?.parentElement?.append(frame);
  let asked = false;

  function follow() {
    asked = false;
    const last = lastBlock(article);
    if (!frame.isConnected || !last) return;
    const whole = blockEnd(last);
    const share = (y) => {
      for (const chunk of article.children) {
        const box = chunk.getBoundingClientRect();
        if (box.bottom < y) continue;
        const first = chunk.hasAttribute("data-o") ? chunk : chunk.firstElementChild;
        const end = chunk.hasAttribute("data-o") ? chunk : chunk.lastElementChild;
        const within = Math.min(Math.max((y - box.top) / (box.height || 1), 0), 1);
        return (blockStart(first) + within * (blockEnd(end) - blockStart(first))) / whole;
      }
      return 1;
    };
    const top = share(0);
    frame.style.top = `${top * 100}%`;
    frame.style.height = `${Math.max(share(innerHeight) - top, 0.01) * 100}%`;
  }
  for (const name of ["scroll", "resize"]) {
    addEventListener(
      name,
      () => {
        if (!asked) requestAnimationFrame(follow);
        asked = true;
      },
      { passive: true },
    );
  }
  follow();

  // On the document: a save may put in a fresh map.
  document.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !(/** @type {Element} */ (event.target).closest("#map"))) return;
    held = true;
    event.preventDefault();
    go(event);
  });
  document.addEventListener("pointermove", (event) => {
    if (held) go(event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => {
      held = false;
    });
  }
}
