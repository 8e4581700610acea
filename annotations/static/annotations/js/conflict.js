/**
 * Two versions of one thing side by side, in a dialog over the page: what the server shows of a
 * save that somebody else's came before. Escape leaves the choice for later.
 */

import { focusOn, placeAt } from "./patch.js";

/**
 * @typedef {object} Chosen
 * @property {string} action  the address that the choice is saved at
 * @property {Record<string, string>} fields
 */

/** As the outbox calls it (save.js). */
const SEE = "See both versions";

/** @type {HTMLDialogElement | null} */
let open = null;

/**
 * @param {string} html  from the server, which escapes what it puts in
 * @param {(chosen: Chosen | null) => void} choose  null: theirs stays
 */
export function showConflict(html, choose) {
  open?.close();
  const had = document.activeElement;
  let later = true;
  const dialog = document.createElement("dialog");
  dialog.className = "conflict-dialog";
  dialog.setAttribute("aria-labelledby", "conflict-title");
  const template = document.createElement("template");
  template.innerHTML = html;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "conflict-dialog-close small quiet";
  close.textContent = "Decide later";
  close.addEventListener("click", () => dialog.close());
  dialog.append(close, template.content);
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const fields = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
    delete fields.key;
    delete fields.csrfmiddlewaretoken;
    later = false;
    dialog.close();
    choose(form.method === "post" ? { action: new URL(form.action).pathname, fields } : null);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (open === dialog) open = null;
    // What was chosen may have brought the next one.
    if (!open) goBack(had, /** @type {HTMLElement | null} */ (dialog.querySelector("[data-of]"))?.dataset.of ?? "", later);
  });
  document.body.append(dialog);
  open = dialog;
  dialog.showModal();
}

/**
 * The dialog gives the focus back to what had it, which the answer to the choice may take away: the
 * card itself stays.
 * @param {Element | null} had  what had the focus before
 * @param {string} span  what it was about
 * @param {boolean} later  nothing was chosen
 */
function goBack(had, span, later) {
  const outbox = document.getElementById("outbox");
  const see = [...(outbox?.querySelectorAll("li button") ?? [])].find((one) => one.textContent === SEE);
  if (later && see && see.getClientRects().length > 0) {
    if (!outbox?.contains(document.activeElement)) focusOn(see);
    return;
  }
  const card = document.getElementById(`card-${span}`) ?? had?.closest("#span-list > [data-span]");
  if (card?.isConnected) focusOn(card);
  else if (had?.isConnected && had !== document.body) focusOn(had);
  else focusOn(placeAt(Number(/** @type {HTMLElement | undefined} */ (card)?.dataset.start ?? 0)) ?? document.getElementById("main"));
}

/** Whether somebody is writing somewhere, so that nothing may come over the page. */
export function writing() {
  const field = document.activeElement;
  return (
    open !== null ||
    (field instanceof HTMLElement && field.matches("textarea, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=submit], [type=button])"))
  );
}
