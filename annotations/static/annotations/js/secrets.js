/**
 * Fields whose words this browser never keeps, not even while they wait to be sent.
 *
 * `data-secret` marks one; `data-secret="access=confidential"` marks one that is secret while its
 * form says so. Passwords are without a mark, wherever they are.
 */

/** @typedef {{name: string, label: string}} Secret */

/** Fields of Django's own forms, which carry no mark. */
const NAMES = new Set(["username", "password"]);

/** @param {Element} field */
export function isSecret(field) {
  const { type, name, form, dataset } = /** @type {HTMLInputElement} */ (field);
  if (type === "password" || NAMES.has(name)) return true;
  const mark = dataset?.secret;
  if (mark === undefined) return false;
  const [other, value] = mark.split("=");
  return mark === "" || (form !== null && new FormData(form).get(other) === value);
}

/**
 * @param {HTMLFormElement} form
 * @returns {Secret[]}
 */
export function secretsOf(form) {
  return [...form.elements].filter((one) => /** @type {HTMLInputElement} */ (one).name && isSecret(one)).map((one) => {
    const { name, labels } = /** @type {HTMLInputElement} */ (one);
    return { name, label: labels?.[0]?.textContent?.trim() || name };
  });
}
