/**
 * The keys of second reading: A accepts and goes on, R returns with a reason key, E proposes,
 * n and p go to the next and the previous span that waits.
 *
 * Everything here presses a control of the page; without JavaScript the page works alike.
 */

import { start as startAnnounce } from "./announce.js";
import { start as startKeys } from "./keys.js";

/** @param {Document} page */
export function start(page) {
  const reading = page.getElementById("reading");
  if (!reading) return;
  const keys = startKeys(page, startAnnounce(page));
  const returning = /** @type {HTMLDetailsElement | null} */ (page.getElementById("return-details"));
  const proposing = /** @type {HTMLDetailsElement | null} */ (
    page.getElementById("propose-details")
  );
  const group = "Second reading";

  const accept = page.querySelector("#accept-form button");
  if (accept instanceof HTMLButtonElement && returning && proposing) {
    keys.register({ key: "a", description: "accept and go on", group, run: () => accept.click() });
    keys.register({
      key: "r",
      description: "return: then the key of the reason, then Enter",
      group,
      run: () => {
        returning.open = true;
        /** @type {HTMLElement | null} */ (returning.querySelector("input[type=radio]"))?.focus();
      },
    });
    keys.register({
      key: "e",
      description: "propose a change",
      group,
      run: () => {
        proposing.open = true;
        /** @type {HTMLElement | null} */ (proposing.querySelector("textarea"))?.focus();
      },
    });
    returning.addEventListener("keydown", (event) => choose(event, returning));
  }
  for (const [key, id, description] of [
    ["n", "next-span", "next span that waits"],
    ["p", "previous-span", "span before that waits"],
  ]) {
    const link = page.getElementById(id);
    if (link) keys.register({ key, description, group, run: () => link.click() });
  }
}

/**
 * Choose a reason by its key while one of the reasons has the focus; Enter sends the form.
 *
 * @param {KeyboardEvent} event
 * @param {HTMLElement} returning
 */
function choose(event, returning) {
  if (!(event.target instanceof HTMLInputElement) || event.target.type !== "radio") return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const wanted = returning.querySelector(`input[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (wanted instanceof HTMLInputElement) {
    event.preventDefault();
    wanted.checked = true;
    wanted.focus();
  }
}

start(document);
