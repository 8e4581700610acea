import assert from "node:assert/strict";
import { test } from "node:test";

import { sizeOf, tooLong } from "../../annotations/static/annotations/js/room.js";

test("characters are code points, and blanks at the ends are none", () => {
  assert.equal(sizeOf(" 🌊e\u0301 שלום\n"), 8);
});

test("what fits is told nothing; what does not is told by how much", () => {
  assert.equal(tooLong(20_000, 20_000), "");
  assert.equal(
    tooLong(20_001, 20_000),
    "This has 20,001 characters; 20,000 fit. Shorten it by 1: nothing is cut off.",
  );
});
