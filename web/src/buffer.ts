/** Windows out of a stream of samples: the last `window` of them, every `hop`. */

import { CHANNELS, type Row } from "./samples.ts";

export class WindowBuffer {
  readonly window: number;
  readonly #hop: number;
  readonly #rows: Row[] = [];
  #due: number; // samples until the next window

  constructor(window: number, hop: number) {
    this.window = window;
    this.#hop = hop;
    this.#due = window;
  }

  /** Share of the first window that has come in, 0 to 1. */
  get filled(): number {
    return this.#rows.length / this.window;
  }

  /** A window `[window * 6]`, row by row, when `row` completes one. */
  push(row: Row): Float32Array | undefined {
    this.#rows.push(row);
    if (this.#rows.length > this.window) this.#rows.shift();
    if (--this.#due > 0) return undefined;
    this.#due = this.#hop;
    const flat = new Float32Array(this.window * CHANNELS.length);
    this.#rows.forEach((past, i) => flat.set(past, i * CHANNELS.length));
    return flat;
  }
}
