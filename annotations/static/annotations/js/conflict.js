/**
 * Two versions of one thing side by side, in a dialog over the page: what the server shows of a
 * save that somebody else's came before. Escape leaves the choice for later.
 */

/**
 * @typedef {object} Chosen
 * @property {string} action  the address that the choice is saved at
 * @property {Record<string, string>} fields
 */

/** @type {HTMLDialogElement | null} */
let open = null;

/**
 * @param {string} html  from the server, which escapes what it puts in
 * @param {(chosen: Chosen | null) => void} choose  null: theirs stays
 */
export function showConflict(html, choose) {
  open?.close();
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
    dialog.close();
    choose(form.method === "post" ? { action: new URL(form.action).pathname, fields } : null);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (open === dialog) open = null;
  });
  document.body.append(dialog);
  open = dialog;
  dialog.showModal();
}

/** Whether somebody is writing somewhere, so that nothing may come over the page. */
export function writing() {
  const field = document.activeElement;
  return (
    open !== null ||
    (field instanceof HTMLElement && field.matches("textarea, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=submit], [type=button])"))
  );
}
