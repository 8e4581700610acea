/** What is told: to a screen reader by one polite live region, and to everybody by a short notice. */

/** Milliseconds that a notice stays. */
const SEEN = 8_000;

/**
 * @param {Document} page
 * @returns {(message: string) => void}
 */
export function start(page) {
  let region = page.getElementById("announcements");
  if (!region) {
    region = page.createElement("div");
    region.id = "announcements";
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    region.setAttribute("aria-live", "polite");
    page.body.append(region);
  }
  let turn = 0;
  return (message) => {
    if (!message) return;
    // The same words twice are no change of the region: a no-break space makes them one.
    turn += 1;
    region.textContent = turn % 2 ? message : `${message}\u00a0`;
  };
}

/**
 * Show a sentence where the server's own messages stand, which is a live region too.
 * @param {Document} page
 * @param {string} message
 */
export function notice(page, message) {
  const line = page.createElement("p");
  line.className = "message";
  line.textContent = message;
  page.getElementById("messages")?.replaceChildren(line);
  setTimeout(() => line.remove(), SEEN);
}
