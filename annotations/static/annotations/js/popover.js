/**
 * The small popover at a selection: labels, voice and speaker, a note. Choosing a label saves.
 *
 * It opens without taking the focus, so that the selection stays and label keys work at once;
 * Enter goes into it. On a narrow screen it is a sheet at the lower edge.
 */

import { fold, matching } from "./segments.js";
import { textBetween, toRange } from "./offsets.js";

/** @typedef {import("./offsets.js").Span} Span */
/** @typedef {{uuid: string, key: string, name: string, kind: string, definition?: string}} Label */
/** @typedef {{uuid: string | null, name: string, aliases?: string[], role?: string,
 *   fresh?: boolean}} Speaker  `fresh`: typed just now, nobody known */
/** @typedef {{voice: string, speaker: Speaker | null, note: string}} Draft */

const NARROW = "(max-width: 56rem)";
const GAP = 8;
// The browser's own handles hang below a selection made by touch, and its menu stands above.
const HANDLES = 48;
// Only these voices go with a name; the server refuses the others with one.
const NAMES_ONE = new Set(["named", "document"]);
const VOICES = [
  ["author", "Author"],
  ["named", "Named speaker"],
  ["unnamed", "Unnamed speaker"],
  ["document", "Document"],
];

/**
 * @param {object} parts
 * @param {HTMLElement} parts.article
 * @param {Label[]} parts.labels
 * @param {Speaker[]} parts.speakers
 * @param {(label: Label, span: Span, draft: Draft) => void} parts.tag
 * @param {(span: Span, draft: Draft) => void} parts.every
 * @param {() => void} parts.closed
 */
