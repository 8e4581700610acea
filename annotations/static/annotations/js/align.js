/**
 * The side list keeps beside the text: the card of the active span, or of the first mark in
 * sight, stands level with its mark.
 *
 * The list scrolls by itself; nothing is positioned. A scroll of the page costs one hit test, two
 * boxes and one scroll position, however many spans there are.
 */

/**
 * @param {HTMLElement} article
 * @param {HTMLElement} list
 * @param {() => HTMLElement | null} activeCard
 */
export function start(article, list, activeCard) {
  let asked = false;
  let own = 0;

  /** What scrolls the list: itself or what holds it. @returns {HTMLElement | null} */
  function scroller() {
    for (let one = /** @type {HTMLElement | null} */ (list); one && one !== document.body; one = one.parentElement) {
      const { overflowY } = getComputedStyle(one);
      if ((overflowY === "auto" || overflowY === "scroll") && one.scrollHeight > one.clientHeight) return one;
    }
    return null;
  }

  /** @param {HTMLElement} card */
  function markOf(card) {
    return article.querySelector(`[data-s~="${CSS.escape(card.dataset.span ?? "")}"]`);
  }

  function firstInSight() {
    const box = article.getBoundingClientRect();
    const top = Math.max(box.top, 80);
    const hit = document.elementFromPoint(box.left + box.width / 2, Math.min(top + 10, innerHeight - 1));
    let block = hit?.closest("[data-o]") ?? null;
    for (let tries = 0; block && tries < 40; tries += 1) {
      for (const mark of block.querySelectorAll("[data-start]")) {
        if (mark.getBoundingClientRect().top >= top - 20) return /** @type {HTMLElement} */ (mark);
      }
      block = block.nextElementSibling ?? block.parentElement?.nextElementSibling?.firstElementChild ?? null;
    }
    return null;
  }

  function align() {
    asked = false;
    if (list.matches(":focus-within") || performance.now() - own < 400) return;
    const pane = scroller();
    if (!pane) return;
    let card = activeCard();
    let mark = card && markOf(card);
    const box = mark?.getBoundingClientRect();
    if (!box || box.bottom < 60 || box.top > innerHeight) {
      mark = firstInSight();
      card = mark && document.getElementById(`card-${/** @type {HTMLElement} */ (mark).dataset.start?.split(" ").at(-1)}`);
    }
    if (!mark || !card) return;
    const by = card.getBoundingClientRect().top - mark.getBoundingClientRect().top;
    if (Math.abs(by) > 4) pane.scrollTop += by;
  }

  function ask() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(align);
  }

  addEventListener("scroll", ask, { passive: true });
  addEventListener("resize", ask, { passive: true });
  // Who scrolls the list by hand is left alone for a moment.
  for (const name of ["wheel", "touchmove", "keydown"]) {
    list.addEventListener(name, () => {
      own = performance.now();
    }, { passive: true });
  }
  article.addEventListener("span:active", ask);
  article.addEventListener("article:patched", ask);
  ask();
}
