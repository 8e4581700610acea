/** Words marked in a repeat: whether their original was meant, asked once for each mark. */

import { blockAt } from "./offsets.js";

/**
 * Where the words are to be marked: where they stand in the original of the repeat they were
 * selected in, or as selected; null where the question was left. Nothing is asked outside
 * repeats, nor where the original lacks the words.
 *
 * @param {HTMLElement} article
 * @param {import("./offsets.js").Span} span
 * @returns {Promise<import("./offsets.js").Span | null>}
 */
export async function placeFor(article, span) {
  if (blockAt(article, span.start)?.dataset.repeat === undefined) return span;
  let place = null;
  try {
    const asked = new URLSearchParams({ start: String(span.start), end: String(span.end) });
    const response = await fetch(`${article.dataset.url}spans/original?${asked}`, {
      headers: { Accept: "application/json" },
    });
    if (response.ok) ({ place } = await response.json());
  } catch {
    // Without an answer the words are marked where they were selected.
  }
  if (!place) return span;
  const chosen = await ask(place.block);
  if (chosen === "original") return { start: place.start, end: place.end };
  return chosen === "here" ? span : null;
}

/**
 * @param {number} block
 * @returns {Promise<string>}
 */
function ask(block) {
  const dialog = document.createElement("dialog");
  dialog.id = "repeat";
  dialog.setAttribute("aria-labelledby", "repeat-title");
  const form = document.createElement("form");
  form.method = "dialog";
  const title = document.createElement("h2");
  title.id = "repeat-title";
  title.textContent = "This paragraph is a repeat";
  const words = document.createElement("p");
  words.textContent = `These words stand in the paragraph that it repeats, too (¶ ${block}). A mark there counts; one in a repeat is easily missed.`;
  const acts = document.createElement("p");
  acts.className = "actions";
  for (const [value, label, kind] of [
    ["original", `Mark them in ¶ ${block}`, "primary"],
    ["here", "Mark them here", ""],
    ["", "Cancel", "quiet"],
  ]) {
    const button = document.createElement("button");
    button.value = value;
    button.className = kind;
    button.textContent = label;
    acts.append(button);
  }
  form.append(title, words, acts);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}
