/**
 * Marking every occurrence of some words: the places are chosen in a list, on a page of its own or
 * in a dialog over the article, and marked by one request.
 *
 * A place that is marked under the chosen label already, repeats another or cuts a word is left
 * out at first; what somebody has ticked or cleared stays so when the label changes.
 */

import { notice } from "./announce.js";

/**
 * @param {HTMLFormElement} form
 */
export function dress(form) {
  const places = /** @type {HTMLElement[]} */ ([...form.querySelectorAll(".every-place")]);
  /** @param {HTMLElement} place */
  const boxOf = (place) => /** @type {HTMLInputElement} */ (place.querySelector("input"));
  const count = form.querySelector(".every-count");
  const mark = /** @type {HTMLButtonElement} */ (form.querySelector("[data-mark]"));
  /** @type {Set<HTMLElement>} */
  const decided = new Set();

  const label = () => /** @type {HTMLInputElement | null} */ (form.querySelector("[name=label]:checked"));

  /** @param {HTMLElement} place */
  function suggested(place) {
    const marked = (place.dataset.marked ?? "").split(" ").filter(Boolean);
    const wanted = label()?.value;
    return place.hasAttribute("data-sensible") && (wanted ? !marked.includes(wanted) : marked.length === 0);
  }

  function tell() {
    const chosen = places.filter((place) => boxOf(place).checked).length;
    if (count) count.textContent = `${chosen} of ${places.length} chosen`;
    const name = label()?.closest("label")?.textContent?.trim();
    mark.textContent = `Mark ${chosen === 1 ? "one place" : `${chosen} places`}${name ? ` as ${name}` : ""}`;
    mark.disabled = chosen === 0;
  }

  form.addEventListener("change", (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    const place = /** @type {HTMLElement | null} */ (target.closest(".every-place"));
    if (place) decided.add(place);
    else if (target.name === "label") {
      for (const one of places) if (!decided.has(one)) boxOf(one).checked = suggested(one);
    } else return;
    tell();
  });
  form.addEventListener("click", (event) => {
    const { choose } = /** @type {HTMLElement} */ (event.target).dataset ?? {};
    if (!choose) return;
    decided.clear();
    for (const place of places) {
      boxOf(place).checked = choose === "sensible" ? suggested(place) : choose === "all";
      if (choose !== "sensible") decided.add(place);
    }
    tell();
  });
  tell();
}

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {import("./save.js").Saver} parts.saver
 * @returns {{open: (asked: Record<string, string>, draft?: import("./popover.js").Draft) => Promise<void>}}
 */
export function start({ article, saver }) {
  const address = `${article.dataset.url}spans/every`;
  let asking = false;

  /** @type {ReturnType<typeof start>["open"]} */
  async function open(asked, draft) {
    if (asking || document.querySelector("dialog.every-dialog")) return;
    asking = true;
    try {
      const response = await fetch(`${address}?${new URLSearchParams(asked)}`, {
        headers: { Accept: "application/json" },
      });
      const answer = await response.json();
      if (response.ok) show(answer.html, draft);
      else notice(document, answer.detail);
    } catch {
      notice(document, "The places could not be fetched: the server could not be reached.");
    } finally {
      asking = false;
    }
  }

  /**
   * @param {string} html
   * @param {import("./popover.js").Draft} [draft]
   */
  function show(html, draft) {
    const dialog = document.createElement("dialog");
    dialog.className = "every-dialog";
    dialog.setAttribute("aria-labelledby", "every-title");
    dialog.innerHTML = html;
    const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
    if (draft) fill(form, draft);
    dress(form);
    const back = document.createElement("button");
    back.type = "button";
    back.className = "quiet";
    back.textContent = "Cancel";
    back.addEventListener("click", () => dialog.close());
    form.querySelector(".every-back")?.replaceWith(back);
    dialog.addEventListener("close", () => dialog.remove());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(dialog, form);
    });
    document.body.append(dialog);
    dialog.showModal();
    const first = form.querySelector("[name=label]:checked, [name=label]");
    /** @type {HTMLElement | null} */ (first)?.focus();
    form.scrollTop = 0;
  }

  /**
   * @param {HTMLDialogElement} dialog
   * @param {HTMLFormElement} form
   */
  async function send(dialog, form) {
    /** @type {Record<string, string | string[]>} */
    const fields = {};
    const data = new FormData(form);
    for (const name of new Set(data.keys())) {
      const values = data.getAll(name).map(String);
      if (name !== "csrfmiddlewaretoken" && name !== "key") fields[name] = values.length > 1 ? values : values[0];
    }
    const mark = /** @type {HTMLButtonElement} */ (form.querySelector("[data-mark]"));
    const words = `${mark.textContent}: ${form.querySelector("q")?.textContent ?? ""}`;
    mark.disabled = true;
    let why = "";
    await saver.send("spans/every", fields, {
      words,
      refused(answer) {
        why = answer.detail ?? answer.title;
        return dialog.open;
      },
    });
    if (why && dialog.open) {
      mark.disabled = false;
      complain(form, why);
    } else dialog.close();
  }

  return { open };
}

/**
 * @param {HTMLFormElement} form
 * @param {import("./popover.js").Draft} draft
 */
function fill(form, draft) {
  const set = (name, value) => {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) field.value = value;
  };
  set("voice", draft.voice);
  set("note", draft.note);
  if (draft.speaker?.uuid) set("speaker", draft.speaker.uuid);
  else if (draft.speaker) set("speaker_name", draft.speaker.name);
  const said = draft.voice !== "author" || draft.note.trim() !== "";
  form.querySelector(".every-more")?.toggleAttribute("open", said);
}

/**
 * @param {HTMLFormElement} form
 * @param {string} why
 */
function complain(form, why) {
  form.querySelector(".every-refused")?.remove();
  const line = document.createElement("p");
  line.className = "errorlist every-refused";
  line.setAttribute("role", "alert");
  line.textContent = why;
  form.querySelector(".every-acts")?.before(line);
  line.scrollIntoView({ block: "nearest" });
}

for (const form of document.querySelectorAll("main form.every")) {
  dress(/** @type {HTMLFormElement} */ (form));
}
