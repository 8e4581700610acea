/**
 * Marking without a mouse and without the browser's selection.
 *
 * The stretch about to be marked moves by sentence, clause and word over the text of the blocks;
 * a bar at the lower edge says what it is and has the focus, so that a screen reader passes the
 * keys on. From a sentence, Right takes its first clause and Left its last, so that no clause of
 * a long sentence is far.
 */

import {
  blockAt,
  blockEnd,
  blockStart,
  borders,
  length,
  neighbour,
  slice,
  textBetween,
  tidyIn,
  toRange,
} from "./offsets.js";
import { clauses, inside, quotationAround, quotations, sentences, speakers, words } from "./segments.js";

/** @typedef {import("./offsets.js").Span} Span */
/** @typedef {"sentence" | "clause" | "word" | "free"} Unit */

const LAYER = "keyboard";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {import("./keys.js").Keys} parts.keys
 * @param {import("./paint.js").Paint} parts.paint
 * @param {(message: string) => void} parts.announce
 * @param {import("./popover.js").Label[]} parts.labels
 * @param {import("./popover.js").Speaker[]} parts.speakers
 * @param {() => number | null} parts.where  where to begin, if the page knows
 * @param {(label: import("./popover.js").Label, span: Span, draft: import("./popover.js").Draft) => void} parts.tag
 * @param {(span: Span, draft: Partial<import("./popover.js").Draft>) => void} parts.details
 * @param {(span: Span, draft: import("./popover.js").Draft) => void} parts.every
 * @param {() => void} parts.undo
 * @param {() => void} parts.redo
 * @param {(block: HTMLElement) => void} parts.tick
 */
