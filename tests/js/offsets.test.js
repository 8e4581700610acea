import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import {
  borders,
  fromUtf16,
  length,
  slice,
  tidy,
  toUtf16,
} from "../../annotations/static/annotations/js/offsets.js";

// Python is the oracle: it counts code points without being asked.
const CASES = JSON.parse(
  execFileSync("python3", ["-c", String.raw`
import json, random
rng = random.Random(20)
nasty = ["\U0001F469\u200d\U0001F467", "\U0001F44D\U0001F3FD", "\U0001F1E6\U0001F1F9", "\U0001F1E6",
         "1\ufe0f\u20e3", "e\u0301\u0323", "\u1112\u1161\u11ab", "\u0915\u094d\u0937",
         "\u0645\u064f\u062d", "\u05e9\u05c1", "\u2067", "\u2069", "\u00a0", "\u00ad", "\u200b",
         "\u200c", "<", "&amp;", "</p>", "\t", "\n", "\ufffe", "\U0010FFFF", " ", "a", "Z", "."]
cases = []
for _ in range(300):
    text = "".join(rng.choice(nasty) for _ in range(rng.randrange(12)))
    cases.append({"text": text, "length": len(text),
                  "units": [len(text[:n].encode("utf-16-le")) // 2 for n in range(len(text) + 1)],
                  "slice": [(a := rng.randrange(len(text) + 1)),
                            (b := rng.randrange(a, len(text) + 1)), text[a:b]]})
print(json.dumps(cases))
`], { encoding: "utf8" }),
);

test("code points and UTF-16 units agree with Python in both directions", () => {
  for (const { text, length: points, units, slice: [from, to, part] } of CASES) {
    assert.equal(length(text), points);
    units.forEach((unit, point) => {
      assert.equal(toUtf16(text, point), unit);
      assert.equal(fromUtf16(text, unit), point);
    });
    assert.equal(slice(text, from, to), part);
  }
});

test("an offset inside a surrogate pair or outside the text is refused", () => {
  assert.throws(() => fromUtf16("a🌊b", 2), /inside a surrogate pair/);
  assert.throws(() => fromUtf16("a🌊b", 5), /outside a text of 4/);
  assert.throws(() => toUtf16("a🌊b", 4), /outside a text of 3/);
  assert.throws(() => toUtf16("a🌊b", -1), /before the text/);
});

test("borders never cut a family, a flag, an accent or a syllable", () => {
  assert.deepEqual(borders("👩‍👧x"), [0, 3, 4]);
  assert.deepEqual(borders("🇦🇹🇦"), [0, 2, 3]);
  assert.deepEqual(borders("e\u0301t"), [0, 2, 3]);
  assert.deepEqual(borders("\u1112\u1161\u11abx"), [0, 3, 4]);
});

test("a stretch loses its blanks and grows to whole characters", () => {
  const text = "\u00a0 e\u0301t 👩‍👧 \n";
  assert.deepEqual(tidy(text, 0, length(text)), [2, 9]);
  assert.deepEqual(tidy(text, 3, 7), [2, 9]);
  assert.deepEqual(tidy(text, 0, 2), [0, 0]);
});

test("tidying twice changes nothing more", () => {
  for (const { text, length: points } of CASES) {
    for (let start = 0; start <= points; start += 1) {
      const [from, to] = tidy(text, start, points);
      if (from < to) assert.deepEqual(tidy(text, from, to), [from, to]);
    }
  }
});
