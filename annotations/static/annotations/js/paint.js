/**
 * Passing highlights over the article: the stretch about to be marked, a save under way, a save
 * that failed. They are ranges of the CSS Custom Highlight API, so the text is not touched.
 *
 * Where the browser lacks that API, the stretch about to be marked becomes the native selection.
 */

import { toRange } from "./offsets.js";

/** @typedef {"pending" | "saving" | "failed" | "hover"} Name  as in CSS `::highlight(pending)` */
/** @typedef {{set: (name: Name, spans: import("./offsets.js").Span[]) => void}} Paint */

/**
 * @param {HTMLElement} article
 * @returns {Paint}
 */
export function start(article) {
  const supported = typeof Highlight === "function" && "highlights" in CSS;
  /** @type {Map<Name, import("./offsets.js").Span[]>} */
  const painted = new Map();

  function draw(name) {
    const ranges = (painted.get(name) ?? [])
      .map(({ start: from, end }) => toRange(article, from, end))
      .filter((range) => range !== null);
    if (supported) {
      if (ranges.length > 0) {
        const highlight = new Highlight(...ranges);
        highlight.priority = name === "pending" ? 2 : 1;
        CSS.highlights.set(name, highlight);
      } else CSS.highlights.delete(name);
    } else if (name === "pending" && ranges.length > 0) {
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(ranges[0]);
    }
  }

  // Ranges into a block that was replaced have shrunk to nothing.
  article.addEventListener("article:patched", () => {
    for (const name of painted.keys()) if (supported) draw(name);
  });

  return {
    set(name, spans) {
      if (spans.length === 0 && !painted.get(name)?.length) return;
      painted.set(name, spans);
      draw(name);
    },
  };
}
