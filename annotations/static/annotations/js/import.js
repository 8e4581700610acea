/**
 * Follows a running import, keeps a form from being sent twice, saves corrections field by field,
 * and asks before typed ones are left behind. Everything works without it: the page then fetches
 * itself anew, and whatever leads on from an article is a button of its form.
 */

import { start as saveFields } from "./corrections.js";

const EVERY = 1000;
/** After this many answers in a row that could not be had, a person looks himself. */
const PATIENCE = 30;

/** @param {HTMLElement} box the place of the bar, with `data-progress` and `data-state` */
function follow(box) {
  const bar = box.querySelector("progress");
  const done = box.querySelector("[data-done]");
  const articles = box.querySelector("[data-articles]");
  const idle = box.querySelector("[data-no-worker]");
  let missed = 0;
  const look = async () => {
    try {
      const answer = await fetch(/** @type {string} */ (box.dataset.progress), {
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const seen = await answer.json();
      missed = 0;
      if (seen.state !== box.dataset.state) {
        location.reload();
        return;
      }
      if (bar) bar.value = seen.done;
      if (done) done.textContent = String(seen.done);
      if (articles) articles.textContent = String(seen.articles);
      idle?.toggleAttribute("hidden", seen.worker);
    } catch {
      missed += 1;
    }
    if (missed < PATIENCE) setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
}

/** @param {HTMLFormElement} form whose second sending, before the page has gone, is dropped */
function once(form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // Back from the next page, out of the browser's memory: it may be sent again.
  addEventListener("pageshow", () => {
    sent = false;
  });
}

/** @param {HTMLFormElement} form whose changes are lost when the page is left */
function guard(form) {
  // What was refused is typed and not saved.
  let changed = form.querySelector(".errorlist") !== null;
  form.addEventListener("input", () => {
    changed = true;
  });
  form.addEventListener("saved", () => {
    changed = false;
  });
  form.addEventListener("submit", () => {
    changed = false;
  });
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}

const box = document.querySelector("[data-progress]");
if (box instanceof HTMLElement) follow(box);
for (const form of document.forms) {
  // First: a form that waits for its fields is not sent yet.
  if (form.dataset.fields !== undefined) saveFields(form);
  if (form.dataset.once !== undefined) once(form);
  if (form.dataset.unsaved !== undefined) guard(form);
}
