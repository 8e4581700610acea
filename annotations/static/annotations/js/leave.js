/**
 * Logging out: asks once where work is not saved, and leaves nothing of this account's in the
 * browser. What other people who use this browser have not sent stays: it is theirs.
 *
 * Other pages of the account, and those that Back would bring from memory, learn of it by an item
 * of the storage that holds nothing but the time.
 */

import { countDrafts, forgetDrafts } from "./drafts.js";
import { leave, openShelf } from "./shelf.js";

const LEFT = "workbench left";
/** Milliseconds that the server has for the log-out before other pages ask it for themselves. */
const MOMENT = 1_500;

/** @param {Document} page */
export function start(page) {
  const account = page.documentElement.dataset.account;
  const form = page.querySelector("form[action='/logout/']");
  if (!account || !(form instanceof HTMLFormElement)) return;

  form.addEventListener("submit", (event) => {
    const question = unsaved(account);
    if (question && !confirm(question)) {
      event.preventDefault();
      return;
    }
    leave();
    forget(account);
  });

  /** Nothing of the page is shown any more; the server says whether somebody is logged in. */
  function go() {
    leave();
    page.body.replaceChildren();
    setTimeout(() => location.replace("/"), MOMENT);
  }

  addEventListener("storage", ({ key, newValue }) => {
    if (key === LEFT && newValue) go();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && leftAt() > performance.timeOrigin) go();
  });
}

/**
 * @param {string} account
 * @returns {string}  what to ask; empty: nothing waits
 */
function unsaved(account) {
  const changes = openShelf(account, { holds: false }).all().length;
  const drafts = countDrafts(account);
  const said = [];
  if (changes > 0) said.push(changes === 1 ? "One change is not saved" : `${changes} changes are not saved`);
  if (drafts > 0) said.push(drafts === 1 ? "one text is not sent" : `${drafts} texts are not sent`);
  if (said.length === 0) return "";
  const words = said.join(" and ");
  return `${words[0].toUpperCase()}${words.slice(1)}; log out anyway? What is not saved is lost.`;
}

/** @param {string} account */
function forget(account) {
  const shelf = openShelf(account, { holds: false });
  for (const { key } of shelf.all()) shelf.drop(key);
  forgetDrafts(account);
  try {
    sessionStorage.clear();
    localStorage.removeItem("keys");
    localStorage.setItem(LEFT, String(Date.now()));
  } catch {
    // Nothing was kept.
  }
}

function leftAt() {
  try {
    return Number(localStorage.getItem(LEFT));
  } catch {
    return 0;
  }
}