export function start(parts) {
  const { article, keys, paint, announce, labels } = parts;
  const language = article.lang || "en";
  /** @type {Span | null} */
  let span = null;
  /** @type {Unit} */
  let unit = "sentence";
  /** Which end `[` and `]` chose to move; null: both go along. @type {"start" | "end" | null} */
  let end = null;
  /** @type {import("./segments.js").Proposal[]} */
  let proposed = [];
  let proposal = -1;
  /** @type {HTMLElement | null} */
  let cameFrom = null;

  const bar = document.createElement("div");
  bar.id = "keyboard-mode";
  bar.className = "strip keyboard-mode";
  bar.hidden = true;
  bar.tabIndex = 0;
  // Without this role a screen reader keeps the arrow keys to itself.
  bar.setAttribute("role", "application");
  bar.setAttribute("aria-label", "Keyboard marking");
  bar.setAttribute("aria-describedby", "keyboard-mode-help");
  const state = document.createElement("p");
  state.className = "keyboard-mode-state";
  const shown = document.createElement("p");
  shown.className = "keyboard-mode-text";
  const help = document.createElement("p");
  help.id = "keyboard-mode-help";
  help.className = "keyboard-mode-help";
  const tagging = labels.filter(({ key }) => key).map(({ key, name }) => `${key.toUpperCase()} ${name}`);
  help.textContent = `↑ ↓ sentence · ← → clause · Ctrl ← → word · Shift extends · [ ] move an end · Q quotation · S speaker · ${tagging.join(" · ")} · R read · U undo · Shift U redo · Enter details · Esc leave`;
  bar.append(state, shown, help);
  document.body.append(bar);

  // ── the text, part by part ──────────────────────────────────────────────────────────────────

  /** @type {{block: Element | null, text: string, kinds: Record<string, Span[]>}} */
  let cache = { block: null, text: "", kinds: {} };

  /**
   * The parts of a block, in article offsets.
   * @param {Element} block
   * @param {"sentence" | "clause" | "word" | "character"} kind
   * @returns {Span[]}
   */
  function partsOf(block, kind) {
    if (cache.block !== block) cache = { block, text: block.textContent, kinds: {} };
    const at = blockStart(block);
    const shift = (list, by = 0) => list.map(([from, to]) => ({ start: at + by + from, end: at + by + to }));
    cache.kinds[kind] ??= (() => {
      if (kind === "sentence") return shift(sentences(cache.text, language));
      if (kind === "word") return shift(words(cache.text, language));
      if (kind === "character") {
        const all = borders(cache.text);
        return shift(all.slice(1).map((to, i) => [all[i], to]));
      }
      return sentences(cache.text, language).flatMap(([from, to]) =>
        shift(clauses(slice(cache.text, from, to), language), from),
      );
    })();
    return cache.kinds[kind];
  }

  /**
   * The part after (or before) a place, across blocks.
   * @param {number} offset
   * @param {1 | -1} step
   * @param {"sentence" | "clause" | "word" | "character"} kind
   * @returns {Span | null}
   */
  function beside(offset, step, kind) {
    let block = blockAt(article, step > 0 ? offset : Math.max(offset - 1, 0)) ?? firstBlock();
    for (; block; block = neighbour(block, step)) {
      const list = partsOf(block, kind);
      const found = step > 0 ? list.find((part) => part.start >= offset) : list.findLast((part) => part.end <= offset);
      if (found) return found;
    }
    return null;
  }

  function firstBlock() {
    return article.querySelector("[data-o]");
  }

  /**
   * @param {number} offset
   * @param {"sentence" | "clause" | "word"} kind
   */
  function around(offset, kind) {
    const block = blockAt(article, offset) ?? firstBlock();
    if (!block) return null;
    const list = partsOf(block, kind);
    return (
      list.find((part) => part.start <= offset && offset < part.end) ??
      list.find((part) => part.start >= offset) ??
      list.at(-1) ??
      beside(blockEnd(block), 1, kind) ??
      beside(blockStart(block), -1, kind)
    );
  }

  // ── moving ──────────────────────────────────────────────────────────────────────────────────

  /**
   * @param {Span | null} next
   * @param {Unit} kind
   */
  function take(next, kind) {
    if (!next || !span) {
      announce("There is no more text that way.");
      return;
    }
    const sentence = around(span.start, "sentence")?.start;
    span = next;
    unit = kind;
    // A speaker holds for the sentence that names him.
    if (around(span.start, "sentence")?.start !== sentence) forget();
    draw();
  }

  function forget() {
    proposed = [];
    proposal = -1;
  }

  /**
   * @param {1 | -1} step
   * @param {"sentence" | "clause" | "word"} kind
   */
  function move(step, kind) {
    end = null;
    const finer = { sentence: 0, free: 0, clause: 1, word: 2 };
    if (finer[kind] > finer[unit]) {
      // Into the stretch: its first part, or from the other side its last.
      /** @type {Span[]} */
      let list = [];
      for (let block = blockAt(article, span.start); block && blockStart(block) < span.end; block = neighbour(block)) {
        // Not pushed by spreading: a block may have more parts than a call may have arguments.
        list = list.concat(partsOf(block, kind).filter((part) => part.start >= span.start && part.end <= span.end));
      }
      const found = step > 0 ? list[0] : list.at(-1);
      if (found && (found.start !== span.start || found.end !== span.end)) {
        take(found, kind);
        return;
      }
    }
    if (kind === "sentence" && unit !== "sentence") {
      // Back out to the whole sentence first when going up.
      const whole = around(span.start, "sentence");
      if (whole && step < 0 && whole.start <= span.start && whole.end >= span.end) {
        take(whole, kind);
        return;
      }
      take(beside(whole?.end ?? span.end, step, kind), kind);
      return;
    }
    take(beside(step > 0 ? span.end : span.start, step, kind), kind);
  }

  /**
   * Moves one end to the next border of its kind.
   * @param {"start" | "end"} which
   * @param {1 | -1} step
   * @param {"sentence" | "clause" | "word" | "character"} kind
   */
  function stretch(which, step, kind) {
    const { start: from, end: to } = span;
    const found = { ...span };
    if (which === "end") {
      const next = step > 0 ? beside(to, 1, kind) : beside(to, -1, kind);
      if (step > 0) {
        // The rest of a part that the end stands in comes first.
        const current = containing(to - 1, kind);
        found.end = current && current.end > to ? current.end : (next?.end ?? to);
      } else {
        const current = containing(to - 1, kind);
        const before = current && current.end >= to ? beside(current.start, -1, kind) : next;
        found.end = before && before.end > from ? before.end : to;
      }
    } else if (step < 0) {
      const current = containing(from, kind);
      found.start = current && current.start < from ? current.start : (beside(from, -1, kind)?.start ?? from);
    } else {
      const current = containing(from, kind);
      const after = beside(current ? current.end : from + 1, 1, kind);
      found.start = after && after.start < to ? after.start : from;
    }
    if (found.start === from && found.end === to) {
      announce("It goes no further.");
      return;
    }
    take(found, "free");
  }

  /**
   * @param {number} offset
   * @param {"sentence" | "clause" | "word" | "character"} kind
   */
  function containing(offset, kind) {
    const block = blockAt(article, offset);
    return block && partsOf(block, kind).find((part) => part.start <= offset && offset < part.end);
  }

  function quotation() {
    const block = blockAt(article, span.start);
    if (!block) return;
    const at = blockStart(block);
    const text = block.textContent;
    const from = span.start - at;
    const to = Math.min(span.end - at, length(text));
    const all = quotations(text);
    const whole = all.find((part) => part[0] === from && part[1] === to);
    const bare = all.map(inside).find((part) => part[0] === from && part[1] === to);
    // With its marks, then without them, then the next one of the paragraph.
    let next;
    if (whole && whole[1] - whole[0] > 2) next = inside(whole);
    else if (whole || bare) {
      const later = all.filter((part) => part[0] > from).sort((a, b) => a[0] - b[0]);
      next = later[0] ?? all.toSorted((a, b) => a[0] - b[0])[0];
    } else next = quotationAround(text, from, to);
    if (next) take({ start: at + next[0], end: at + next[1] }, "free");
    else announce("There is no quotation here.");
  }

  function speaker() {
    if (proposed.length === 0) {
      const sentence = around(span.start, "sentence");
      proposed = sentence ? speakers(textBetween(article, sentence.start, sentence.end), parts.speakers) : [];
      proposal = -1;
    }
    if (proposed.length === 0) {
      announce("No speaker was found in this sentence. Enter opens the details.");
      return;
    }
    // After the last proposal the author again.
    proposal = proposal + 1 >= proposed.length ? -1 : proposal + 1;
    draw();
    announce(voiceWords());
  }

  function voiceWords() {
    const one = proposed[proposal];
    if (!one) return "Voice: author";
    return one.uuid ? `Voice: ${one.name}` : `Voice: ${one.name} (new speaker)`;
  }

  /** @returns {import("./popover.js").Draft} */
  function draft() {
    const one = proposed[proposal] ?? null;
    return { voice: one ? "named" : "author", speaker: one, note: "" };
  }

  // ── showing ─────────────────────────────────────────────────────────────────────────────────

  function draw() {
    paint.set("pending", [span]);
    const text = textBetween(article, span.start, span.end);
    const which = end ? ` · moving the ${end}` : "";
    const kind = unit === "free" ? "Stretch" : unit[0].toUpperCase() + unit.slice(1);
    state.textContent = `${kind}${which} · ${voiceWords()}`;
    shown.textContent = text;
    announce(text);
    const box = toRange(article, span.start, span.end)?.getBoundingClientRect();
    const lower = innerHeight - bar.getBoundingClientRect().height;
    if (box && (box.top < 60 || box.bottom > lower - 20)) {
      const top = Math.max(box.top - innerHeight / 3, box.bottom - lower + 40);
      scrollBy({ top: box.top < 60 ? box.top - innerHeight / 3 : top, behavior: "instant" });
    }
  }

  function enter() {
    const begin = parts.where() ?? firstVisible();
    const found = around(begin, "sentence");
    if (!found) {
      announce("This article has no text to mark.");
      return;
    }
    if (!span) cameFrom = /** @type {HTMLElement | null} */ (document.activeElement);
    span = found;
    unit = "sentence";
    end = null;
    forget();
    bar.hidden = false;
    document.documentElement.dataset.keyboardMode = "";
    getSelection()?.removeAllRanges();
    bar.focus({ preventScroll: true });
    keys.enter(LAYER);
    draw();
  }

  function leave() {
    if (!span) return;
    span = null;
    keys.leave(LAYER);
    paint.set("pending", []);
    const had = bar.contains(document.activeElement);
    bar.hidden = true;
    delete document.documentElement.dataset.keyboardMode;
    if (had) {
      const target = cameFrom?.isConnected && cameFrom !== document.body ? cameFrom : article;
      if (target === article && !article.hasAttribute("tabindex")) article.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
    announce("Keyboard marking is closed.");
  }

  function firstVisible() {
    for (const block of article.querySelectorAll("[data-o]")) {
      if (block.getBoundingClientRect().bottom > 80) return blockStart(block);
    }
    return 0;
  }

  bar.addEventListener("blur", () => {
    // The keys of the mode work only while its bar has the focus; a click in the text or a
    // field that opens takes it, the details give it back.
    keys.leave(LAYER);
  });
  bar.addEventListener("focus", () => {
    if (span) keys.enter(LAYER);
  });
  // Block elements replaced by a save are others now.
  article.addEventListener("article:patched", () => {
    cache = { block: null, text: "", kinds: {} };
  });

  // ── keys ────────────────────────────────────────────────────────────────────────────────────

  keys.register({ key: "m", description: "Mark by keyboard", group: "Marking", run: enter });
  const mode = (key, description, run) =>
    keys.register({ key, description, group: "Keyboard marking", layer: LAYER, repeat: true, run });
  mode("ArrowDown", "Next sentence", () => (end ? stretch(end, 1, "sentence") : move(1, "sentence")));
  mode("ArrowUp", "This sentence, the one before", () => (end ? stretch(end, -1, "sentence") : move(-1, "sentence")));
  mode("ArrowRight", "Next clause; with an end chosen: a word", () => (end ? stretch(end, 1, "word") : move(1, "clause")));
  mode("ArrowLeft", "Clause before; with an end chosen: a word", () => (end ? stretch(end, -1, "word") : move(-1, "clause")));
  mode(["Ctrl+ArrowRight", "Alt+ArrowRight"], "Next word; with an end chosen: a character", () => (end ? stretch(end, 1, "character") : move(1, "word")));
  mode(["Ctrl+ArrowLeft", "Alt+ArrowLeft"], "Word before; with an end chosen: a character", () => (end ? stretch(end, -1, "character") : move(-1, "word")));
  const active = () => end ?? "end";
  mode("Shift+ArrowRight", "Extend by a clause", () => stretch(active(), 1, "clause"));
  mode("Shift+ArrowLeft", "Shorten by a clause", () => stretch(active(), -1, "clause"));
  mode(["Ctrl+Shift+ArrowRight", "Alt+Shift+ArrowRight"], "Extend by a word", () => stretch(active(), 1, "word"));
  mode(["Ctrl+Shift+ArrowLeft", "Alt+Shift+ArrowLeft"], "Shorten by a word", () => stretch(active(), -1, "word"));
  mode("Shift+ArrowDown", "Extend by a sentence", () => stretch(active(), 1, "sentence"));
  mode("Shift+ArrowUp", "Shorten by a sentence", () => stretch(active(), -1, "sentence"));
  const choose = (which) => () => {
    end = end === which ? null : which;
    draw();
    announce(end ? `The arrows move the ${end}.` : "The arrows move both ends.");
  };
  mode("[", "Let the arrows move the start", choose("start"));
  mode("]", "Let the arrows move the end", choose("end"));
  mode("PageDown", "Next paragraph", () => paragraph(1));
  mode("PageUp", "Paragraph before", () => paragraph(-1));
  mode("q", "The quotation here; again without its marks; again the next", quotation);
  mode("s", "Propose the speaker of the sentence; again the next", speaker);
  mode("Enter", "Voice, speaker and note", () => parts.details(span, draft()));
  mode("a", "Mark every occurrence of it", () => parts.every(span, draft()));
  // A wrong label is seen the moment it is given, and the mode has the focus then.
  mode(["u", "Ctrl+z"], "Undo your last change", (event) => {
    if (!event.repeat) parts.undo();
  });
  mode(["Shift+u", "Ctrl+Shift+z", "Ctrl+y"], "Redo what you undid last", (event) => {
    if (!event.repeat) parts.redo();
  });
  mode("r", "Tick the paragraph as read, or take the tick away", (event) => {
    const block = blockAt(article, span.start);
    if (block && !event.repeat) parts.tick(block);
  });
  mode("Escape", "Leave keyboard marking", () => {
    if (end) choose(end)();
    else leave();
  });
  for (const label of labels.filter(({ key }) => key)) {
    mode(label.key.toLowerCase(), `Tag as ${label.name.toLowerCase()}`, (event) => {
      if (event.repeat) return;
      const clean = tidyIn(article, span.start, span.end);
      if (!clean) return;
      parts.tag(label, clean, draft());
      forget();
      state.textContent = `Tagged as ${label.name.toLowerCase()}`;
    });
  }

  /** @param {1 | -1} step */
  function paragraph(step) {
    const next = neighbour(blockAt(article, span.start), step);
    end = null;
    take(next && around(blockStart(next), "sentence"), "sentence");
  }

  return {
    enter,
    leave,
    isOpen: () => span !== null,
    resume() {
      if (span) bar.focus({ preventScroll: true });
    },
    /** @param {Node} node */
    contains: (node) => bar.contains(node),
    span: () => span,
  };
}
