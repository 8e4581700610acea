/**
 * The keys of settling: A says that a span stands, M opens the places it may move to and a digit
 * takes one of them, W withdraws, L leaves it with the older version, U takes the last step back,
 * n and p go to the next and the previous one.
 *
 * Everything here presses a control of the page; without JavaScript the page works alike.
 */

import { start as startAnnounce } from "./announce.js";
import { start as startKeys } from "./keys.js";

const GROUP = "Versions";
/** Controls by the key that presses them; a key whose control is not there is let through. */
const PRESSED = [
  ["a", "it stands", "#settle-form button"],
  ["w", "withdraw it", "#withdraw-form button"],
  ["l", "leave it with the older version", "#leave-form button"],
  ["u", "undo", "#undo-form button"],
  ["n", "next one that waits", "#next-span"],
  ["p", "one before that waits", "#previous-span"],
];

/** @param {Document} page */
export function start(page) {
  if (!page.getElementById("carried") && !page.getElementById("undo-form")) return;
  const keys = startKeys(page, startAnnounce(page));
  // Looked for when a key is pressed: the region may have been put in anew meanwhile.
  const press = (/** @type {string} */ selector) => {
    const control = page.querySelector(selector);
    if (!(control instanceof HTMLElement)) return false;
    control.click();
  };
  for (const [key, description, selector] of PRESSED) {
    if (!page.querySelector(selector)) continue;
    keys.register({ key, description, group: GROUP, run: () => press(selector) });
  }
  if (!page.getElementById("move-details")) return;
  keys.register({
    key: "m",
    description: "move it: then the digit of a place, or quote the words",
    group: GROUP,
    run: () => {
      const moving = page.getElementById("move-details");
      if (!(moving instanceof HTMLDetailsElement)) return false;
      moving.open = true;
      /** @type {HTMLElement | null} */ (
        moving.querySelector("[data-proposal]") ?? moving.querySelector("textarea")
      )?.focus();
    },
  });
  for (let digit = 1; digit <= 9; digit += 1) {
    keys.register({ key: String(digit), description: "", group: GROUP, run: () => take(page, digit) });
  }
}

/**
 * Take a place by its digit, where the places are in sight.
 *
 * @param {Document} page
 * @param {number} digit
 */
function take(page, digit) {
  const shown = [...page.querySelectorAll("[data-proposal]")].filter((one) => one.checkVisibility());
  const wanted = shown[digit - 1];
  if (!(wanted instanceof HTMLElement)) return false;
  wanted.click();
}

start(document);
