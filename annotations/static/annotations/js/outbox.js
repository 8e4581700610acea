/**
 * Unsent changes of other articles than the one on the page: one quiet line that says how many and
 * where, and sends them. On the page of an article the outbox (save.js) has that article's own.
 */

import { post } from "./post.js";
import { FORGOTTEN, openShelf } from "./shelf.js";

const PAUSE = 30_000;

/** @param {Document} page */
export function start(page) {
  const account = page.documentElement.dataset.account;
  const main = page.getElementById("main");
  if (!account || !main) return;
  const here = page.getElementById("article")?.dataset.url ?? "";
  const shelf = openShelf(account);
  /** @param {import("./shelf.js").Entry} entry */
  const elsewhere = (entry) => entry.address !== here;
  /** @param {import("./shelf.js").Entry} entry */
  const asks = ({ state, conflict, withheld }) => state === "old" || (state === "refused" && conflict) || (withheld ?? []).length > 0;
  /** @type {import("./shelf.js").Entry[]} */
  let mine = [];
  let busy = false;
  const line = page.createElement("p");
  line.className = "message unsent";
  line.id = "unsent";
  line.dataset.level = "warning";
  line.setAttribute("role", "status");

  async function send() {
    if (busy) return;
    busy = true;
    let failed = false;
    for (const entry of [...mine]) {
      // Opened meanwhile, its own page has taken it, or the one that made it is back.
      const kept = shelf.all().find((one) => one.key === entry.key);
      mine = mine.filter((one) => one !== entry);
      if (kept?.holder !== shelf.holder) continue;
      if (failed || kept.state === "refused" || kept.state === "old" || Date.now() - kept.at > FORGOTTEN) {
        shelf.put({ ...kept, holder: "", rest: Date.now() + PAUSE });
        continue;
      }
      const { what, answer, reason } = await post(kept);
      if (what === "saved" || answer?.code === "nothing_to_undo" || answer?.code === "nothing_to_redo") {
        shelf.drop(kept.key);
        continue;
      }
      // Nobody's again: the article's own page takes it at once where it is opened.
      const refused = { state: "refused", error: reason, conflict: answer?.conflict ?? "" };
      // A rest, or two pages would pass it to and fro.
      const unsent = { state: "failed", error: reason, rest: Date.now() + PAUSE };
      shelf.put({ ...kept, ...(what === "refused" ? refused : unsent), holder: "" });
      failed = what === "failed";
    }
    busy = false;
    show();
  }

  function show() {
    const left = shelf.all().filter(elsewhere);
    if (left.length === 0) {
      line.remove();
      return;
    }
    /** @type {Map<string, string>} */
    const places = new Map(left.map((entry) => [entry.address, entry.title]));
    const waits = left.filter(asks).length;
    const refused = left.filter((entry) => entry.state === "refused" && !asks(entry)).length;
    const kinds = [];
    if (waits > 0) kinds.push(`${waits} ${waits === 1 ? "waits" : "wait"} for your choice`);
    if (refused > 0) kinds.push(`${refused} refused`);
    const count = left.length === 1 ? "One change" : `${left.length} changes`;
    const other = here ? "other " : "";
    const where = places.size === 1 ? `one ${other}article` : `${places.size} ${other}articles`;
    const is = left.length === 1 ? "is" : "are";
    // In the flow of the page, before what is said in it: a region that is to be read aloud.
    if (!line.isConnected) main.before(line);
    line.replaceChildren(`${count} on ${where} ${is} not saved yet`, kinds.length > 0 ? ` (${kinds.join(", ")}): ` : ": ");
    for (const [at, [address, title]] of [...places].entries()) {
      const link = page.createElement("a");
      link.href = address;
      link.dir = "auto";
      link.textContent = title || "the article";
      line.append(at > 0 ? ", " : "", link);
    }
    line.append(". ");
    if (refused + waits < left.length) {
      const button = page.createElement("button");
      button.type = "button";
      button.className = "small";
      button.textContent = "Send now";
      button.addEventListener("click", () => {
        for (const entry of shelf.all().filter((one) => elsewhere(one) && one.holder === "")) shelf.put({ ...entry, rest: 0 });
        look();
      });
      line.append(button);
    }
  }

  const look = shelf.adopt(
    // What was refused waits for its own page, where somebody can decide.
    (entry) => elsewhere(entry) && entry.state !== "refused" && !asks(entry) && (entry.rest ?? 0) < Date.now(),
    (found) => {
      mine.push(...found);
      send();
    },
  );
  show();
  // What another page is sending just now would show for a moment.
  addEventListener("storage", () => setTimeout(show, 2_000));
}

/**
 * The outbox of an article's page (save.js) gets its heading as a button that folds it: on a
 * telephone it takes up to a third of the screen.
 * @param {HTMLElement | null} region
 */
export function foldable(region) {
  if (!region) return;
  const button = region.ownerDocument.createElement("button");
  button.type = "button";
  button.className = "outbox-fold";
  let had = false;
  button.addEventListener("click", () => fold(!region.hasAttribute("data-folded")));
  region.ownerDocument.addEventListener("focusin", ({ target }) => {
    had = target === button;
  });

  /** @param {boolean} folded */
  function fold(folded) {
    region.toggleAttribute("data-folded", folded);
    button.setAttribute("aria-expanded", String(!folded));
  }

  function head() {
    const heading = region.querySelector("h2");
    if (!heading || heading.contains(button)) return;
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    if (had && document.activeElement === document.body) button.focus();
  }

  fold(false);
  new MutationObserver(head).observe(region, { childList: true });
  head();
}
