/** What a screen reader is told: one polite live region for the page. */

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
