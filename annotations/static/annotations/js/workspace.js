/** The article page: starts what it is made of and joins the parts. */

import { start as startAlign } from "./align.js";
import { notice, start as startAnnounce } from "./announce.js";
import { start as startBoundaries } from "./boundaries.js";
import { start as startComments } from "./comments.js";
import { start as startEvery } from "./every.js";
import { start as startEvidence } from "./evidence.js";
import { start as startKeyboard } from "./keyboard.js";
import { start as startAnswers } from "./answers.js";
import { start as startKeys } from "./keys.js";
import { start as startMap } from "./map.js";
import { blockAt, blockOf, blockStart, caretOffset, textBetween } from "./offsets.js";
import { foldable } from "./outbox.js";
import { start as startPaint } from "./paint.js";
import { focusOn, start as startPatch } from "./patch.js";
import { start as startPopover } from "./popover.js";
import { start as startPresence } from "./presence.js";
import { placeFor } from "./repeat.js";
import { start as startSave } from "./save.js";
import { fold, sentences, speakers as proposeSpeakers, textOf } from "./segments.js";
import { start as startSelection } from "./selection.js";
import { start as startWalk } from "./walk.js";

/**
 * @param {HTMLElement} article
 */
export function start(article) {
  const data = JSON.parse(document.getElementById("workspace-data")?.textContent ?? "{}");
  const labels = data.labels ?? [];
  const known = data.speakers ?? [];
  const rights = data.rights ?? {};
  const list = document.getElementById("span-list") ?? document.createElement("ol");

  for (const chunk of article.children) {
    // The height a chunk has before it is first laid out; a style attribute would need the
    // Content-Security-Policy to allow inline style.
    const height = Number(/** @type {HTMLElement} */ (chunk).dataset.height);
    if (height) /** @type {HTMLElement} */ (chunk).style.containIntrinsicSize = `auto ${height}px`;
  }

  const announce = startAnnounce(document);
  const keys = startKeys(document, announce);
  const paint = startPaint(article);
  const patch = startPatch(article, list, announce);
  const saver = startSave({ article, patch, paint, announce, person: data.me ?? "" });
  foldable(document.getElementById("outbox"));
  const walk = startWalk({ article, list, keys, paint, announce });
  startMap(article);
  startAlign(article, list, walk.card);

  /** @param {number} from @param {number} to */
  const excerpt = (from, to) => {
    const text = textBetween(article, from, to).replace(/\s+/gu, " ");
    const characters = [...text];
    return characters.length > 60 ? `${characters.slice(0, 57).join("")}…` : text;
  };

  /**
   * @param {import("./popover.js").Label} label
   * @param {import("./offsets.js").Span} selected
   * @param {import("./popover.js").Draft} draft
   */
  async function tag(label, selected, draft) {
    const span = await placeFor(article, selected);
    if (!span) return;
    /** @type {Record<string, string>} */
    const fields = { start: String(span.start), end: String(span.end), label: label.uuid, voice: draft.voice };
    if (draft.speaker?.uuid) fields.speaker = draft.speaker.uuid;
    else if (draft.speaker) fields.speaker_name = draft.speaker.name;
    if (draft.note.trim()) fields.note = draft.note;
    remember(draft.speaker);
    const words = `${label.name}: “${excerpt(span.start, span.end)}”`;
    paint.set("pending", []);
    if (!keyboard?.isOpen()) getSelection()?.removeAllRanges();
    const made = (answer) => (answer?.span && !keyboard?.isOpen() ? answer.span : null);
    walk.expect(saver.send("spans/add", fields, { words, span }).then(made));
  }

  /** @param {import("./popover.js").Speaker | null} speaker */
  function remember(speaker) {
    if (speaker && !known.some((one) => fold(one.name) === fold(speaker.name))) known.push({ uuid: null, name: speaker.name });
  }

  // ── marking ─────────────────────────────────────────────────────────────────────────────────

  /** @type {ReturnType<typeof startKeyboard> | null} */
  let keyboard = null;

  if (rights.add) {
    const everywhere = startEvery({ article, saver });
    /** @param {import("./offsets.js").Span} span @param {import("./popover.js").Draft} draft */
    const every = (span, draft) => everywhere.open({ start: String(span.start), end: String(span.end) }, draft);
    const popover = startPopover({
      article,
      labels,
      speakers: known,
      tag,
      every,
      closed() {
        if (keyboard?.isOpen()) keyboard.resume();
        else paint.set("pending", []);
      },
    });
    keyboard = startKeyboard({
      article,
      keys,
      paint,
      announce,
      labels,
      speakers: known,
      where() {
        const card = walk.card();
        const caret = caretOffset(article, getSelection());
        const span = popover.span();
        popover.hide();
        return span?.start ?? (card ? Number(card.dataset.start) : caret);
      },
      tag,
      details: (span, draft) => popover.open(span, { focus: true, draft }),
      every,
      undo,
      redo,
      tick,
    });
    const selection = startSelection(
      article,
      (span, by) => {
        if (!span) {
          if (!keyboard.isOpen()) popover.hide();
          return;
        }
        keyboard.leave();
        paint.set("pending", [span]);
        popover.open(span, { touch: by === "touch" });
      },
      (node) => popover.contains(node) || keyboard.contains(node),
    );
    const pending = () => popover.span() ?? selection.current();

    keys.register({
      key: "a",
      description: "Mark every occurrence of the selected text, or of the active span",
      group: "Marking",
      run() {
        const span = pending();
        const active = walk.active();
        if (popover.isOpen()) popover.toEvery();
        else if (span) every(span, { voice: "author", speaker: null, note: "" });
        else if (active) everywhere.open({ span: active });
        else return false;
      },
    });
    document.addEventListener("click", (event) => {
      const link = /** @type {Element} */ (event.target).closest("a[data-every]");
      if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      everywhere.open(Object.fromEntries(new URL(link.href).searchParams));
    });
    for (const label of labels.filter((one) => one.key)) {
      keys.register({
        key: label.key.toLowerCase(),
        description: `Tag the selected text as ${label.name.toLowerCase()}`,
        group: "Marking",
        when: () => pending() !== null,
        run() {
          const span = pending();
          if (popover.isOpen()) popover.chosen(label);
          else tag(label, span, { voice: "author", speaker: null, note: "" });
        },
      });
    }
    keys.register({
      key: "s",
      description: "Propose the speaker from the sentence",
      group: "Marking",
      when: () => pending() !== null,
      run() {
        const span = pending();
        if (!popover.isOpen()) popover.open(span);
        const proposals = proposeSpeakers(sentencesAround(article, span), known);
        const current = popover.draft().speaker;
        const at = proposals.findIndex((one) => current && fold(one.name) === fold(current.name));
        const next = proposals[at + 1] ?? proposals[0];
        if (next) {
          popover.propose(next);
          announce(`Voice: ${next.name}`);
        } else announce("No speaker was found in this sentence.");
      },
    });
    keys.register({
      key: "Enter",
      description: "Into the popover: voice, speaker, note",
      group: "Marking",
      when: () => popover.isOpen() && !popover.contains(document.activeElement),
      run: () => popover.focus(),
    });
    keys.register({
      key: "Escape",
      description: "Close the popover",
      group: "Marking",
      when: () => popover.isOpen(),
      run: () => popover.hide(true),
    });
  }

  // ── the active span ─────────────────────────────────────────────────────────────────────────

  /** @param {HTMLElement | null} card @param {string} step */
  const formOf = (card, step) => /** @type {HTMLFormElement | null} */ (card?.querySelector(`form[action$="/${step}"]`) ?? null);
  /** @param {HTMLElement} card */
  const revisionOf = (card) => card.dataset.revision ?? card.querySelector("[name=revision]")?.value ?? "";

  startBoundaries({
    article,
    keys,
    paint,
    announce,
    mayChange: (card) => formOf(card, "change") !== null,
    revisionOf,
    change(card, span, revision) {
      const fields = { revision, start: String(span.start), end: String(span.end) };
      const words = `New ends: “${excerpt(span.start, span.end)}”`;
      saver.send(`spans/${card.dataset.span}/change`, fields, { words, span });
    },
  });

  // Where theirs stays, a form that still shows mine is fetched anew.
  article.addEventListener("outbox:let-go", (event) => {
    const span = /^spans\/([0-9a-f-]{36})\/change$/.exec(/** @type {CustomEvent} */ (event).detail.path)?.[1];
    const card = span ? document.getElementById(`card-${span}`) : null;
    card?.querySelector(".span-card-more")?.remove();
    if (card && card === walk.card()) article.dispatchEvent(new CustomEvent("span:active", { detail: { span, card } }));
  });

  /**
   * @param {string} step
   * @param {(form: HTMLFormElement) => void} act
   */
  async function withForm(step, act) {
    const form = await walk.inCard((card) => formOf(card, step), "This span cannot be changed here.");
    if (form) act(form);
  }

  keys.register({
    key: "e",
    description: "Edit the active span",
    group: "Spans",
    awaits: walk.coming,
    when: () => walk.card() !== null,
    run() {
      withForm("change", (form) => {
        for (let one = form.closest("details"); one; one = one.parentElement?.closest("details")) one.open = true;
        const first = form.querySelector("input:checked, select, textarea, input:not([type=hidden])");
        /** @type {HTMLElement | null} */ (first)?.focus();
      });
    },
  });
  keys.register({
    key: "w",
    description: "Withdraw the active span",
    group: "Spans",
    awaits: walk.coming,
    when: () => walk.card() !== null,
    run() {
      withForm("withdraw", (form) => {
        // The card is what is looked at; its forms may come a moment after it.
        const revision = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=revision]"));
        const card = walk.card();
        if (revision && card?.dataset.revision) revision.value = card.dataset.revision;
        form.requestSubmit();
      });
    },
  });
  /** What somebody else has built upon, which the next undo passes over.
   * @type {string[]} */
  let passed = [];
  document.addEventListener("undo:refused", (event) => {
    passed = /** @type {CustomEvent} */ (event).detail;
  });

  async function undo() {
    const past = passed;
    passed = [];
    await saver.send("undo", past.length > 0 ? { past } : {}, { words: "Undo" });
  }

  keys.register({
    key: ["u", "Ctrl+z"],
    description: "Undo your last change",
    group: "Marking",
    run() {
      if (!rights.add) return false;
      undo();
    },
  });
  function redo() {
    saver.send("redo", {}, { words: "Redo" });
  }

  keys.register({
    key: ["Shift+u", "Ctrl+Shift+z", "Ctrl+y"],
    description: "Redo what you undid last",
    group: "Marking",
    run() {
      if (!rights.add) return false;
      redo();
    },
  });
  keys.register({
    key: "r",
    description: "Tick the paragraph as read, or take the tick away",
    group: "Spans",
    when: () => Boolean(rights.tick_read),
    run() {
      const block = blockHere();
      if (!block) return false;
      tick(block);
    },
  });

  /** @param {HTMLElement} block */
  function tick(block) {
    if (!rights.tick_read) return;
    const read = block.classList.contains("is-read") ? "off" : "on";
    const words = read === "on" ? "Paragraph read" : "Paragraph not read";
    saver.send(`blocks/${block.id.slice(1)}/read`, { read }, { words });
  }
  keys.register({
    key: "g",
    description: "The guide: definitions, hard cases, examples",
    run() {
      const opener = document.querySelector("[data-guide]");
      if (!(opener instanceof HTMLElement)) return false;
      opener.click();
    },
  });

  function blockHere() {
    const card = walk.card();
    if (card) return blockAt(article, Number(card.dataset.start));
    const caret = caretOffset(article, getSelection());
    if (caret !== null) return blockAt(article, caret);
    const box = article.getBoundingClientRect();
    return blockOf(document.elementFromPoint(box.left + box.width / 2, innerHeight / 3));
  }

  // ── out of a field, and on ──────────────────────────────────────────────────────────────────

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (!field.matches?.("textarea, input") || !field.closest(".span-card, .comments")) return;
    const card = field.closest(".span-card");
    if (event.key === "Escape") focusOn(card ?? article);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.form?.method === "post") {
      // Out of the field: what it holds is sent, and a choice that it brings may come over the page.
      if (field.form.checkValidity()) focusOn(card);
      field.form.requestSubmit();
    } else return;
    event.preventDefault();
  });
  // The registry does not fire while somebody types: these are for its list.
  const written = { group: "Writing", when: () => false, run: () => {} };
  keys.register({ ...written, key: "Ctrl+Enter", description: "Send the comment, or the change of the span" });
  keys.register({ ...written, key: "Escape", description: "Leave the field; what is typed stays" });

  // Every form that changes this article goes through the outbox; without this module it posts.
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-plain")) return;
    const action = new URL(event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location.href);
    const path = action.pathname.startsWith(article.dataset.url) ? action.pathname.slice(article.dataset.url.length) : "";
    if (!/^(spans|blocks|undo|redo)/.test(path)) return;
    event.preventDefault();
    const values = [...new FormData(form, event.submitter)].filter(([, value]) => typeof value === "string");
    const fields = Object.fromEntries(values);
    delete fields.csrfmiddlewaretoken;
    delete fields.key;
    const card = /** @type {HTMLElement | null} */ (form.closest("[data-span]"));
    const span = card ? { start: Number(card.dataset.start), end: Number(card.dataset.end) } : null;
    const words = form.dataset.words ?? event.submitter?.textContent?.trim() ?? "A change";
    form.dataset.sent = "";
    form.addEventListener("input", () => form.removeAttribute("data-sent"), { once: true });
    saver.send(path, fields, { words: span ? `${words}: “${excerpt(span.start, span.end)}”` : words, span }).then((answer) => {
      // What was saved is not unsent, until somebody types into it again.
      if (!answer) form.removeAttribute("data-sent");
      if (answer?.span && path === "spans/add") {
        form.reset();
        walk.activate(answer.span);
      }
    });
  });

  startEvidence({ article, keys, walk, saver, announce });
  startAnswers({ keys, walk });
  startComments({ article, keys, walk, saver, announce });
  startPresence(article, paint, data.me ?? "");
  follow();

  // ── what others did ─────────────────────────────────────────────────────────────────────────

  function follow() {
    document.addEventListener("live:patch", (event) => take(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {any} told */
  async function take(told) {
    if (told.reload) {
      notice(document, "Much of this article was changed. Load the page again to see all of it; what you have not sent is kept.");
      return;
    }
    if (told.reset) {
      const response = await fetch(`${article.dataset.url}changes`, { headers: { Accept: "application/json" } }).catch(() => null);
      if (response?.ok) take(await response.json());
      return;
    }
    learn(told.data);
    if (Object.keys(told.blocks ?? {}).length + Object.keys(told.cards ?? {}).length > 0) await patch(told);
  }

  /**
   * Speakers that were named meanwhile. Other labels need other keys: for these the page is opened anew.
   * @param {{labels?: any[], speakers?: any[]} | undefined} words
   */
  function learn(words) {
    for (const speaker of words?.speakers ?? []) {
      const at = known.findIndex((one) => fold(one.name) === fold(speaker.name));
      if (at >= 0) known[at] = speaker;
      else known.push(speaker);
    }
    const say = (all) => all.map(({ uuid, key, name, kind }) => [uuid, key, name, kind].join()).join(";");
    if (words?.labels && say(words.labels) !== say(labels)) {
      notice(document, "The labels of this project were changed. Load the page again to mark with them; what is marked shows them already.");
    }
  }

  return { keys, walk, saver };
}

/**
 * The sentences of its block that `span` touches: where it is said who speaks.
 * @param {HTMLElement} article
 * @param {import("./offsets.js").Span} span
 */
function sentencesAround(article, span) {
  const block = blockAt(article, span.start);
  if (!block) return "";
  const text = block.textContent ?? "";
  const from = span.start - blockStart(block);
  const to = span.end - blockStart(block);
  return sentences(text, article.lang || "en")
    .filter((part) => part[0] < to && part[1] > from)
    .map((part) => textOf(text, part))
    .join(" ");
}

const article = document.getElementById("article");
if (article) start(article);
