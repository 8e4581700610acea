/**
 * Where a place in the page lies in the article's text, and the other way round.
 *
 * Every offset that leaves this module counts Unicode code points of the article's text, end
 * exclusive, as the server counts them. The browser counts UTF-16 units: that stays in here.
 * Work is done inside one block, whose `data-o` and `data-n` say where it begins and how long it
 * is, so that nothing costs more in a long article than in a short one.
 */

/** @typedef {{start: number, end: number}} Span  Code points of the article's text. */

// White space and U+FEFF: what the server trims.
const BLANK = /^\s$/u;
/** Made when first asked: it takes longer than the rest of the module. @type {Intl.Segmenter | null} */
let graphemes = null;

/**
 * How many code points `text` has; a lone surrogate counts as one.
 * @param {string} text
 */
export function length(text) {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i += 1) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count -= 1;
      i += 1;
    }
  }
  return count;
}

/**
 * The code-point offset of the UTF-16 offset `units`.
 * @param {string} text
 * @param {number} units
 * @throws {RangeError} inside a surrogate pair, or outside the text
 */
export function fromUtf16(text, units) {
  if (!Number.isInteger(units) || units < 0 || units > text.length) {
    throw new RangeError(`Offset ${units} lies outside a text of ${text.length} UTF-16 units.`);
  }
  const low = (text.charCodeAt(units) & 0xfc00) === 0xdc00;
  if (units > 0 && low && (text.charCodeAt(units - 1) & 0xfc00) === 0xd800) {
    throw new RangeError(`Offset ${units} falls inside a surrogate pair.`);
  }
  return length(text.slice(0, units));
}

/**
 * The UTF-16 offset of the code-point offset `points`.
 * @param {string} text
 * @param {number} points
 * @throws {RangeError} outside the text
 */
export function toUtf16(text, points) {
  let units = 0;
  for (let left = points; left > 0; left -= 1) {
    if (units >= text.length) {
      throw new RangeError(`Offset ${points} lies outside a text of ${length(text)} characters.`);
    }
    units += text.codePointAt(units) > 0xffff ? 2 : 1;
  }
  if (points < 0) throw new RangeError(`Offset ${points} lies before the text.`);
  return units;
}

/**
 * `text` from `start` to `end`, in code points.
 * @param {string} text
 * @param {number} start
 * @param {number} [end]
 */
export function slice(text, start, end) {
  const from = toUtf16(text, start);
  return end === undefined ? text.slice(from) : text.slice(from, toUtf16(text, end));
}

/**
 * Borders of the graphemes of `text` in code points, 0 and the end included.
 * @param {string} text
 * @returns {number[]}
 */
export function borders(text) {
  const found = [0];
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment } of graphemes.segment(text)) {
    found.push(found[found.length - 1] + length(segment));
  }
  return found;
}

/** @param {string} character */
export function isBlank(character) {
  return BLANK.test(character);
}

/**
 * Whole graphemes without blanks at either end; `start === end` when nothing is left. An accent
 * that stands on a blank keeps its blank.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @returns {[number, number]}
 */
export function tidy(text, start, end) {
  if (start >= end) return [start, start];
  const all = borders(text);
  const down = (offset) => all.findLast((border) => border <= offset) ?? 0;
  const up = (offset) => all.find((border) => border >= offset) ?? all[all.length - 1];
  const first = down(start);
  const characters = [...slice(text, first, up(end))];
  let from = 0;
  let to = characters.length;
  while (from < to && isBlank(characters[from])) from += 1;
  if (from === to) return [first, first];
  while (isBlank(characters[to - 1])) to -= 1;
  return [down(first + from), up(first + to)];
}

// ── blocks ──────────────────────────────────────────────────────────────────────────────────────

/** @param {Element} block */
export const blockStart = (block) => Number(block.dataset.o);
/** @param {Element} block */
export const blockEnd = (block) => Number(block.dataset.o) + Number(block.dataset.n);

/**
 * @param {Node | null} node
 * @returns {HTMLElement | null}
 */
export function blockOf(node) {
  const element = node instanceof Element ? node : node?.parentElement;
  return element?.closest("[data-o]") ?? null;
}

/** @param {Element} unit  a block, or a chunk of blocks */
function firstBlock(unit) {
  return unit.hasAttribute("data-o") ? unit : unit.firstElementChild;
}

/**
 * The block that holds `offset`, or the last one that begins before it; null before the first.
 * @param {Element} article
 * @param {number} offset
 * @returns {HTMLElement | null}
 */
