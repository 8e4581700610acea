/**
 * The parts of a block's text that a reviewer thinks in: sentences, clauses, words, quotations,
 * and who is said to speak. Pure functions of a text.
 *
 * Parts are `[start, end]` in code points of the text given. They carry no blanks at their ends,
 * and a sentence does not carry its final full stop: a span is the smallest complete proposition.
 */

import { isBlank, length, slice } from "./offsets.js";

/** @typedef {[number, number]} Part */

/**
 * Words at which a clause begins, by language; the word itself belongs to neither side.
 * @type {Record<string, Set<string>>}
 */
const CONNECTORS = {
  en: new Set(["that", "and", "as"]),
  de: new Set(["dass", "und", "als"]),
  fr: new Set(["que", "et", "comme"]),
  es: new Set(["que", "y", "como"]),
};

// Where a full stop seldom ends a sentence; without them "Mr. Khan said" would be two.
const ABBREVIATION =
  /(?:^|[\s(“"'‘])(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Maj|Capt|Lt|Sgt|Sen|Rep|Gov|Pres|St|Mt|No|Art|vs|cf|al|ca|approx|Jan|Feb|Aug|Sept?|Oct|Nov|Dec|\p{Lu}|(?:\p{L}\.)+\p{L})\.\s*$/u;
const OPENING = "“„«‹";
const CLOSING = "”»›";
const PUNCTUATION = /^[,;:،؛、，；：()[\]{}]$/u;
const DASH = /^[–—―]$/u;
const EDGE = /^[\s,;:،؛、，；：()[\]{}–—―\-."“”„«»‹›]$/u;

const PIECE = 2_000;
const BEFORE_WORD = /\s(?=[\p{L}\p{N}])/u;
const SIGN = /[\s\p{P}]/u;
/** The most quotations that stand open in one another. */
const DEEPEST = 40;

/** @type {Map<string, Intl.Segmenter>} */
const segmenters = new Map();

/**
 * @param {"sentence" | "word"} granularity
 * @param {string} language
 */
function segmenter(granularity, language) {
  const name = `${granularity} ${language}`;
  if (!segmenters.has(name)) {
    let made;
    try {
      made = new Intl.Segmenter(language || undefined, { granularity });
    } catch {
      // A language tag from an article's metadata may be none.
      made = new Intl.Segmenter(undefined, { granularity });
    }
    segmenters.set(name, made);
  }
  return segmenters.get(name);
}

/**
 * @typedef {{text: string, start: number, end: number, word: boolean}} Token
 * @param {string} text
 * @param {string} language
 * @returns {Token[]}
 */
function tokens(text, language) {
  const found = [];
  let at = 0;
  for (const piece of pieces(text)) {
    for (const { segment, isWordLike } of segmenter("word", language).segment(piece)) {
      const end = at + length(segment);
      found.push({ text: segment, start: at, end, word: Boolean(isWordLike) });
      at = end;
    }
  }
  return found;
}

/**
 * `text` in pieces of some `PIECE` characters, cut where a word begins after a blank; where none
 * does, behind a blank or a sign; where there is neither, anywhere between two characters. The
 * browser walks a text in a time that grows with its square: minutes for a paragraph of a megabyte.
 * @param {string} text
 */
function* pieces(text) {
  let from = 0;
  while (text.length - from > PIECE) {
    const ahead = text.slice(from + PIECE, from + 2 * PIECE);
    const border = BEFORE_WORD.exec(ahead) ?? SIGN.exec(ahead);
    let end = from + PIECE + (border ? border.index + border[0].length : 0);
    // Not between the halves of a character.
    if (/[\uDC00-\uDFFF]/.test(text[end] ?? "")) end += 1;
    yield text.slice(from, end);
    from = end;
  }
  yield text.slice(from);
}

/**
 * @param {string[]} characters
 * @param {Part} part
 * @param {(character: string) => boolean} drop
 * @returns {Part}
 */
function strip(characters, [start, end], drop) {
  let from = start;
  let to = end;
  while (from < to && drop(characters[from])) from += 1;
  while (to > from && drop(characters[to - 1])) to -= 1;
  return [from, to];
}

/**
 * @param {string} text
 * @param {string} [language]
 * @returns {Part[]}
 */
export function words(text, language = "en") {
  return tokens(text, language)
    .filter((token) => token.word)
    .map(({ start, end }) => [start, end]);
}

/** UTF-16 units that are segmented at once, and those before its end at which nothing is decided. */
const WINDOW = 4096;
const LOOKAHEAD = 128;

/**
 * The pieces that `Intl.Segmenter` cuts a text into by sentence, a stretch at a time: of a whole
 * text of a megabyte it takes minutes, its time growing by the square.
 * @param {string} text
 * @param {string} language
 */
export function* rawSentences(text, language) {
  let at = 0;
  let size = WINDOW;
  while (at < text.length) {
    const last = at + size >= text.length;
    const from = at;
    for (const { segment } of segmenter("sentence", language).segment(text.slice(from, from + size))) {
      // What follows the stretch may still join the sentences at its end.
      if (!last && at + segment.length > from + size - LOOKAHEAD) break;
      yield segment;
      at += segment.length;
    }
    size = at > from ? WINDOW : size * 2;
  }
}

/**
 * @param {string} text
 * @param {string} [language]
 * @returns {Part[]}
 */
export function sentences(text, language = "en") {
  const characters = [...text];
  /** @type {Part[]} */
  const whole = [];
  let at = 0;
  let open = "";
  for (const segment of rawSentences(text, language)) {
    const end = at + length(segment);
    if (ABBREVIATION.test(open)) {
      whole[whole.length - 1][1] = end;
    } else {
      whole.push([at, end]);
      open = "";
    }
    // The end alone is looked at: a line of nothing but "Mr." would be read again for each.
    open = `${(open + segment).trimEnd().slice(-64)} `;
    at = end;
  }
  return whole
    .map((part) => withoutStop(characters, strip(characters, part, isBlank)))
    .filter(([start, end]) => start < end);
}

/**
 * @param {string[]} characters
 * @param {Part} part
 * @returns {Part}
 */
function withoutStop(characters, [start, end]) {
  const stop = characters[end - 1] === "." || characters[end - 1] === "。";
  // "…and so on..." keeps its dots: they say something.
  const single = stop && characters[end - 2] !== ".";
  return single && end - 1 > start ? [start, end - 1] : [start, end];
}

/**
 * The clauses of `text`: cut at commas, semicolons, colons, dashes, brackets, quotation marks and
 * before "that", "and" and "as". A comma inside a number cuts nothing.
 * @param {string} text
 * @param {string} [language]
 * @returns {Part[]}
 */
export function clauses(text, language = "en") {
  const connectors = CONNECTORS[language.slice(0, 2).toLowerCase()] ?? new Set();
  const characters = [...text];
  const list = tokens(text, language);
  const marks = new Set(quotations(text).flatMap(([start, end]) => [start, end - 1]));
  /** @type {Part[]} */
  const found = [];
  let from = 0;
  let worded = false;
  const cut = (end, next) => {
    if (worded) found.push(strip(characters, [from, end], (character) => EDGE.test(character)));
    from = next;
    worded = false;
  };
  for (const token of list) {
    if (marks.has(token.start)) cut(token.start, token.end);
    else if (token.word) {
      if (connectors.has(token.text.toLowerCase())) cut(token.start, token.end);
      else worded = true;
    } else if (cuts(characters, token)) cut(token.start, token.end);
  }
  cut(characters.length, characters.length);
  return found;
}

/**
 * @param {string[]} characters
 * @param {Token} token
 */
function cuts(characters, { text, start, end }) {
  if (OPENING.includes(text) || CLOSING.includes(text) || text === '"') return true;
  const before = characters[start - 1] ?? " ";
  const after = characters[end] ?? " ";
  if (PUNCTUATION.test(text)) {
    return !(/\p{Nd}/u.test(before) && /\p{Nd}/u.test(after));
  }
  if (DASH.test(text)) return text !== "–" || !(/\p{Nd}/u.test(before) && /\p{Nd}/u.test(after));
  return text === "-" && isBlank(before) && isBlank(after);
}

/**
 * The quotations of `text` with their marks: “…”, „…“, «…», "…" and ‘…’; the inner of two
 * nested ones comes first.
 * @param {string} text
 * @returns {Part[]}
 */
export function quotations(text) {
  const characters = [...text];
  const pairs = { "“": "”", "„": "“”", "«": "»", "‹": "›", "‘": "’", '"': '"', "»": "«" };
  const closers = "”“»›’\"«";
  /** @type {{mark: string, at: number}[]} */
  const open = [];
  /** @type {Part[]} */
  const found = [];
  characters.forEach((character, at) => {
    const letterBefore = /[\p{L}\p{N}]/u.test(characters[at - 1] ?? " ");
    const letterAfter = /[\p{L}\p{N}]/u.test(characters[at + 1] ?? " ");
    const opener = closers.includes(character)
      ? open.findLastIndex(({ mark }) => pairs[mark].includes(character))
      : -1;
    // An apostrophe inside a word closes nothing.
    if (opener >= 0 && !(character === "’" && letterBefore && letterAfter)) {
      found.push([open[opener].at, at + 1]);
      open.length = opener;
    } else if (character in pairs && !(character === "‘" && letterBefore)) {
      open.push({ mark: character, at });
      // What was opened so far back is closed nowhere; each mark would be held to all of it.
      if (open.length > DEEPEST) open.shift();
    }
  });
  return found;
}

/**
 * The innermost quotation around the stretch from `start` to `end`, marks included; failing that
 * the first one that touches it; null when there is none.
 * @param {string} text
 * @param {number} start
 * @param {number} [end]
 * @returns {Part | null}
 */
export function quotationAround(text, start, end = start) {
  const all = quotations(text);
  const around = all
    .filter((part) => part[0] <= start && part[1] >= end && part[0] < part[1])
    .sort((a, b) => a[1] - a[0] - (b[1] - b[0]));
  if (around.length > 0) return around[0];
  const touching = all.filter((part) => part[0] < end && part[1] > start);
  return touching.sort((a, b) => a[0] - b[0] || b[1] - a[1])[0] ?? null;
}

/**
 * The same quotation without its marks.
 * @param {Part} part
 * @returns {Part}
 */
export const inside = ([start, end]) => [start + 1, end - 1];

// ── who speaks ──────────────────────────────────────────────────────────────────────────────────

const SAYING =
  "said|says|say|told|tells|added|adds|argued|argues|claimed|claims|insisted|insists|stated|" +
  "states|wrote|writes|warned|warns|noted|notes|explained|explains|replied|announced|announces|" +
  "declared|declares|denied|denies|asked|asks|believes|believed|admitted|confirmed|reported|" +
  "recalled|recalls|promised|demanded|pledged";
// A name: capitalised words, with the small words that join them ("Bank of England", "al-Said").
// With a most for each part: a line of capitals alone is a name from each of them to its end.
const WORD = "\\p{Lu}[\\p{L}\\p{M}’'.\\-]{0,40}";
const JOINED = "(?:(?:of|the|for|bin|ibn|al|de|del|der|van|von)\\s{1,4}){0,3}";
const NAME = `(?:the\\s{1,4})?${WORD}(?:\\s{1,4}${JOINED}${WORD}){0,9}`;
const PATTERNS = [
  new RegExp(`\\b[Aa]ccording\\s+to\\s+(${NAME})`, "gu"),
  new RegExp(`\\b(?:${SAYING})\\s+(${NAME})`, "gu"),
  new RegExp(`(${NAME})(?:,[^,;.“”"]{1,80},|,)?\\s{1,4}(?:(?:has|had|have|also)\\s{1,4})?(?:${SAYING})\\b`, "gu"),
  new RegExp(`\\b[Ii]n\\s+the\\s+words\\s+of\\s+(${NAME})`, "gu"),
];
const PRONOUN = /^(?:He|She|They|It|We|I|You|Who|This|That|There|But|And|As|Then|When|In|On)$/u;

/**
 * @typedef {{uuid: string, name: string, aliases?: string[]}} Speaker
 * @typedef {{uuid: string | null, name: string}} Proposal  `uuid` null: nobody known by that name
 */

/**
 * Who may be speaking in `sentence`, likeliest first: names beside a verb of saying or after
 * "according to" (as the known speaker where there is one), then known speakers named anywhere.
 * @param {string} sentence
 * @param {Speaker[]} known
 * @returns {Proposal[]}
 */
export function speakers(sentence, known) {
  /** @type {Proposal[]} */
  const found = [];
  const add = (proposal) => {
    if (!found.some((one) => fold(one.name) === fold(proposal.name))) found.push(proposal);
  };
  for (const pattern of PATTERNS) {
    for (const match of sentence.matchAll(pattern)) {
      const name = match[1].replace(/[.’'\-]+$|[’']s$/u, "").replace(/\s+/gu, " ");
      if (PRONOUN.test(name)) continue;
      const speaker = knownAs(name, known);
      add(speaker ? { uuid: speaker.uuid, name: speaker.name } : { uuid: null, name });
    }
  }
  const folded = ` ${fold(sentence)} `;
  for (const speaker of known) {
    const names = [speaker.name, ...(speaker.aliases ?? [])].map(fold);
    const last = names[0].split(" ").at(-1);
    if (last.length > 3) names.push(last);
    if (names.some((name) => name && folded.includes(` ${name} `))) {
      add({ uuid: speaker.uuid, name: speaker.name });
    }
  }
  return found;
}

/**
 * @param {string} name
 * @param {Speaker[]} known
 */
function knownAs(name, known) {
  const wanted = fold(name);
  const called = (speaker) => [speaker.name, ...(speaker.aliases ?? [])].map(fold);
  return (
    known.find((speaker) => called(speaker).includes(wanted)) ??
    // "Khalilzad" is Zalmay Khalilzad as long as only one of them is known.
    only(known.filter((speaker) => called(speaker).some((one) => one.split(" ").at(-1) === wanted.split(" ").at(-1))))
  );
}

/** @param {Speaker[]} list */
const only = (list) => (list.length === 1 ? list[0] : undefined);

/**
 * For comparing names: no case, accents, punctuation or article.
 * @param {string} name
 */
export function fold(name) {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .replace(/^the /u, "");
}

/**
 * `choices` whose name has a word that begins with what was typed, best first.
 * @template {{name: string, aliases?: string[]}} T
 * @param {T[]} choices
 * @param {string} typed
 * @returns {T[]}
 */
export function matching(choices, typed) {
  const wanted = fold(typed);
  if (!wanted) return choices;
  const rank = (choice) =>
    Math.min(
      ...[choice.name, ...(choice.aliases ?? [])].map((name) => {
        const folded = fold(name);
        if (folded.startsWith(wanted)) return 0;
        if (folded.includes(` ${wanted}`)) return 1;
        return folded.includes(wanted) ? 2 : 3;
      }),
    );
  return choices
    .map((choice) => ({ choice, rank: rank(choice) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.choice.name.localeCompare(b.choice.name))
    .map((one) => one.choice);
}

/**
 * @param {string} text
 * @param {Part} part
 */
export const textOf = (text, [start, end]) => slice(text, start, end);
