/**
 * Each card of the side list beside its words: level with its mark, or under the card before it
 * where marks stand close. The active card, or else the first in sight, keeps its exact place and
 * pushes the others up and down.
 *
 * Only what is near the screen is measured; cards further off get a place by proportion, so that
 * two thousand of them cost little. Without room for two columns the list stays a list.
 */

import { blockEnd, blockStart, toRange } from "./offsets.js";

const GAP = 6;
const NEAR = 800;
/** Milliseconds between two placings while the page scrolls: cards that move are painted anew. */
const REST = 150;

/**
 * @param {HTMLElement} article
 * @param {HTMLElement} list
 * @param {() => HTMLElement | null} activeCard
 */
export function start(article, list, activeCard) {
  const aside = list.closest(".span-aside");
  if (!aside) return;
  const wide = matchMedia("(min-width: 56.01rem)");
  try {
    // A custom property is inherited unless told otherwise: each card that moves would have all
    // it holds styled anew, which at two thousand cards takes most of a frame.
    CSS.registerProperty({ name: "--y", syntax: "<length>", inherits: false, initialValue: "0px" });
  } catch {
    // It is registered already, or the browser cannot.
  }
  let asked = false;
  let stale = true;
  let held = false;

  /** @param {Element} chunk */
  const blocksOf = (chunk) => (chunk.hasAttribute("data-o") ? [chunk] : [...chunk.children]);

  /**
   * Cards by proportion of their chunk: no card and no mark is measured.
   * @param {Iterable<Element>} cards  in the order of the text
   */
  function estimate(cards) {
    const origin = list.getBoundingClientRect().top;
    const chunks = [...article.children].map((chunk) => {
      const box = chunk.getBoundingClientRect();
      const blocks = blocksOf(chunk);
      const from = blockStart(blocks[0]);
      return { from, to: blockEnd(blocks[blocks.length - 1]), top: box.top - origin, height: box.height };
    });
    let at = 0;
    for (const card of cards) {
      const offset = Number(/** @type {HTMLElement} */ (card).dataset.start);
      while (at < chunks.length - 1 && offset >= chunks[at].to) at += 1;
      const { from, to, top, height } = chunks[at];
      const share = to > from ? (offset - from) / (to - from) : 0;
      put(card, Math.round(top + share * height));
    }
  }

  /**
   * @param {Element} card
   * @param {number} y
   */
  function put(card, y) {
    const value = `${y}px`;
    const { style } = /** @type {HTMLElement} */ (card);
    if (style.getPropertyValue("--y") !== value) style.setProperty("--y", value);
  }

  function place() {
    asked = false;
    if (!wide.matches || held) return;
    if (stale) estimate(list.children);
    stale = false;
    const origin = list.getBoundingClientRect().top;
    /** @type {Map<Element, {wanted: number, height: number, seen: boolean}>} */
    const near = new Map();
    for (const chunk of article.children) {
      if (!isNear(chunk)) continue;
      for (const block of blocksOf(chunk)) {
        if (!isNear(block)) continue;
        for (const mark of block.querySelectorAll("[data-start]")) {
          const { top } = mark.getClientRects()[0] ?? mark.getBoundingClientRect();
          for (const span of mark.getAttribute("data-start").split(" ")) {
            const card = document.getElementById(`card-${span}`);
            if (card && !card.hidden) {
              near.set(card, { wanted: Math.round(top - origin), height: 0, seen: top > 60 && top < innerHeight - 40 });
            }
          }
        }
      }
    }
    // The words of a span that is gone have no mark any more.
    for (const card of list.querySelectorAll(":scope > [data-gone]")) {
      const start = Number(/** @type {HTMLElement} */ (card).dataset.start);
      const box = toRange(article, start, start + 1)?.getBoundingClientRect();
      if (box && box.bottom > -NEAR && box.top < innerHeight + NEAR) {
        near.set(card, { wanted: Math.round(box.top - origin), height: 0, seen: box.top > 60 && box.top < innerHeight - 40 });
      }
    }
    const cards = [...near.keys()].sort((a, b) => (a.compareDocumentPosition(b) & 4 ? -1 : 1));
    for (const card of cards) near.get(card).height = /** @type {HTMLElement} */ (card).offsetHeight;

    const active = activeCard();
    let pin = active && near.get(active)?.seen ? cards.indexOf(active) : -1;
    if (pin < 0) pin = Math.max(cards.findIndex((card) => near.get(card).seen), 0);
    if (cards.length === 0) return;
    const places = cards.map((card) => near.get(card).wanted);
    const foot = (at) => places[at] + near.get(cards[at]).height + GAP;
    for (let at = pin - 1; at >= 0; at -= 1) {
      places[at] = Math.min(places[at], places[at + 1] - near.get(cards[at]).height - GAP);
    }
    // Nothing is pushed out over the head of the list: there the others give way.
    if (cards[0] === list.firstElementChild) places[0] = Math.max(places[0], 0);
    for (let at = 1; at < cards.length; at += 1) places[at] = Math.max(places[at], foot(at - 1));
    cards.forEach((card, at) => put(card, places[at]));
  }

  /** @param {Element} element */
  function isNear(element) {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > -NEAR && top < innerHeight + NEAR;
  }

  function ask() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(place);
  }

  function all() {
    stale = true;
    ask();
  }

  function toggle() {
    aside.classList.toggle("is-placed", wide.matches);
    all();
  }

  // A card must not move away between the press of a button and its release.
  list.addEventListener("pointerdown", () => {
    held = true;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    addEventListener(name, () => {
      if (!held) return;
      held = false;
      setTimeout(ask, 0);
    });
  }
  wide.addEventListener("change", toggle);
  let timer = 0;
  addEventListener(
    "scroll",
    () => {
      timer ||= setTimeout(() => {
        timer = 0;
        ask();
      }, REST);
    },
    { passive: true },
  );
  new ResizeObserver(all).observe(article);
  list.addEventListener("toggle", ask, true);
  article.addEventListener("span:active", ask);
  article.addEventListener("article:patched", () => {
    if (wide.matches && !stale) {
      estimate([...list.children].filter((card) => !(/** @type {HTMLElement} */ (card).style.getPropertyValue("--y"))));
    }
    ask();
  });
  article.addEventListener("span:listed", all);
  toggle();
}
