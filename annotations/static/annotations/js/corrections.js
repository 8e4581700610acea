/**
 * Saves the fields of an article in the import preview when they are left, one request each, in
 * the order in which they were left. Only what was touched is sent: an answer that comes late
 * cannot undo what was corrected elsewhere.
 */

/** Milliseconds that an answer may take. */
const PATIENCE = 10_000;

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

/** @param {HTMLFormElement} form */
export function start(form) {
  const status = document.querySelector(".import-saved");
  /** @type {Promise<void>} */
  let before = Promise.resolve();
  let waiting = 0;
  let typed = 0;

  /** @param {string} words */
  const say = (words) => {
    if (status) status.textContent = words;
  };

  /** @param {Field} field */
  async function save(field) {
    const value = valueOf(field);
    const seen = typed;
    const problem = await send(form, field.name, value);
    waiting -= 1;
    if (problem) {
      say(`Not saved: ${problem}`);
      return;
    }
    settle(form, field, value);
    if (waiting || seen !== typed) return;
    say("Saved; not stored yet.");
    form.dispatchEvent(new Event("saved"));
  }

  form.addEventListener("input", () => {
    typed += 1;
  });
  form.addEventListener("change", (event) => {
    const field = /** @type {Field} */ (event.target);
    if (!field.name) return;
    waiting += 1;
    before = before.then(() => save(field));
  });
  form.addEventListener("submit", (event) => {
    if (!waiting) return;
    // What is on its way arrives first: later than the form, it would undo what was retyped since.
    event.preventDefault();
    event.stopImmediatePropagation();
    before.then(() => form.requestSubmit(event.submitter));
  });
}

/** @param {Field} field */
function valueOf(field) {
  if (field instanceof HTMLInputElement && field.type === "checkbox") return field.checked ? "on" : "";
  return field.value;
}

/**
 * Let the form hold what is saved as what it showed at first.
 * @param {HTMLFormElement} form
 * @param {Field} field
 * @param {string} value
 */
function settle(form, field, value) {
  const shown = form.elements.namedItem(`initial-${field.name}`) ?? form.elements.namedItem(field.name.replace("role-", "was-"));
  if (shown instanceof HTMLInputElement && shown !== field) shown.value = value === "on" && field.type === "checkbox" ? "True" : value;
  if (field instanceof HTMLInputElement && field.type !== "checkbox") field.defaultValue = value;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 * @returns {Promise<string>}  why it was not saved; "" where it was
 */
async function send(form, name, value) {
  const token = form.elements.namedItem("csrfmiddlewaretoken");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({
        [name]: value,
        csrfmiddlewaretoken: token instanceof HTMLInputElement ? token.value : "",
      }),
      credentials: "same-origin",
      // A click that leads to another page leaves the field, too: the request outlives this one.
      keepalive: true,
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.ok) return "";
    const problem = /json/.test(answer.headers.get("Content-Type") ?? "") ? await answer.json() : {};
    return problem.detail ?? `the server answered ${answer.status}.`;
  } catch {
    return "the server could not be reached.";
  }
}
