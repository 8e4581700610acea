/**
 * What was typed into a form that is shown anew: whether the form asks for something else now, and
 * putting the words into the same fields of the fresh one.
 */

import { changed } from "./merge.js";

const FIELDS = "input, select, textarea";
const SHOWN = `${FIELDS}, label, legend, summary, h2, h3, a, button`;
/** What scripts put into a form, and what only suggests. */
const BESIDE = ".draft, .live-news, [role=listbox], [role=alert], [data-chosen], datalist";
/** What each answer has anew. */
const PASSING = new Set(["csrfmiddlewaretoken", "key"]);

/**
 * What a form shows and asks, whatever is typed into it.
 * @param {Element} form
 */
function asked(form) {
  const found = [];
  for (const one of /** @type {NodeListOf<any>} */ (form.querySelectorAll(SHOWN))) {
    if (one.closest(BESIDE) || PASSING.has(one.name)) continue;
    if (!one.matches(FIELDS)) found.push([one.localName, one.textContent.replace(/\s+/g, " ").trim()]);
    else if (one.localName === "select") found.push([one.name, ...[...one.options].map((option) => [option.value, option.defaultSelected])]);
    else found.push([one.name, one.type, one.type === "radio" ? one.value : "", one.defaultValue, one.defaultChecked]);
  }
  return JSON.stringify(found);
}

/**
 * Whether a form shows something else than one somebody works in. One that names the revision it
 * was made from does not count: whoever saves it is shown both versions.
 * @param {Element} old
 * @param {Element} fresh
 */
export const otherForm = (old, fresh) => !old.querySelector("input[name=revision]") && asked(old) !== asked(fresh);

/** @param {any} field */
const isText = (field) => field.localName === "textarea" || (field.localName === "input" && !["checkbox", "radio", "file", "hidden"].includes(field.type));

/**
 * The same field in fresh HTML: by its id, else by its form's address and its name.
 * @param {any} field
 * @param {Element} fresh
 * @returns {any}
 */
function counterpart(field, fresh) {
  const all = [...fresh.querySelectorAll(field.localName)].map((one) => /** @type {any} */ (one));
  const alike = all.filter((one) => one.name === field.name && one.type === field.type && one.form?.action === field.form?.action);
  if (field.id) return alike.find((one) => one.id === field.id);
  return field.type === "radio" || field.type === "checkbox" ? alike.find((one) => one.value === field.value) : alike[0];
}

/**
 * Put what was typed in `old` into the same fields of `fresh`. Returns what has no field any more,
 * as pairs of what the field was called and what was typed.
 * @param {Element} old
 * @param {Element} fresh
 * @param {boolean} refused  whether `old` came with what was typed before: all that differs counts
 * @returns {[string, string][]}
 */
export function retype(old, fresh, refused) {
  /** @type {[string, string][]} */
  const lost = [];
  for (const field of /** @type {NodeListOf<any>} */ (old.querySelectorAll(FIELDS))) {
    if (field.type === "hidden" || field.type === "file" || field.form?.method !== "post") continue;
    if (!refused && !changed(field)) continue;
    const there = counterpart(field, fresh);
    if (!there) {
      if (isText(field) && field.value.trim()) lost.push([(field.labels?.[0]?.textContent ?? field.name).trim(), field.value]);
      continue;
    }
    const before = JSON.stringify([there.value, there.checked]);
    if (field.type === "checkbox" || field.type === "radio") there.checked = field.checked;
    else if (field.localName === "select" && field.multiple) {
      for (const option of there.options) option.selected = [...field.options].some((one) => one.selected && one.value === option.value);
    } else there.value = field.value;
    if (JSON.stringify([there.value, there.checked]) === before) continue;
    // What was typed over an older version is judged as that, and nobody's change is overwritten.
    const revision = field.form.querySelector("input[name=revision]");
    const now = there.form.querySelector("input[name=revision]");
    if (revision && now) now.value = revision.value;
    for (let fold = there.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  }
  return lost;
}
