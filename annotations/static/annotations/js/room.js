/**
 * Room in fields: a field with `data-most` takes so many characters. What is too long is never cut:
 * a line at the field says by how much, and its form is not sent. Without this module the server
 * refuses, and its page shows what was typed.
 */

/** Milliseconds after which a changed count is said again: not at every key. */
const PAUSE = 400;

/** @typedef {HTMLTextAreaElement | HTMLInputElement} Field */

/**
 * Characters as the server counts them: code points, without blanks at the ends.
 * @param {string} text
 */
export function sizeOf(text) {
  let size = 0;
  for (const _ of text.trim()) size += 1;
  return size;
}

/**
 * What a field that holds `size` characters is told; "" where they fit.
 * @param {number} size
 * @param {number} most
 */
export function tooLong(size, most) {
  if (size <= most) return "";
  const number = (/** @type {number} */ count) => count.toLocaleString("en");
  return `This has ${number(size)} characters; ${number(most)} fit. Shorten it by ${number(size - most)}: nothing is cut off.`;
}

let lines = 0;

/** @param {Document} page */
export function start(page) {
  /** @type {WeakMap<Field, HTMLElement>} */
  const told = new WeakMap();
  /** @type {WeakMap<Field, number>} */
  const timers = new WeakMap();

  /** @param {EventTarget | null} target @returns {Field | null} */
  const fieldOf = (target) =>
    target instanceof HTMLElement && target.matches("[data-most]") ? /** @type {Field} */ (target) : null;

  /** @param {Field} field @returns {boolean} whether it fits */
  function look(field) {
    const most = Number(field.dataset.most);
    // Code points are never more than UTF-16 units: most texts need no counting.
    const words = field.value.length <= most ? "" : tooLong(sizeOf(field.value), most);
    const line = told.get(field);
    if (!words) {
      if (line) clear(field, line);
      return true;
    }
    // What renews a form around a field that is typed into takes the line away.
    if (line && !line.isConnected) clear(field, line);
    field.setCustomValidity(words);
    if (line?.isConnected) tell(field, line, words);
    else add(field, words);
    return false;
  }

  /** @param {Field} field @param {string} words */
  function add(field, words) {
    const line = page.createElement("span");
    lines += 1;
    line.id = `room-${lines}`;
    line.className = "field-room";
    line.setAttribute("role", "status");
    (field.closest(".field, .comment-field") ?? field.parentElement ?? field).append(line);
    told.set(field, line);
    field.setAttribute("aria-describedby", [...describers(field), line.id].join(" "));
    field.setAttribute("aria-invalid", "true");
    // A region that comes with its words is not read: it must be there before them.
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => line.replaceChildren(words), 20));
  }

  /** @param {Field} field @param {HTMLElement} line @param {string} words */
  function tell(field, line, words) {
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => line.replaceChildren(words), PAUSE));
  }

  /** @param {Field} field @param {HTMLElement} line */
  function clear(field, line) {
    clearTimeout(timers.get(field));
    field.setCustomValidity("");
    field.removeAttribute("aria-invalid");
    const rest = describers(field).filter((id) => id !== line.id);
    if (rest.length > 0) field.setAttribute("aria-describedby", rest.join(" "));
    else field.removeAttribute("aria-describedby");
    line.remove();
    told.delete(field);
  }

  /** @param {Field} field */
  const describers = (field) => (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);

  for (const name of ["input", "focusin", "change"]) {
    page.addEventListener(name, (event) => {
      const field = fieldOf(event.target);
      if (field) look(field);
    });
  }
  // A script may have filled a field, which no event tells of.
  addEventListener(
    "submit",
    (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      const full = [...form.elements].filter((one) => fieldOf(one) && !look(/** @type {Field} */ (one)));
      if (full.length === 0) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      form.reportValidity();
    },
    true,
  );
  // The browser points at what does not fit, and can only where it is unfolded.
  addEventListener(
    "invalid",
    (event) => {
      const field = fieldOf(event.target);
      for (let fold = field?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
    },
    true,
  );
  addEventListener("reset", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    setTimeout(() => [...form.elements].forEach((one) => fieldOf(one) && look(/** @type {Field} */ (one))));
  });
  for (const field of page.querySelectorAll("[data-most]")) look(/** @type {Field} */ (field));
}