export function start({ article, labels, speakers, tag, every, closed }) {
  /** @type {Span | null} */
  let span = null;
  /** @type {HTMLElement | null} */
  let cameFrom = null;
  /** @type {Speaker | null} */
  let speaker = null;
  let gap = GAP;

  const box = make("div", "popover");
  box.id = "marker";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", "Mark the selected text");
  // The top layer, without closing at a click elsewhere: clicks in the text move the selection.
  box.popover = "manual";

  const quote = make("p", "popover-quote visually-hidden");
  const buttons = make("div", "popover-labels");
  buttons.setAttribute("role", "group");
  buttons.setAttribute("aria-label", "Label");
  for (const label of labels) {
    const button = make("button", "kind");
    button.type = "button";
    button.dataset.label = label.uuid;
    button.dataset.kind = label.kind;
    if (label.definition) button.title = label.definition;
    const letter = make("span", "kind-letter");
    letter.setAttribute("aria-hidden", "true");
    letter.textContent = [...(label.key || label.name)][0].toUpperCase();
    button.append(letter, " ", label.name);
    if (label.key) {
      button.append(" ");
      const key = make("kbd", "");
      key.textContent = label.key.toUpperCase();
      button.append(key);
    }
    button.addEventListener("click", () => choose(label));
    buttons.append(button);
  }

  const voice = make("select", "");
  voice.name = "voice";
  for (const [value, words] of VOICES) voice.append(new Option(words, value));
  voice.addEventListener("change", () => {
    if (!NAMES_ONE.has(voice.value)) setSpeaker(null);
    tell();
  });

  const { input: name, field: nameField, list } = combobox(
    (typed) => options(typed),
    (chosen) => {
      setSpeaker(chosen);
      buttons.querySelector("button")?.focus();
    },
    () => setSpeaker(null, name.value),
  );
  name.id = "marker-speaker";

  const note = make("textarea", "");
  note.name = "note";
  note.rows = 2;
  note.dataset.most = "20000";
  note.addEventListener("input", () => tell());

  const close = make("button", "plain popover-close");
  close.type = "button";
  close.setAttribute("aria-label", "Close");
  close.title = "Close";
  const escape = make("kbd", "");
  escape.textContent = "Esc";
  const cross = make("span", "popover-cross");
  cross.setAttribute("aria-hidden", "true");
  cross.textContent = "×";
  close.append(escape, cross);
  close.addEventListener("click", () => hide());

  const fields = make("div", "popover-more");
  fields.append(labelled("Voice", voice), labelled("Speaker", name, nameField), labelled("Note", note));
  const more = make("details", "popover-details");
  const summary = make("summary", "");
  more.append(summary, fields);
  more.addEventListener("toggle", place);
  const everywhere = make("button", "quiet small popover-every");
  everywhere.type = "button";
  const everyKey = make("kbd", "");
  everyKey.textContent = "A";
  everywhere.append("Every occurrence… ", everyKey);
  everywhere.addEventListener("click", () => toEvery());
  box.append(quote, buttons, close, more, everywhere);
  document.body.append(box);

  // A press on a button must not take the selection away before its click comes.
  box.addEventListener("mousedown", (event) => {
    if (!(/** @type {Element} */ (event.target).closest("input, select, textarea"))) event.preventDefault();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.target instanceof HTMLElement && event.target.matches("input, select, textarea")) {
      // Out of the field first, where label keys work again; then out of the popover.
      buttons.querySelector("button")?.focus();
    } else hide(true);
  });

  /** @param {string} typed */
  function options(typed) {
    const found = matching(speakers, typed).slice(0, 8);
    const wanted = typed.trim().replace(/\s+/gu, " ");
    const known = found.some((one) => fold(one.name) === fold(wanted));
    return wanted && !known ? [...found, { uuid: null, name: wanted, fresh: true }] : found;
  }

  /**
   * @param {Speaker | null} chosen
   * @param {string} [typed]
   */
  function setSpeaker(chosen, typed = chosen?.name ?? "") {
    speaker = chosen;
    if (name.value !== typed) name.value = typed;
    if (typed.trim() && !NAMES_ONE.has(voice.value)) voice.value = "named";
    tell();
  }

  /** Says in the summary what the folded fields hold. */
  function tell() {
    const whose = name.value.trim() || voice.selectedOptions[0]?.text || "Author";
    summary.textContent = `Voice: ${whose}${note.value.trim() ? " · with a note" : ""}`;
  }

  /** @returns {Draft} */
  function draft() {
    const typed = name.value.trim();
    const known = speakers.find((one) => fold(one.name) === fold(typed));
    const chosen = speaker ?? (typed ? (known ?? { uuid: null, name: typed }) : null);
    return {
      // Only a name makes a speaker named: asked for without one, it is an unnamed speaker.
      voice: voice.value === "named" && !chosen ? "unnamed" : voice.value,
      speaker: NAMES_ONE.has(voice.value) ? chosen : null,
      note: note.value,
    };
  }

  /** @param {Label} label */
  function choose(label) {
    if (!span || !note.reportValidity()) return;
    const chosen = span;
    const drafted = draft();
    hide(true);
    tag(label, chosen, drafted);
  }

  /** Leaves the one place for the list of all of them. */
  function toEvery() {
    if (!span || !note.reportValidity()) return;
    const chosen = span;
    const drafted = draft();
    hide(true);
    every(chosen, drafted);
  }

  function place() {
    if (!span || box.hidden) return;
    const { style } = box;
    if (matchMedia(NARROW).matches) {
      // The style sheet makes it a sheet at the lower edge.
      style.left = "";
      style.top = "";
    }
    const from = toRange(article, span.start, span.start + 1)?.getBoundingClientRect();
    const to = toRange(article, span.end - 1, span.end)?.getBoundingClientRect();
    if (!from || !to) return;
    const size = box.getBoundingClientRect();
    if (matchMedia(NARROW).matches) {
      // What it would cover moves up, as far as its beginning stays in sight.
      const covered = Math.min(to.bottom + gap - size.top, from.top - GAP);
      if (covered > 0) scrollBy({ top: covered, behavior: "instant" });
      return;
    }
    const below = to.bottom + gap + size.height <= innerHeight;
    const above = from.top - gap - size.height >= 0;
    let top = to.bottom + gap;
    // A stretch taller than the screen: stay in sight rather than at its end.
    if (!below) top = above ? from.top - gap - size.height : innerHeight - size.height - GAP;
    const anchor = below || !above ? to : from;
    const left = Math.min(Math.max(anchor.left, GAP), document.documentElement.clientWidth - size.width - GAP);
    style.left = `${Math.max(left, 0) + scrollX}px`;
    style.top = `${Math.max(top, 0) + scrollY}px`;
  }

  /**
   * @param {Span} wanted
   * @param {{focus?: boolean, touch?: boolean, draft?: Partial<Draft>}} [how]
   */
  function open(wanted, { focus = false, touch = false, draft: given = {} } = {}) {
    gap = touch ? HANDLES : GAP;
    const same = span && span.start === wanted.start && span.end === wanted.end;
    span = wanted;
    if (!same) {
      note.value = given.note ?? "";
      more.open = focus;
      voice.value = given.voice ?? "author";
      setSpeaker(given.speaker ?? null);
    }
    const text = textBetween(article, wanted.start, wanted.end).replace(/\s+/gu, " ");
    const characters = [...text];
    quote.textContent = characters.length > 90 ? `${characters.slice(0, 60).join("")} … ${characters.slice(-25).join("")}` : text;
    if (!box.matches(":popover-open")) box.showPopover();
    place();
    if (focus) {
      cameFrom = /** @type {HTMLElement | null} */ (document.activeElement);
      buttons.querySelector("button")?.focus({ preventScroll: true });
    }
  }

  /** @param {boolean} [back]  give the focus back to where it came from */
  function hide(back = false) {
    if (!span) return;
    span = null;
    list.hidden = true;
    const had = box.contains(document.activeElement);
    if (box.matches(":popover-open")) box.hidePopover();
    if (had) {
      const target = back && cameFrom?.isConnected && cameFrom !== document.body ? cameFrom : article;
      if (!target.hasAttribute("tabindex") && target === article) target.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
    cameFrom = null;
    closed();
  }

  addEventListener("resize", place);

  return {
    open,
    hide,
    draft,
    span: () => span,
    isOpen: () => span !== null,
    /** @param {Node} node */
    contains: (node) => box.contains(node),
    /** @param {Speaker} proposal */
    propose(proposal) {
      setSpeaker(proposal);
      more.open = true;
    },
    chosen: (label) => choose(label),
    toEvery,
    focus() {
      if (!span) return;
      more.open = true;
      cameFrom = /** @type {HTMLElement | null} */ (document.activeElement);
      buttons.querySelector("button")?.focus({ preventScroll: true });
    },
  };
}

