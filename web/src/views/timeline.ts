/** What was recognised over the last minutes: a ribbon, and the last stretches in words. */

import { colour, spoken } from "../activities.ts";
import { byId, clock, framed, h } from "../dom.ts";
import type { Stretch } from "../recording.ts";
import { type Surface, surface } from "../plot.ts";

const SHOWN_S = 180;
const LISTED = 4;
const WORTH_A_LINE_S = 1.5; // shorter ones are in the ribbon alone
const UNSURE = "";

export class Timeline {
  readonly #canvas = byId<HTMLCanvasElement>("ribbon");
  readonly #list = byId("stretches");
  readonly #redraw = framed(() => this.#draw());
  #recognised: Stretch[] = [];
  #stated: Stretch[] = []; // what the file that is replayed says
  #broken = true; // the next answer begins a new stretch

  constructor() {
    addEventListener("resize", this.#redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#redraw);
    this.#redraw();
  }

  /** An answer at `t` (s) for the `hop` seconds before it; an empty activity is unsure. */
  add(t: number, hop: number, activity: string): void {
    const current = this.#recognised.at(-1);
    if (!this.#broken && current?.activity === activity) current.to = t;
    else this.#recognised.push({ activity, from: t - hop, to: t });
    this.#broken = false;
    this.#recognised = this.#recognised.filter((stretch) => stretch.to > t - SHOWN_S);
    this.#redraw();
  }

  /** A gap: what follows is a stretch of its own. */
  split(): void {
    this.#broken = true;
  }

  /** Begin again, for a stream that `stated` labels. */
  clear(stated: Stretch[] = []): void {
    this.#recognised = [];
    this.#stated = stated;
    this.#broken = true;
    this.#redraw();
  }

  #draw(): void {
    const on = surface(this.#canvas);
    if (on) this.#ribbons(on);
    const long = this.#recognised.filter((stretch) => stretch.to - stretch.from >= WORTH_A_LINE_S);
    const last = long.slice(-LISTED).reverse();
    if (!last.length) return this.#list.replaceChildren(h("li", { className: "quiet", textContent: "Nothing yet." }));
    this.#list.replaceChildren(...last.map((stretch) => item(stretch)));
  }

  #ribbons(on: Surface): void {
    const now = Math.max(this.#recognised.at(-1)?.to ?? 0, 0);
    const start = this.#recognised[0]?.from ?? 0;
    const from = Math.max(now - SHOWN_S, Math.min(start, now - SHOWN_S / 3)); // a short story is not squeezed into a corner
    const to = Math.max(now, from + SHOWN_S / 3);
    const x = (t: number) => ((t - from) / (to - from)) * on.width;
    const two = this.#stated.length > 0;
    const bar = two ? 22 : 30;
    band(on, x, this.#recognised, 0, bar);
    if (two) band(on, x, this.#stated.filter(({ from: begin }) => begin < now).map((s) => ({ ...s, to: Math.min(s.to, now) })), bar + 4, 8);
    this.#ticks(on, x, from, to, two ? bar + 16 : bar + 4, two);
  }

  #ticks(on: Surface, x: (t: number) => number, from: number, to: number, y: number, two: boolean): void {
    const { context } = on;
    context.fillStyle = on.colour("muted");
    context.font = `12px ${getComputedStyle(this.#canvas).fontFamily}`;
    context.textBaseline = "top";
    context.textAlign = "left";
    context.fillText(this.#recognised.length ? `${clock(to - from)} ago` : "", x(from), y + 2);
    context.textAlign = "right";
    context.fillText(this.#recognised.length ? "now" : "", x(to), y + 2);
    context.textAlign = "center";
    if (two) context.fillText("above: recognised, below: labelled", on.width / 2, y + 2);
  }
}

function band(on: Surface, x: (t: number) => number, stretches: Stretch[], top: number, height: number): void {
  const { context } = on;
  context.fillStyle = on.colour("track");
  context.beginPath();
  context.roundRect(0, top, on.width, height, Math.min(8, height / 2));
  context.fill();
  context.save();
  context.clip();
  for (const { activity, from, to } of stretches) {
    context.fillStyle = (activity !== UNSURE && on.colour(`activity-${activity}`)) || on.colour("unsure");
    context.fillRect(x(from), top, Math.max(x(to) - x(from) - 0.5, 0.5), height);
  }
  context.restore();
}

function item({ activity, from, to }: Stretch): HTMLLIElement {
  const dot = h("span", { className: "swatch" });
  dot.style.setProperty("--hue", activity === UNSURE ? "var(--unsure)" : colour(activity));
  const name = h("span", { textContent: activity === UNSURE ? "Unsure" : spoken(activity) });
  return h("li", {}, dot, name, h("span", { className: "quiet", textContent: clock(to - from) }));
}
