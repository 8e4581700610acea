/** One change sent to the server, and what became of it. */

/**
 * @typedef {object} Outcome
 * @property {"saved" | "failed" | "refused"} what
 * @property {any} answer
 * @property {string} reason  of what failed or was refused
 * @property {boolean} again  whether time alone may mend it
 * @property {number} pause  milliseconds that the server asks for
 */

const PATIENCE = 20_000;
const TOKEN = "input[name=csrfmiddlewaretoken]";

export const SIGNED_OUT = "You are logged out. Log in again in another tab; nothing typed here is lost.";
const SOMEBODY_ELSE = "Somebody else is logged in in this browser now. Log in again as yourself.";

/**
 * @param {import("./shelf.js").Entry} entry
 * @param {boolean} [renewed]  the token was fetched anew for this
 * @returns {Promise<Outcome>}
 */
export async function post(entry, renewed = false) {
  let response;
  let answer = null;
  try {
    response = await fetch(entry.address + entry.path, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrf() },
      body: new URLSearchParams([
        ...Object.entries(entry.fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
        ["key", entry.key],
        ...(entry.after ?? []).map((key) => ["after", key]),
        ["csrfmiddlewaretoken", csrf()],
      ]),
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (/json/.test(response.headers.get("Content-Type") ?? "")) answer = await response.json();
  } catch {
    return failed("The server could not be reached.");
  }
  if (response.ok && answer) return { what: "saved", answer, reason: "", again: false, pause: 0 };
  if (response.ok || answer?.code === "logged_out") return failed(SIGNED_OUT, { again: false });
  if (answer?.code === "stale_token" && !renewed) {
    // Whoever logged in again, in another tab, got another token; this page still has the old one.
    const mine = document.documentElement.dataset.account ?? "";
    if (!answer.account || answer.account !== mine) {
      return failed(answer.account ? SOMEBODY_ELSE : SIGNED_OUT, { again: false });
    }
    renew(answer.token);
    return post(entry, true);
  }
  const reason = answer?.detail || answer?.title || `The server answered ${response.status}.`;
  if (response.status >= 500 || response.status === 429) {
    return failed(reason, { pause: Number(response.headers.get("Retry-After")) * 1000 });
  }
  return { what: "refused", answer, reason, again: false, pause: 0 };
}

/**
 * @param {string} reason
 * @returns {Outcome}
 */
function failed(reason, { again = true, pause = 0 } = {}) {
  return { what: "failed", answer: null, reason, again, pause };
}

function csrf() {
  return document.querySelector(TOKEN)?.value ?? "";
}

/** @param {string} token */
function renew(token) {
  for (const field of document.querySelectorAll(TOKEN)) field.value = token;
}