/**
 * A text field with a list of proposals (ARIA combobox, list autocomplete, manual selection).
 * @param {(typed: string) => Speaker[]} find
 * @param {(chosen: Speaker) => void} choose
 * @param {() => void} typed
 */
function combobox(find, choose, typed) {
  const field = make("div", "combobox");
  const input = make("input", "");
  input.type = "text";
  input.autocomplete = "off";
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", "marker-speakers");
  const list = make("ul", "suggestions");
  list.id = "marker-speakers";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Speakers");
  list.hidden = true;
  field.append(input, list);
  /** @type {Speaker[]} */
  let shown = [];
  let active = -1;

  function render() {
    shown = find(input.value);
    active = -1;
    list.replaceChildren(
      ...shown.map((one, at) => {
        const option = make("li", "");
        option.id = `marker-speaker-${at}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = one.fresh ? `New speaker: ${one.name}` : one.name;
        option.addEventListener("mousedown", (event) => event.preventDefault());
        option.addEventListener("click", () => take(at));
        return option;
      }),
    );
    toggle(shown.length > 0);
  }

  function toggle(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) input.removeAttribute("aria-activedescendant");
  }

  function move(step) {
    if (list.hidden) render();
    if (shown.length === 0) return;
    active = (active + step + shown.length + (active < 0 && step < 0 ? 1 : 0)) % shown.length;
    [...list.children].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === active));
    });
    input.setAttribute("aria-activedescendant", `marker-speaker-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function take(at) {
    const chosen = shown[at];
    toggle(false);
    if (chosen) choose(chosen);
  }

  input.addEventListener("input", () => {
    typed();
    render();
  });
  input.addEventListener("focus", render);
  input.addEventListener("blur", () => toggle(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && !list.hidden && shown.length > 0) take(Math.max(active, 0));
    else if (event.key === "Escape" && !list.hidden) toggle(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { input, field, list };
}

/**
 * @param {string} words
 * @param {HTMLElement} control
 * @param {HTMLElement} [holder]
 */
function labelled(words, control, holder = control) {
  const line = make("div", "field");
  const label = make("label", "");
  control.id ||= `marker-${words.toLowerCase()}`;
  label.htmlFor = control.id;
  label.textContent = words;
  line.append(label, holder);
  return line;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} name
 * @returns {HTMLElementTagNameMap[T]}
 */
function make(tag, name) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  return made;
}
