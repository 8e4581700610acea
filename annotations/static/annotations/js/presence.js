/**
 * Who is here, and softly where: names above the article, a quiet mark beside the paragraph that
 * somebody has in view, a word on the card of the span that somebody is changing.
 */

import { blockOf } from "./offsets.js";
import { newKey } from "./save.js";

/** Milliseconds between two signs of life, and between two moves that are told. */
const BEAT = 10_000;
const PAUSE = 1_500;
const NAMES = 6;

/**
 * @typedef {object} Place
 * @property {string} tab
 * @property {string} person
 * @property {string} name
 * @property {number | null} block
 * @property {string | null} span
 */

/**
 * @param {HTMLElement} article
 * @param {import("./paint.js").Paint} paint
 * @param {string} me  the person that reads here
 */
export function start(article, paint, me) {
  const tab = newKey();
  const box = document.getElementById("here");
  const address = `${article.dataset.url}here`;
  /** @type {Place[]} */
  let others = [];
  let told = "";
  let timer = 0;

  // ── where this page is ──────────────────────────────────────────────────────────────────────

  function where() {
    const box = article.getBoundingClientRect();
    const at = document.elementFromPoint(box.left + Math.min(box.width / 2, innerWidth / 2), innerHeight / 3);
    const block = at && article.contains(at) ? blockOf(at) : null;
    const field = document.activeElement?.closest("form");
    const card = field?.closest("[data-span]");
    return {
      block: block?.id.slice(1) ?? "",
      span: /** @type {HTMLElement | null | undefined} */ (card)?.dataset.span ?? "",
    };
  }

  /** @param {Record<string, string>} more */
  function body(more) {
    const data = new FormData();
    const token = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=csrfmiddlewaretoken]"));
    for (const [name, value] of Object.entries({ tab, csrfmiddlewaretoken: token?.value ?? "", ...more })) {
      data.append(name, value);
    }
    return data;
  }

  function say() {
    if (document.visibilityState === "hidden") return;
    const place = where();
    told = JSON.stringify(place);
    // Whether it arrives or not: the next one tells all again.
    fetch(address, { method: "POST", body: body(place), headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => {});
  }

  function moved() {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      if (JSON.stringify(where()) !== told) say();
    }, PAUSE);
  }

  const leave = () => navigator.sendBeacon?.(address, body({ gone: "1" }));

  // ── where the others are ────────────────────────────────────────────────────────────────────

  function show() {
    for (const block of article.querySelectorAll("[data-here]")) {
      block.removeAttribute("data-here");
      block.removeAttribute("data-here-names");
    }
    const before = [...document.querySelectorAll("#span-list [data-editing]")];
    for (const card of before) card.removeAttribute("data-editing");
    for (const { block, span, name } of others) {
      const paragraph = block === null ? null : document.getElementById(`b${block}`);
      if (paragraph) {
        const names = [paragraph.dataset.hereNames, name].filter(Boolean);
        paragraph.dataset.hereNames = names.join(", ");
        paragraph.dataset.here = names.length > 1 ? `${names.length}` : ([...name][0] ?? "");
      }
      const card = span && document.getElementById(`card-${span}`);
      if (card) card.dataset.editing = [card.dataset.editing, name].filter(Boolean).join(", ");
    }
    const after = [...document.querySelectorAll("#span-list [data-editing]")];
    // Cards are as high as what they say: those below them move.
    if (before.length !== after.length || before.some((card, at) => card !== after[at])) {
      article.dispatchEvent(new CustomEvent("span:listed"));
    }
    paint.set("others", others.flatMap(({ span }) => {
      const card = span ? document.getElementById(`card-${span}`) : null;
      return card ? [{ start: Number(card.dataset.start), end: Number(card.dataset.end) }] : [];
    }));
    if (!box) return;
    box.hidden = others.length === 0;
    const items = others.slice(0, NAMES).map(({ name, block, span }) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = span ? `#s-${span}` : block === null ? "#article" : `#b${block}`;
      link.className = "here-name";
      const initial = document.createElement("span");
      initial.className = "here-initial";
      initial.setAttribute("aria-hidden", "true");
      initial.textContent = [...name][0] ?? "";
      const who = document.createElement("bdi");
      who.textContent = name;
      const what = document.createElement("span");
      what.className = "here-where";
      what.textContent = span ? "is changing a span" : block === null ? "" : `in paragraph ${block + 1}`;
      link.append(initial, who, " ", what);
      item.append(link);
      return item;
    });
    if (others.length > NAMES) {
      const item = document.createElement("li");
      item.textContent = `and ${others.length - NAMES} more`;
      items.push(item);
    }
    const list = box.querySelector("ul");
    // Not under the focus of whoever walks through the names.
    if (list && !list.contains(document.activeElement)) list.replaceChildren(...items);
  }

  document.addEventListener("live:here", (event) => {
    const seen = new Set([me]);
    others = [];
    // Newest page last: of somebody with two of them open one is shown, the one that is working.
    for (const place of /** @type {CustomEvent} */ (event).detail.here) {
      if (place.person === me) continue;
      if (seen.has(place.person)) {
        if (place.span) others = others.map((one) => (one.person === place.person ? place : one));
        continue;
      }
      seen.add(place.person);
      others.push(place);
    }
    show();
  });
  article.addEventListener("article:patched", show);

  addEventListener("scroll", moved, { passive: true });
  addEventListener("focusin", moved);
  addEventListener("focusout", moved);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
    else say();
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => {
    if (event.persisted) say();
  });
  setInterval(say, BEAT);
  say();
}