export function blockAt(article, offset) {
  // Two binary searches, over chunks and in one chunk: a selector over the whole article would
  // walk each of its marks at every movement of a selection.
  let level = article;
  for (;;) {
    const units = level.children;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (blockStart(firstBlock(units[middle])) <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const unit = units[low - 1];
    if (unit.hasAttribute("data-o")) return unit;
    level = unit;
  }
}

/**
 * @param {Element} article
 * @returns {HTMLElement | null}
 */
export function lastBlock(article) {
  const unit = article.lastElementChild;
  return unit && (unit.hasAttribute("data-o") ? unit : unit.lastElementChild);
}

/**
 * The block after (or with `step` -1 before) `block`, across chunks.
 * @param {HTMLElement} block
 * @param {1 | -1} [step]
 * @returns {HTMLElement | null}
 */
export function neighbour(block, step = 1) {
  const [sibling, edge] =
    step > 0
      ? ["nextElementSibling", "firstElementChild"]
      : ["previousElementSibling", "lastElementChild"];
  if (block[sibling]) return block[sibling];
  const chunk = block.parentElement;
  if (!chunk || chunk.id === "article") return null;
  for (let unit = chunk[sibling]; unit; unit = unit[sibling]) {
    if (unit.hasAttribute("data-o")) return unit;
    if (unit[edge]) return unit[edge];
  }
  return null;
}

/**
 * The article's text from `start` to `end`, separators between blocks included.
 * @param {Element} article
 * @param {number} start
 * @param {number} end
 */
export function textBetween(article, start, end) {
  return toRange(article, start, end)?.toString() ?? "";
}

// ── from the page to offsets ────────────────────────────────────────────────────────────────────

/**
 * The article offset of a place in the page. A place between two blocks, or outside the article,
 * goes to the nearest block end before it or block start after it, as `side` says.
 * @param {Element} article
 * @param {Node} node
 * @param {number} index  as in a Range: UTF-16 units of a text, or children of an element
 * @param {"start" | "end"} side
 * @returns {number | null}  null when no block lies on that side
 */
export function pointToOffset(article, node, index, side) {
  const block = article.contains(node) ? blockOf(node) : null;
  if (block && article.contains(block)) {
    const before = document.createRange();
    before.setStart(block, 0);
    before.setEnd(node, index);
    // Half a character counts as one: a start inside a pair goes back before it, an end after it.
    const halved = side === "start" && cutsPair(node, index) ? 1 : 0;
    return blockStart(block) + length(before.toString()) - halved;
  }
  const place = document.createRange();
  place.setStart(node, index);
  const before = lastBefore(article, place);
  if (side === "end") return before ? blockEnd(before) : null;
  const next = before ? neighbour(before) : firstBlockOf(article);
  return next ? blockStart(next) : null;
}

/** @param {Element} article */
function firstBlockOf(article) {
  const unit = article.firstElementChild;
  return unit && firstBlock(unit);
}

/**
 * The last block that begins before the collapsed range `place`.
 * @param {Element} article
 * @param {Range} place
 */
function lastBefore(article, place) {
  let level = article;
  for (;;) {
    const units = level.children;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place.comparePoint(firstBlock(units[middle]), 0) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const unit = units[low - 1];
    if (unit.hasAttribute("data-o")) return unit;
    level = unit;
  }
}

/**
 * @param {Node} node
 * @param {number} index
 */
function cutsPair(node, index) {
  if (!(node instanceof Text) || index === 0 || index >= node.data.length) return false;
  return (
    (node.data.charCodeAt(index) & 0xfc00) === 0xdc00 &&
    (node.data.charCodeAt(index - 1) & 0xfc00) === 0xd800
  );
}

/**
 * The stretch of text that a Range covers: inside the article, without blanks at its ends, whole
 * graphemes; null when nothing of the text is in it.
 * @param {Element} article
 * @param {Range} range
 * @returns {Span | null}
 */
export function fromRange(article, range) {
  if (range.collapsed || !range.intersectsNode(article)) return null;
  const start = pointToOffset(article, range.startContainer, range.startOffset, "start");
  const end = pointToOffset(article, range.endContainer, range.endOffset, "end");
  if (start === null || end === null || start >= end) return null;
  return tidyIn(article, start, end);
}

/**
 * `tidy` over blocks: only the text of the blocks at the two ends is read.
 * @param {Element} article
 * @param {number} start
 * @param {number} end
 * @returns {Span | null}
 */
export function tidyIn(article, start, end) {
  let first = blockAt(article, start) ?? firstBlockOf(article);
  let from = start;
  for (;;) {
    if (!first || blockStart(first) >= end) return null;
    const o = blockStart(first);
    const text = first.textContent;
    const lower = Math.min(Math.max(from - o, 0), Number(first.dataset.n));
    const upper = Math.min(end - o, Number(first.dataset.n));
    if (lower < upper) {
      const [tidied, to] = tidy(text, lower, upper);
      if (tidied < to) {
        from = o + tidied;
        break;
      }
    }
    first = neighbour(first);
    if (first) from = blockStart(first);
  }
  let last = blockAt(article, end - 1);
  for (;;) {
    const o = blockStart(last);
    const lower = last === first ? from - o : 0;
    const upper = Math.min(end - o, Number(last.dataset.n));
    const [begins, to] = tidy(last.textContent, lower, upper);
    if (begins < to) return { start: from, end: o + to };
    last = neighbour(last, -1);
  }
}

/**
 * What is selected now, whatever made the selection.
 * @param {Element} article
 * @param {Selection | null} selection
 * @returns {Span | null}
 */
export function fromSelection(article, selection) {
  if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
  return fromRange(article, selection.getRangeAt(0));
}

/**
 * Where the caret stands, or a selection begins; null outside the article.
 * @param {Element} article
 * @param {Selection | null} selection
 */
export function caretOffset(article, selection) {
  if (!selection || selection.rangeCount === 0) return null;
  const { startContainer, startOffset } = selection.getRangeAt(0);
  if (!article.contains(startContainer)) return null;
  return pointToOffset(article, startContainer, startOffset, "start");
}

/**
 * The article offset under a point of the screen; null where there is no text of the article.
 * @param {Element} article
 * @param {number} x
 * @param {number} y
 * @param {"start" | "end"} side
 */
export function offsetAtPoint(article, x, y, side) {
  let node = null;
  let index = 0;
  if (document.caretPositionFromPoint) {
    const position = document.caretPositionFromPoint(x, y);
    node = position?.offsetNode ?? null;
    index = position?.offset ?? 0;
  } else if (document.caretRangeFromPoint) {
    const range = document.caretRangeFromPoint(x, y);
    node = range?.startContainer ?? null;
    index = range?.startOffset ?? 0;
  }
  return node && article.contains(node) ? pointToOffset(article, node, index, side) : null;
}

// ── from offsets to the page ────────────────────────────────────────────────────────────────────

/**
 * The place of `offset`: at a border between two text nodes, in the later one for a start and in
 * the earlier one for an end, so that a range touches no node that it does not cover.
 * @param {Element} article
 * @param {number} offset
 * @param {"start" | "end"} side
 * @returns {{node: Node, index: number} | null}
 */
export function pointAt(article, offset, side = "start") {
  let block = blockAt(article, offset);
  if (!block) {
    // Blanks before the first block.
    return { node: article, index: 0 };
  }
  if (side === "end" && offset === blockStart(block)) {
    const before = neighbour(block, -1);
    if (before && blockEnd(before) === offset) block = before;
  }
  const inside = offset - blockStart(block);
  const points = Number(block.dataset.n);
  if (inside > points) return inSeparator(article, block, inside - points);
  const units = toUtf16(block.textContent, inside);
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  let left = units;
  let last = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const size = node.data.length;
    if (left < size || (left === size && side === "end")) return { node, index: left };
    left -= size;
    last = node;
  }
  return last ? { node: last, index: last.data.length } : { node: block, index: 0 };
}

/**
 * A place in what separates `block` from the next one.
 * @param {Element} article
 * @param {HTMLElement} block
 * @param {number} points
 */
function inSeparator(article, block, points) {
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  walker.currentNode = block;
  // Step over the block's own text: its last descendant is where the walk goes on from.
  while (walker.lastChild());
  let left = points;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const size = length(node.data);
    if (left <= size) return { node, index: toUtf16(node.data, left) };
    left -= size;
  }
  return null;
}

/**
 * @param {Element} article
 * @param {number} start
 * @param {number} end
 * @returns {Range | null}
 */
export function toRange(article, start, end) {
  const from = pointAt(article, start, "start");
  const to = pointAt(article, end, "end");
  if (!from || !to) return null;
  const range = document.createRange();
  range.setStart(from.node, from.index);
  range.setEnd(to.node, to.index);
  return range;
}
