/**
 * One registry for every key of the page: what a key does, when, and the dialog that lists them.
 *
 * Keys never fire while somebody types, in a modal dialog, or with a modifier that they do not
 * name. Keys that are one character can be switched off (WCAG 2.2, 2.1.4); the choice is kept on
 * this device. A layer (the keyboard mode) takes over: while it is open only its own keys and
 * those of layer "any" fire, and they fire also when single keys are off, because they work only
 * while the layer has the focus.
 */

/**
 * @typedef {object} Binding
 * @property {string | string[]} key  as in `KeyboardEvent.key`: "f", "?", "Enter", "Ctrl+z",
 *   "Shift+ArrowLeft". Letters are given in lower case.
 * @property {string} description  for the dialog; empty keeps it out
 * @property {(event: KeyboardEvent) => (void | false)} run  false: not taken, go on to the next
 * @property {() => boolean} [when]
 * @property {string} [group]  heading in the dialog
 * @property {string} [layer]  "page" unless told
 * @property {boolean} [repeat]  also fires while the key is held
 * @property {() => Promise<boolean> | null} [awaits]  what the key is about and is still on its
 *   way: it fires once that is there, and not at all where the promise says false
 */

const SWITCH = "keys";

/**
 * @typedef {object} Keys
 * @property {(binding: Binding) => (() => void)} register  returns what takes it back
 * @property {(layer: string) => void} enter
 * @property {(layer: string) => void} leave
 * @property {() => boolean} enabled
 * @property {(on: boolean) => void} enable
 * @property {() => void} help
 */

/**
 * @param {Document} page
 * @param {(message: string) => void} announce
 * @returns {Keys}
 */
export function start(page, announce) {
  /** @type {Required<Binding>[]} */
  const bindings = [];
  /** @type {string[]} */
  const layers = ["page"];
  let on = read(SWITCH) !== "off";

  /** @type {Keys} */
  const keys = {
    register(binding) {
      const whole = {
        when: () => true,
        group: "Page",
        layer: "page",
        repeat: false,
        awaits: () => null,
        ...binding,
        key: [binding.key].flat(),
      };
      bindings.push(whole);
      return () => {
        const at = bindings.indexOf(whole);
        if (at >= 0) bindings.splice(at, 1);
      };
    },
    enter(layer) {
      keys.leave(layer);
      layers.push(layer);
    },
    leave(layer) {
      const at = layers.lastIndexOf(layer);
      if (at > 0) layers.splice(at, 1);
    },
    enabled: () => on,
    enable(wanted) {
      on = wanted;
      write(SWITCH, on ? "on" : "off");
      show();
      announce(on ? "Single keys are on." : "Single keys are off.");
    },
    help: () => openHelp(page, bindings, keys),
  };

  function show() {
    for (const control of page.querySelectorAll("[data-keys-switch]")) {
      if (control instanceof HTMLInputElement) control.checked = on;
      else control.setAttribute("aria-pressed", String(on));
    }
  }

  page.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || isTyping(event)) return;
    if (page.querySelector("dialog:modal")) return;
    const layer = layers[layers.length - 1];
    for (const binding of [...bindings].reverse()) {
      if (binding.layer !== layer && binding.layer !== "any") continue;
      if (event.repeat && !binding.repeat) continue;
      const off = !on && binding.layer === "page";
      if (!binding.key.some((key) => !(off && isCharacter(key)) && fits(key, event))) continue;
      const coming = binding.awaits();
      if (coming) {
        event.preventDefault();
        fireAfter(coming, binding, event);
        return;
      }
      if (!binding.when()) continue;
      if (binding.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  });

  /**
   * @param {Promise<boolean>} coming
   * @param {Required<Binding>} binding
   * @param {KeyboardEvent} event
   */
  async function fireAfter(coming, binding, event) {
    const layer = layers.at(-1);
    const { activeElement } = page;
    // Whoever has gone on to something else meanwhile is not called back.
    if ((await coming) && layer === layers.at(-1) && activeElement === page.activeElement && binding.when()) binding.run(event);
  }

  page.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-keys-help]")) keys.help();
    const control = target.closest("[data-keys-switch]");
    if (control) keys.enable(control instanceof HTMLInputElement ? control.checked : !on);
  });
  keys.register({ key: "?", description: "Show every key", layer: "any", run: () => keys.help() });
  show();
  return keys;
}

