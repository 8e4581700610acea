import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

/** A stream that does what the test says. */
class Source {
  /** @type {Source[]} */
  static all = [];
  constructor(url) {
    this.url = decodeURIComponent(url);
    this.listeners = {};
    this.closed = false;
    Source.all.push(this);
  }
  addEventListener(name, listen) {
    this.listeners[name] = listen;
  }
  say(name, data) {
    this.listeners[name]({ data: JSON.stringify(data) });
  }
  close() {
    this.closed = true;
  }
}

/** A clock that stands until the test moves it; timers of older Nodes cannot be mocked. */
class Clock {
  constructor() {
    this.now = 1_000_000;
    this.timers = new Map();
    this.next = 1;
    this.real = { setTimeout, setInterval, clearTimeout, clearInterval, now: Date.now };
    const set = (every) => (act, wait = 0) => {
      this.timers.set(this.next, { act, at: this.now + wait, every: every ? wait : 0 });
      return this.next++;
    };
    Object.assign(globalThis, { setTimeout: set(false), setInterval: set(true) });
    Object.assign(globalThis, { clearTimeout: (id) => this.timers.delete(id), clearInterval: (id) => this.timers.delete(id) });
    Date.now = () => this.now;
  }
  tick(milliseconds) {
    const end = this.now + milliseconds;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [id, timer] = due;
      this.now = timer.at;
      if (timer.every) timer.at += timer.every;
      else this.timers.delete(id);
      timer.act();
    }
    this.now = end;
  }
  reset() {
    const { now, ...timers } = this.real;
    Object.assign(globalThis, timers);
    Date.now = now;
  }
}

globalThis.EventSource = Source;
const { openLine } = await import("../../annotations/static/annotations/js/line.js");

const ARTICLE = "desk/8d8ac610-566d-4ef0-9c22-186b2a5ed793";
let told;
let states;
let line;
let answer;
let clock;

beforeEach(() => {
  clock = new Clock();
  Source.all = [];
  told = [];
  states = [];
  answer = async () => {
    throw new Error("no server");
  };
  globalThis.fetch = (url) => answer(url);
  line = openLine({ told: (event, data) => told.push([event, data]), state: (state) => states.push(state) });
});
afterEach(() => clock.reset());

const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
const last = () => Source.all[Source.all.length - 1];

function follow(cursor = "1.2.0") {
  line.follow(new Map([[ARTICLE, cursor]]));
  clock.tick(50);
  return last();
}

test("a line asks from where its pages have read, and again from where it was told", () => {
  const source = follow();
  assert.match(source.url, /t=desk\/8d8ac610-.*@1\.2\.0$/);
  source.say("open");
  source.say("patch", { topic: ARTICLE, cursor: "1.5.0" });
  source.say("error");
  clock.tick(1000);

  assert.equal(Source.all.length, 2);
  assert.match(last().url, /@1\.5\.0$/);
  assert.deepEqual(states, ["live"]);
});

test("a page that has read less makes the line go back, one that has read more does not", () => {
  const source = follow("1.5.0");
  source.say("open");
  line.follow(new Map([[ARTICLE, "1.9.0"]]));
  clock.tick(50);
  assert.equal(Source.all.length, 1);

  line.follow(new Map([[ARTICLE, "1.3.0"]]));
  clock.tick(50);
  assert.equal(source.closed, true);
  assert.match(last().url, /@1\.3\.0$/);
});

test("a line that is silent for too long is opened again, as after a sleep", () => {
  const source = follow();
  source.say("open");
  clock.tick(10_000);
  source.say("beat");
  clock.tick(20_000);
  assert.equal(source.closed, false);

  clock.tick(10_000);
  assert.equal(source.closed, true);
  assert.equal(Source.all.length, 2);
});

test("where no stream is to be had it looks, and says so only where that fails too", async () => {
  answer = async () => ({ ok: true, status: 200, json: async () => ({ cursor: "1.4.0", blocks: {}, here: [] }) });
  follow().say("error");
  await settled();
  assert.deepEqual(states, ["looking"]);
  assert.deepEqual(told.map(([event]) => event), ["here", "patch"]);

  answer = async () => {
    throw new Error("no server");
  };
  clock.tick(3_000);
  await settled();
  assert.deepEqual(states, ["looking", "lost"]);

  last().say("open");
  assert.deepEqual(states, ["looking", "lost", "live"]);
});

test("who is logged out is told so", async () => {
  answer = async () => ({ ok: false, status: 401 });
  follow().say("error");
  await settled();
  assert.deepEqual(states, ["out"]);
});

test("what may not be followed any more is not asked for again", () => {
  const source = follow();
  source.say("open");
  source.say("gone", { topic: ARTICLE, again: false });
  source.say("error");
  clock.tick(60_000);

  assert.equal(Source.all.length, 1);
  assert.deepEqual(told, [["gone", { topic: ARTICLE, again: false }]]);
});

test("a stream that is followed by nobody is closed", () => {
  const source = follow();
  source.say("open");
  line.follow(new Map());
  clock.tick(50);
  assert.equal(source.closed, true);
  clock.tick(60_000);
  assert.equal(Source.all.length, 1);
});
