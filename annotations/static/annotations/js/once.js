/**
 * A double click is one: the second press of a button that sends a form is left out, and so is a
 * form sent again while it is on its way. Undo and redo are meant as often as they are pressed.
 */

import { newKey } from "./shelf.js";

/** Milliseconds after which a form that led to no other page may be sent again. */
const LEFT = 10_000;
const REPEATED = "form[action$='/undo'], form[action$='/redo'], form[method=get]";

/** @param {Document} page */
export function start(page) {
  /** @type {WeakMap<HTMLFormElement, string>} */
  const sent = new WeakMap();

  page.addEventListener(
    "click",
    (event) => {
      const pressed = /** @type {Element} */ (event.target).closest?.("button, input[type=submit]");
      if (event.detail < 2 || !pressed || /** @type {HTMLButtonElement} */ (pressed).type !== "submit") return;
      const { form } = /** @type {HTMLButtonElement} */ (pressed);
      if (form && !form.matches(REPEATED)) event.preventDefault();
    },
    true,
  );

  // After every other listener: a form that a script sends is the script's affair.
  addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.matches(REPEATED)) return;
    const says = words(form, event.submitter);
    if (sent.has(form)) {
      if (form.dataset.leaving !== undefined) {
        event.preventDefault();
        return;
      }
      // Come back to and changed, it is another request: under the old key it would be refused.
      const key = form.querySelector("input[name=key]");
      if (key instanceof HTMLInputElement && sent.get(form) !== says) key.value = newKey();
    }
    sent.set(form, says);
    form.dataset.leaving = "";
    setTimeout(() => form.removeAttribute("data-leaving"), LEFT);
  });

  addEventListener("pageshow", () => {
    for (const form of page.querySelectorAll("form[data-leaving]")) form.removeAttribute("data-leaving");
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} by
 */
function words(form, by) {
  return JSON.stringify([...new FormData(form, by)].filter(([name, value]) => typeof value === "string" && name !== "key"));
}