/** @param {string} key */
function isSingle(key) {
  return [...key].length === 1;
}

/** With Shift it types a character all the same. @param {string} key */
function isCharacter(key) {
  return isSingle(key.replace(/^Shift\+/, ""));
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input, textarea, select, [role=textbox]");
}

/**
 * @param {string} key
 * @param {KeyboardEvent} event
 */
function fits(key, event) {
  const parts = key.length > 1 ? key.split("+") : [key];
  const name = parts.pop();
  // AltGr types characters such as "[" on many keyboards, and shows as Ctrl and Alt on some.
  const typed = event.getModifierState("AltGraph");
  const held = {
    Ctrl: !typed && (event.ctrlKey || event.metaKey),
    Alt: !typed && event.altKey,
    Shift: event.shiftKey,
  };
  const character = isSingle(name);
  for (const [modifier, down] of Object.entries(held)) {
    // Shift is how "?" is typed: of a character that is no letter it says nothing.
    if (modifier === "Shift" && character && !/\p{L}/u.test(name)) continue;
    if (parts.includes(modifier) !== down) return false;
  }
  if (!character) return event.key === name;
  if (event.key.toLowerCase() === name) return true;
  // A keyboard of another script: take the key by its place.
  return /^[^\x00-\x7f]$/u.test(event.key) && event.code === `Key${name.toUpperCase()}`;
}

/**
 * @param {Document} page
 * @param {Required<Binding>[]} bindings
 * @param {Keys} keys
 */
function openHelp(page, bindings, keys) {
  page.getElementById("keys-help")?.remove();
  const dialog = page.createElement("dialog");
  dialog.id = "keys-help";
  dialog.className = "keys-help";
  dialog.setAttribute("aria-labelledby", "keys-help-title");
  const title = element(page, "h2", "Keys");
  title.id = "keys-help-title";
  dialog.append(title);

  const label = element(page, "label", "");
  const box = page.createElement("input");
  box.type = "checkbox";
  box.checked = keys.enabled();
  box.dataset.keysSwitch = "";
  label.append(box, " Keys of one character are on");
  const line = page.createElement("p");
  line.append(label);
  dialog.append(line);

  const groups = Map.groupBy
    ? Map.groupBy(bindings, (binding) => binding.group)
    : group(bindings);
  const columns = page.createElement("div");
  columns.className = "keys";
  for (const [name, members] of groups) {
    const listed = members.filter((binding) => binding.description);
    if (listed.length === 0) continue;
    const section = page.createElement("section");
    section.append(element(page, "h3", name));
    const list = page.createElement("dl");
    for (const binding of listed) {
      const term = page.createElement("dt");
      binding.key.forEach((key, at) => {
        if (at > 0) term.append(" or ");
        term.append(element(page, "kbd", spell(key)));
      });
      list.append(term, element(page, "dd", binding.description));
    }
    section.append(list);
    columns.append(section);
  }
  dialog.append(columns);

  const close = element(page, "button", "Close");
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  dialog.append(close);
  dialog.addEventListener("close", () => dialog.remove());
  page.body.append(dialog);
  dialog.showModal();
  close.focus({ preventScroll: true });
  dialog.scrollTop = 0;
}

/** @param {Required<Binding>[]} bindings */
function group(bindings) {
  const groups = new Map();
  for (const binding of bindings) {
    groups.set(binding.group, [...(groups.get(binding.group) ?? []), binding]);
  }
  return groups;
}

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** @param {string} key */
function spell(key) {
  if (isSingle(key)) return key.toUpperCase();
  return key
    .split("+")
    .map((part) => NAMES[part] ?? (isSingle(part) ? part.toUpperCase() : part))
    .join(" ");
}

/**
 * @param {Document} page
 * @param {string} tag
 * @param {string} text
 */
function element(page, tag, text) {
  const made = page.createElement(tag);
  made.textContent = text;
  return made;
}

// Storage is refused in some private windows: the choice then lasts as long as the page.
/** @param {string} name */
function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // As above.
  }
}
