import assert from "node:assert/strict";
import { test } from "node:test";

import {
  clauses,
  inside,
  matching,
  quotations,
  quotationAround,
  rawSentences,
  sentences,
  speakers,
  textOf,
  words,
} from "../../annotations/static/annotations/js/segments.js";

const read = (text, parts) => parts.map((part) => textOf(text, part));

test("a sentence has no blanks at its ends and no final full stop", () => {
  const text = "  The tide rose. Did it 🌊? “It did!” Cafe\u0301s closed…";
  assert.deepEqual(read(text, sentences(text)), [
    "The tide rose",
    "Did it 🌊?",
    "“It did!”",
    "Cafe\u0301s closed…",
  ]);
});

test("a title, an initial and dotted capitals do not end a sentence", () => {
  const text = "Dr. Ines Hart met John F. Keller in the U.S. Senate. They talked.";
  assert.deepEqual(read(text, sentences(text)), [
    "Dr. Ines Hart met John F. Keller in the U.S. Senate",
    "They talked",
  ]);
});

test("right-to-left sentences are cut in logical order", () => {
  const text = "ארבעה ספרים. שלושה עטים.";
  assert.deepEqual(read(text, sentences(text, "he")), ["ארבעה ספרים", "שלושה עטים"]);
});

test("clauses end at commas, semicolons, colons, dashes and quotation marks", () => {
  const text = "In June, the mill closed; nobody paid: “not a cent” — a scandal - some say";
  assert.deepEqual(read(text, clauses(text)), [
    "In June",
    "the mill closed",
    "nobody paid",
    "not a cent",
    "a scandal",
    "some say",
  ]);
});

test("clauses begin after that, and, as", () => {
  const text = "She said that the mill paid and left as the rain began";
  assert.deepEqual(read(text, clauses(text)), ["She said", "the mill paid", "left", "the rain began"]);
});

test("numbers, times, ranges, hyphens and apostrophes are not cut", () => {
  const text = "It cost 1,250 pounds at 10:30 in 2001–2003 for a well-known man’s mill";
  assert.deepEqual(read(text, clauses(text)), [text]);
});

test("a text of one sentence with very many clauses is cut in a time that grows with it", () => {
  const text = "The river rose; ".repeat(30_000);
  const begun = performance.now();
  assert.equal(clauses(text).length, 30_000);
  // All words looked through at each cut, or the whole text given to the segmenter, took minutes.
  assert.ok(performance.now() - begun < 5_000);
});

test("words of a long text are those of its parts, wherever it is cut for the segmenter", () => {
  const unit = "Inés cafe\u0301 שלום  👩\u200d👧 3.5 don’t, ";
  const one = words(unit);
  const size = [...unit].length;
  const many = Array.from({ length: 300 }, (_, i) => one.map(([from, to]) => [i * size + from, i * size + to]));
  assert.deepEqual(words(unit.repeat(300)), many.flat());
});

test("clauses of another language use its words", () => {
  const text = "Er sagt, dass die Mühle zahlt und schweigt";
  assert.deepEqual(read(text, clauses(text, "de-AT")), ["Er sagt", "die Mühle zahlt", "schweigt"]);
});

test("a text of punctuation has no clause and an empty one nothing", () => {
  assert.deepEqual(clauses("— , ;"), []);
  assert.deepEqual(sentences(""), []);
  assert.deepEqual(words(" 🌊 "), []);
});

test("the innermost quotation around a place is taken with its marks", () => {
  const text = "He said “they’re ‘done’ here” and left «ici» 🌊 \"too\".";
  const at = (needle) => [...text.slice(0, text.indexOf(needle))].length;
  assert.equal(textOf(text, quotationAround(text, at("done"))), "‘done’");
  assert.equal(textOf(text, quotationAround(text, at("here"))), "“they’re ‘done’ here”");
  assert.equal(textOf(text, inside(quotationAround(text, at("ici")))), "ici");
  assert.equal(textOf(text, quotationAround(text, at("too"))), '"too"');
});

test("without a quotation around it, the first one that a stretch touches is taken", () => {
  const text = "He said “yes” to “all”";
  assert.equal(textOf(text, quotationAround(text, 0, 22)), "“yes”");
  assert.equal(quotationAround("Nothing quoted", 3), null);
});

const known = [
  { uuid: "1", name: "Inés Hart", aliases: ["I. Hart"] },
  { uuid: "2", name: "Water Board", aliases: [] },
];

test("a speaker is proposed from the verb of saying or from according to", () => {
  assert.deepEqual(speakers("The mill paid, Hart said on Monday", known)[0], {
    uuid: "1",
    name: "Inés Hart",
  });
  assert.deepEqual(speakers("According to the Water Board, all is well", known)[0], {
    uuid: "2",
    name: "Water Board",
  });
  assert.deepEqual(speakers("The clerk, Otto Brandt, said no", known)[0], {
    uuid: null,
    name: "Otto Brandt",
  });
  assert.deepEqual(speakers("“Never,” said John of Gaunt", known)[0], {
    uuid: null,
    name: "John of Gaunt",
  });
});

test("a pronoun is no speaker, and a known name anywhere is a last resort", () => {
  assert.deepEqual(speakers("He said the Water Board paid", known), [
    { uuid: "2", name: "Water Board" },
  ]);
  assert.deepEqual(speakers("It rained", known), []);
});

test("a name that two speakers share is left to the person", () => {
  const two = [...known, { uuid: "3", name: "Otto Hart" }];
  assert.equal(speakers("Hart said no", two)[0].uuid, null);
});

test("a few letters find a speaker by the start of any word, without accents or case", () => {
  assert.deepEqual(matching(known, "INES").map((one) => one.uuid), ["1"]);
  assert.deepEqual(matching(known, "boa").map((one) => one.uuid), ["2"]);
  assert.equal(matching(known, "zz").length, 0);
});

test("a text cut a stretch at a time is cut where the whole of it would be", () => {
  const pieces = ["The river rose. ", "It fell ", "e.g. in Mr. ", "שלום! ", "cafe\u0301 🌊 ", "“No?” ", "etc. (", ") and ", "\n", "。水です。", "3.5 m"];
  let seed = 7;
  const next = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let round = 0; round < 20; round += 1) {
    // Now and then a sentence longer than a stretch.
    const text = Array.from({ length: 1200 }, () => pieces[round % 5 ? next(pieces.length) : 1 + (next(2) * 3)]).join("");
    const whole = [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)];
    assert.deepEqual([...rawSentences(text, "en")], whole.map(({ segment }) => segment));
  }
});

test("a paragraph of a megabyte has all its sentences", () => {
  assert.equal(sentences("The river rose again. ".repeat(50_000)).length, 50_000);
});

test("no line takes more than a time that grows with its length", () => {
  const took = (work) => {
    const began = performance.now();
    work();
    return performance.now() - began;
  };
  const read = { speakers: (text) => speakers(text, []), quotations, sentences, clauses, words };
  const pumps = ["A ", "A. ", "Mr. ", "A of the ", "said ", "“", "‘ ", '"', "A-", "A, b ", "字", "\xa0", "\n", "🌊"];
  for (const [name, work] of Object.entries(read)) {
    for (const pump of pumps) {
      const [short, long] = [5_000, 40_000].map((size) => {
        const text = pump.repeat(size / pump.length);
        return Math.min(took(() => work(text)), took(() => work(text)), took(() => work(text)));
      });
      // Eight times as long: eight times the time where it is linear, sixty-four where it is not.
      assert.ok(long < 24 * Math.max(short, 2), `${name} of ${JSON.stringify(pump)}: ${short}, ${long} ms`);
    }
  }
});
