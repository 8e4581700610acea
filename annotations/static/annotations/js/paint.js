/**
 * Passing highlights over the article: the stretch about to be marked, a save under way, a save
 * that failed. They are ranges of the CSS Custom Highlight API, so the text is not touched.
 *
 * Where the browser lacks that API they are boxes that lie over the page, outside the article.
 * The native selection stays the reader's: written to, it would ask what to mark once more.
 */

import { toRange } from "./offsets.js";

/** @typedef {"pending" | "saving" | "failed" | "hover"} Name  as in CSS `::highlight(pending)` */
/** @typedef {{set: (name: Name, spans: import("./offsets.js").Span[]) => void}} Paint */

/** Boxes of one name: a stretch of many screens is known to be painted without its end. */
const MOST = 400;

/**
 * @param {HTMLElement} article
 * @returns {Paint}
 */
export function start(article) {
  const supported = typeof Highlight === "function" && "highlights" in CSS;
  /** @type {Map<Name, import("./offsets.js").Span[]>} */
  const painted = new Map();
  const layer = supported ? null : makeLayer();

  /** @param {Name} name */
  function draw(name) {
    const ranges = (painted.get(name) ?? [])
      .map(({ start: from, end }) => toRange(article, from, end))
      .filter((range) => range !== null);
    if (layer) lay(layer, name, ranges);
    else if (ranges.length > 0) {
      const highlight = new Highlight(...ranges);
      highlight.priority = name === "pending" ? 2 : 1;
      CSS.highlights.set(name, highlight);
    } else CSS.highlights.delete(name);
  }

  function drawAll() {
    for (const name of painted.keys()) draw(name);
  }

  // Ranges into a block that was replaced have shrunk to nothing.
  article.addEventListener("article:patched", drawAll);
  if (layer) {
    addEventListener("resize", drawAll);
    // Chunks out of sight have guessed heights until they are laid out.
    new ResizeObserver(drawAll).observe(article);
  }

  return {
    set(name, spans) {
      if (spans.length === 0 && !painted.get(name)?.length) return;
      painted.set(name, spans);
      draw(name);
    },
  };
}

function makeLayer() {
  const layer = document.createElement("div");
  layer.className = "painted";
  layer.setAttribute("aria-hidden", "true");
  document.body.append(layer);
  return layer;
}

/**
 * @param {HTMLElement} layer
 * @param {Name} name
 * @param {Range[]} ranges
 */
function lay(layer, name, ranges) {
  for (const old of layer.querySelectorAll(`[data-painted="${name}"]`)) old.remove();
  for (const { left, top, width, height } of ranges.flatMap((range) => [...range.getClientRects()]).slice(0, MOST)) {
    if (width === 0) continue;
    const box = document.createElement("div");
    box.dataset.painted = name;
    Object.assign(box.style, {
      left: `${left + scrollX}px`,
      top: `${top + scrollY}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
    layer.append(box);
  }
}
