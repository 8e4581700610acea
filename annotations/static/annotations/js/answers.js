/**
 * The keys that answer a proposed change of the active span: Y takes it, N goes into the line that
 * says why it is not taken. Where nothing is proposed, both keys do what they do otherwise.
 */

/**
 * @param {object} parts
 * @param {import("./keys.js").Keys} parts.keys
 * @param {import("./walk.js").Walk} parts.walk
 */
export function start({ keys, walk }) {
  const group = "Second reading";
  const answer = () => walk.card()?.querySelector(":scope > .span-answer") ?? null;

  keys.register({
    key: "y",
    description: "Take the change that a second reader proposes for the active span",
    group,
    when: () => answer() !== null,
    run: () => /** @type {HTMLElement | null} */ (answer()?.querySelector("form[action$='/take'] button"))?.click(),
  });
  keys.register({
    key: "n",
    description: "Keep the span as it is: into the line that says why, then Ctrl+Enter",
    group,
    when: () => answer()?.querySelector(".answer-keep:not([open])") != null,
    run() {
      const fold = /** @type {HTMLDetailsElement | null} */ (answer()?.querySelector(".answer-keep"));
      if (!fold) return;
      fold.open = true;
      fold.querySelector("input:not([type=hidden])")?.focus();
    },
  });
}
