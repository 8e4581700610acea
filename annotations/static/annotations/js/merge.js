/**
 * Putting fresh HTML in the place of old without taking anything from whoever works there: what
 * holds the focus, or something typed and not sent, stays as it is; everything around it is fresh.
 */

/**
 * Whether a field holds something that a person put there and nobody has been sent.
 * @param {Element} field
 */
export function changed(field) {
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field instanceof HTMLSelectElement) {
    const chosen = [...field.options].some((one) => one.defaultSelected);
    return [...field.options].some((one, at) => one.selected !== (chosen ? one.defaultSelected : at === 0)) && !field.multiple;
  }
  if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.value !== "";
  return field.value !== field.defaultValue;
}

/**
 * Whether something was typed inside that was not sent. A form that was sent carries `data-sent`, a
 * part of a page that came back with what was typed in it `data-kept`.
 * @param {Element} element
 */
export function typed(element) {
  const fields = element.matches("input, select, textarea") ? [element] : [...element.querySelectorAll("input, select, textarea")];
  return fields.some((field) => !field.closest("[data-sent]") && !field.closest("[role=search]") && (changed(field) || (field.closest("[data-kept]") && field.type !== "hidden")));
}

/**
 * Whether somebody works inside: the focus is there, or something typed.
 * @param {Element} element
 */
export function busy(element) {
  const focused = document.activeElement;
  return (focused !== null && element.contains(focused) && !focused.closest("[data-sent]")) || typed(element);
}

/**
 * What an element is known by: its id, or the first id that stands in it.
 * @param {Element} element
 */
const keyOf = (element) => element.id || element.querySelector("[id]")?.id || "";

/**
 * @param {Element} a
 * @param {Element} b
 */
const alike = (a, b) => a.tagName === b.tagName && keyOf(a) === keyOf(b) && (keyOf(a) !== "" || a.className === b.className);

/**
 * Leave open in `fresh` what is open in `old`, and closed what is closed.
 * @param {Element} old
 * @param {Element} fresh
 */
export function keepUnfolded(old, fresh) {
  const folds = (element) => [element, ...element.querySelectorAll("details")].filter((one) => one.tagName === "DETAILS");
  const waiting = folds(fresh);
  for (const fold of folds(old)) {
    const at = waiting.findIndex((one) => alike(fold, one));
    if (at >= 0) waiting.splice(at, 1)[0].toggleAttribute("open", fold.open);
  }
}

/**
 * Put `fresh` in the place of `old`; return what stands there then.
 * @template {Element} T
 * @param {T} old
 * @param {T} fresh
 * @param {(old: Element, fresh: Element) => void} [left]  told of each form, or field outside one, that stays old
 * @returns {T}
 */
export function merge(old, fresh, left) {
  keepUnfolded(old, fresh);
  if (!busy(old)) {
    old.replaceWith(fresh);
    return fresh;
  }
  mergeChildren(old, fresh, [], left);
  return old;
}

/**
 * Put the children of `fresh` in the place of those of `old`, which itself stays.
 * @param {Element} old
 * @param {Element} fresh
 * @param {Element[]} [kept]  children of `old` to keep besides those somebody works in
 * @param {(old: Element, fresh: Element) => void} [left]
 */
export function mergeChildren(old, fresh, kept = [], left) {
  // Of a form all fields belong together, the hidden ones too: which version it was made from.
  if (old.matches("form:not([data-parts]), [data-form], label, button, a, summary, input, select, textarea")) {
    left?.(old, fresh);
    return;
  }
  const stay = [...old.children].filter((child) => kept.includes(child) || busy(child));
  let next = old.firstChild;
  const clearTo = (end) => {
    while (next && next !== end) {
      const after = next.nextSibling;
      if (!stay.includes(/** @type {Element} */ (next))) next.remove();
      next = after;
    }
  };
  for (const child of [...fresh.childNodes]) {
    const match = child instanceof Element ? stay.find((one) => !kept.includes(one) && alike(one, child) && follows(next, one)) : undefined;
    if (match) {
      clearTo(match);
      next = match.nextSibling;
      mergeChildren(match, /** @type {Element} */ (child), [], left);
    } else old.insertBefore(child, next);
  }
  clearTo(null);
}

/**
 * Whether `node` is `from` or comes after it.
 * @param {Node | null} from
 * @param {Node} node
 */
function follows(from, node) {
  return from === node || (from !== null && Boolean(from.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING));
}
