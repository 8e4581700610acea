/**
 * What the page puts on by itself: the forms in the active card, the ticks of its reader, and the
 * slim map after a change.
 *
 * A page of two thousand cards with their forms would be five times as long, so a card gets its
 * forms when it becomes active; without this module its link leads to a page that has them.
 */

import { merge, typed } from "./merge.js";

/** A held key walks over many cards: only the one it stops at is asked for. */
const PAUSE = 120;
const SCALE = 1000;
const LANES = ["fact", "claim", "opinion", "other"];

/**
 * @param {HTMLElement} article
 * @param {HTMLElement} list
 */
export function start(article, list) {
  const data = JSON.parse(document.getElementById("workspace-data")?.textContent ?? "{}");
  const read = new Set(data.read ?? []);
  const unread = new Set(data.unread ?? []);
  /** @type {HTMLElement | null} */
  let open = null;
  let timer = 0;

  /** @param {string} html */
  function partOf(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    return template.content;
  }

  /** The buttons that answer a proposal, above the forms; what somebody is writing stays.
   * @param {HTMLElement} card
   * @param {DocumentFragment} answer */
  function putAnswer(card, answer) {
    const old = card.querySelector(":scope > .span-answer");
    const held = old?.contains(document.activeElement) ?? false;
    if (old && (typed(old) || (held && answer.firstElementChild))) return;
    old?.remove();
    // The button that was pressed is gone: the keys go on from its card.
    if (held) card.focus();
    if (!answer.firstElementChild) return;
    const part = document.createElement("div");
    part.className = "span-answer";
    part.append(answer);
    card.insertBefore(part, card.querySelector(":scope > .span-card-more"));
  }

  /** @param {HTMLElement} card */
  async function fetchPanel(card) {
    const address = card.querySelector(".span-card-open")?.getAttribute("href");
    if (!address) return null;
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" } });
      if (!response.ok) return null;
      const { panel, answer } = await response.json();
      return { panel: partOf(panel), answer: partOf(answer ?? "") };
    } catch {
      // The card's link still leads there.
      return null;
    }
  }

  /** @param {HTMLElement} card */
  async function fill(card) {
    if (card.querySelector(".span-panel")) return;
    const fetched = await fetchPanel(card);
    if (!fetched || card !== open || !card.isConnected || card.querySelector(".span-panel")) return;
    const details = document.createElement("details");
    details.className = "span-card-more";
    const summary = document.createElement("summary");
    summary.textContent = "Change";
    details.append(summary, fetched.panel);
    card.querySelector(".span-card-open")?.setAttribute("hidden", "");
    card.append(details);
    putAnswer(card, fetched.answer);
    article.dispatchEvent(
      new CustomEvent("span:active", { detail: { span: card.dataset.span, card } }),
    );
  }

  /** The forms of the open card as they are now; what somebody is writing stays.
   * @param {HTMLElement} card
   * @param {boolean} others  somebody else changed it */
  async function renew(card, others) {
    const old = card.querySelector(".span-panel");
    if (!old) return fill(card);
    const fetched = await fetchPanel(card);
    const fresh = fetched?.panel.querySelector(".span-panel");
    if (!fetched || !fresh || !old.isConnected) return undefined;
    putAnswer(card, fetched.answer);
    const there = merge(old, fresh);
    if (others && typed(there)) tellOf(there);
    article.dispatchEvent(
      new CustomEvent("span:active", { detail: { span: card.dataset.span, card } }),
    );
    return undefined;
  }

  /** @param {Element} panel */
  function tellOf(panel) {
    const line = panel.querySelector(".span-panel-news") ?? document.createElement("p");
    line.className = "span-panel-news quiet small";
    line.setAttribute("role", "status");
    line.textContent = "This span was changed by somebody else while you write. What you typed is kept.";
    panel.prepend(line);
  }

  /** @param {HTMLElement} card */
  function empty(card) {
    const details = card.querySelector(".span-card-more");
    if (!details || details.contains(document.activeElement) || typed(details)) return;
    const answer = card.querySelector(":scope > .span-answer");
    if (answer && (answer.contains(document.activeElement) || typed(answer))) return;
    answer?.remove();
    details.remove();
    card.querySelector(".span-card-open")?.removeAttribute("hidden");
  }

  article.addEventListener("span:active", (event) => {
    const { card } = /** @type {CustomEvent} */ (event).detail;
    if (card === open && card?.querySelector(".span-panel")) return;
    if (open && open !== card) empty(open);
    open = card;
    clearTimeout(timer);
    if (card) timer = setTimeout(() => fill(card), PAUSE);
  });

  // An address that names a span has made it active before this module began.
  open = list.querySelector("[aria-current]");
  if (open) fill(open);

  // ── ticks ───────────────────────────────────────────────────────────────────────────────────

  /** @param {Iterable<number>} indexes */
  function tick(indexes) {
    for (const index of indexes) {
      document.getElementById(`b${index}`)?.classList.toggle("is-read", read.has(index));
    }
  }

  tick(read);
  article.addEventListener("article:patched", (event) => {
    const { ticks = {}, blocks = {}, cards = {}, actors = [] } = /** @type {CustomEvent} */ (event).detail ?? {};
    for (const [index, ticked] of Object.entries(ticks)) {
      if (ticked) {
        read.add(Number(index));
        unread.delete(Number(index));
      } else read.delete(Number(index));
    }
    tick([...Object.keys(ticks), ...Object.keys(blocks)].map(Number));
    document.getElementById("span-hint")?.toggleAttribute("hidden", list.childElementCount > 0);
    draw();
    count();
    if (open && cards[open.dataset.span ?? ""]) renew(open, actors.some((one) => one !== data.me));
  });

  // ── the rest of a long list ─────────────────────────────────────────────────────────────────

  async function more() {
    const line = document.getElementById("span-more");
    const link = line?.querySelector("a");
    while (link && line.isConnected) {
      const response = await fetch(link.href, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      const { cards, after } = await response.json();
      const template = document.createElement("template");
      template.innerHTML = cards;
      // What a save has put in meanwhile is newer than what comes here.
      for (const card of template.content.querySelectorAll(".span-card")) {
        if (document.getElementById(card.id)) card.remove();
      }
      list.append(template.content);
      if (after) link.search = `?after=${encodeURIComponent(after)}`;
      else {
        line.remove();
        count();
      }
      article.dispatchEvent(new CustomEvent("span:listed"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  if (document.readyState === "complete") more();
  else addEventListener("load", () => more(), { once: true });

  // ── counts ──────────────────────────────────────────────────────────────────────────────────

  function count() {
    if (document.getElementById("span-more")) return;
    for (const line of document.querySelectorAll("#span-counts > li")) {
      const cards = list.querySelectorAll(`:scope > [data-kind="${line.dataset.kind}"]`);
      const quoted = [...cards].filter((card) => card.dataset.voice !== "author").length;
      const word = cards.length === 1 ? line.dataset.one : line.dataset.many;
      line.querySelector(".span-count").textContent = `${cards.length} ${word}`;
      line.querySelector(".span-quoted").textContent = `${quoted} quoted`;
      line.querySelector(".span-quoted").hidden = quoted === 0;
      line.hidden = cards.length === 0 && line.dataset.kind === "other";
    }
  }

  // ── the guide ───────────────────────────────────────────────────────────────────────────────

  /** @type {HTMLDialogElement | null} */
  let guide = null;

  document.addEventListener("click", async (event) => {
    const link = /** @type {Element} */ (event.target).closest("[data-guide]");
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    try {
      guide ??= await fetchGuide(link.href);
    } catch {
      location.assign(link.href);
      return;
    }
    guide.showModal();
  });

  /** @param {string} address */
  async function fetchGuide(address) {
    const response = await fetch(address);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const content = page.querySelector(".guide");
    if (!response.ok || !content) throw new Error("There is no guide.");
    const style = page.querySelector('link[href*="guide"]');
    if (style) document.head.append(document.importNode(style, true));
    const dialog = document.createElement("dialog");
    dialog.className = "guide-dialog";
    dialog.setAttribute("aria-label", "Guide");
    const close = document.createElement("button");
    close.type = "button";
    close.className = "guide-close small";
    close.textContent = "Close";
    close.autofocus = true;
    close.addEventListener("click", () => dialog.close());
    // A press on the backdrop is a press on the dialog itself, outside what it holds.
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.append(close, document.importNode(content, true));
    document.body.append(dialog);
    return dialog;
  }

  // ── the slim map ────────────────────────────────────────────────────────────────────────────

  function draw() {
    const map = document.getElementById("map");
    const length = data.length;
    // While cards are still to come, the map that came with the page knows more.
    if (!map || !length || document.getElementById("span-more")) return;
    const paths = [];
    const blocks = [...unread].map((index) => {
      const block = document.getElementById(`b${index}`);
      const from = Number(block?.dataset.o);
      return [from, from + Number(block?.dataset.n)];
    });
    paths.push(path("map-unread", 0, 40, blocks));
    for (const [place, kind] of LANES.entries()) {
      const stretches = [...list.children]
        .filter((card) => card.dataset.kind === kind)
        .map((card) => [Number(card.dataset.start), Number(card.dataset.end)]);
      paths.push(path(`map-${kind}`, place * 10 + 1, 8, stretches));
    }
    map.replaceChildren(...paths.filter((one) => one !== null));

    /**
     * As `map_bars` of domain/rendering.py draws them at first.
     * @param {string} name
     * @param {number} left
     * @param {number} width
     * @param {number[][]} stretches
     */
    function path(name, left, width, stretches) {
      if (stretches.length === 0) return null;
      let moves = "";
      let top = -1;
      let bottom = -1;
      const put = () => {
        if (bottom >= 0) moves += `M${left} ${top}h${width}v${bottom - top}h-${width}z`;
      };
      for (const [start, end] of stretches.sort((a, b) => a[0] - b[0])) {
        const first = Math.min(Math.floor((start * SCALE) / length), SCALE - 2);
        const last = Math.min(Math.max(Math.ceil((end * SCALE) / length), first + 2), SCALE);
        if (bottom >= first) {
          bottom = Math.max(bottom, last);
        } else {
          put();
          [top, bottom] = [first, last];
        }
      }
      put();
      const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
      made.setAttribute("class", name);
      made.setAttribute("d", moves);
      return made;
    }
  }
}

const article = document.getElementById("article");
const list = document.getElementById("span-list");
if (article && list) start(article, list);
