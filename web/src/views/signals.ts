/** The last seconds of the six channels, scrolling. */

import { byId, framed } from "../dom.ts";
import { extent, surface, traces } from "../plot.ts";
import type { Row } from "../samples.ts";

const SHOWN_S = 6;
const LEAST = { acceleration: 12, rotation: 2 }; // half of the scale, m/s^2 and rad/s
const HEADROOM = 1.1;

export class Signals {
  readonly times: number[] = [];
  readonly rows: Row[] = [];
  readonly #redraw = framed(() => this.#draw());
  readonly #parts: { canvas: HTMLCanvasElement; first: number; least: number }[];

  /** Canvases for acceleration and, where wanted, rotation. */
  constructor(acceleration: string, rotation?: string) {
    this.#parts = [{ canvas: byId<HTMLCanvasElement>(acceleration), first: 0, least: LEAST.acceleration }];
    if (rotation) this.#parts.push({ canvas: byId<HTMLCanvasElement>(rotation), first: 3, least: LEAST.rotation });
    addEventListener("resize", this.#redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#redraw);
    this.#redraw();
  }

  add(t: number, row: Row): void {
    this.times.push(t);
    this.rows.push(row);
    while (this.times[0]! < t - SHOWN_S) {
      this.times.shift();
      this.rows.shift();
    }
    this.#redraw();
  }

  clear(): void {
    this.times.length = this.rows.length = 0;
    this.#redraw();
  }

  #draw(): void {
    const to = this.times.at(-1) ?? SHOWN_S;
    for (const { canvas, first, least } of this.#parts) {
      const span = HEADROOM * extent(this.rows, first, least);
      const on = surface(canvas);
      if (on) traces(on, this, first, to - SHOWN_S, to, span);
      const scale = canvas.parentElement!.querySelector(".scale");
      if (scale) scale.textContent = `±${span < 10 ? span.toFixed(1) : Math.round(span)}`;
    }
  }
}
