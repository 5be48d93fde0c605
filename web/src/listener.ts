/** Samples in, activities out: resampling, windows, recognition, smoothing. A gap starts all of it again. */

import { WindowBuffer } from "./buffer.ts";
import type { ModelDocument } from "./model.ts";
import { StreamResampler } from "./resample.ts";
import { MAX_GAP_S, type Row } from "./samples.ts";
import { smoother, type Smoother } from "./smoother.ts";

/** What one window says, and what is believed after it. */
export interface Answer {
  t: number; // s, the window's end
  probabilities: Float32Array; // [a]
  belief: Float64Array; // [a]
  best: number; // index of the activity that is believed most
  unsure: boolean; // the belief in it is below the threshold
  ms: number; // of the inference
}

/**
 * Who wants to know: `sample` of every sample on the grid, `answer` of every window, `failed` of one that could not be
 * recognised, `restart` of every gap.
 */
export interface Audience {
  sample?(t: number, row: Row): void;
  answer?(answer: Answer): void;
  failed(error: unknown): void;
  restart?(): void;
}

export type Recognise = (window: Float32Array) => Promise<Float32Array>;

export class Listener {
  readonly #model: ModelDocument;
  readonly #recognise: Recognise;
  readonly #audience: Audience;
  readonly #smooth: Smoother;
  #resampler!: StreamResampler;
  #buffer!: WindowBuffer;
  #belief: Float64Array | undefined;
  #last: number | undefined; // s, time of the last sample that came
  #origin = 0; // s, time of the first sample since the last restart
  #count = 0; // samples on the grid since then
  #era = 0; // answers from before a restart are not given
  #work: Promise<void> = Promise.resolve();

  constructor(model: ModelDocument, recognise: Recognise, audience: Audience) {
    this.#model = model;
    this.#recognise = recognise;
    this.#audience = audience;
    this.#smooth = smoother(model.smoother);
    this.#begin();
  }

  /** Share of the first window that has come in, 0 to 1. */
  get filled(): number {
    return this.#buffer.filled;
  }

  /** A sample `[6]` as it came, at `t` (s). One that is not later than the last is left out. */
  push(t: number, row: Row): void {
    if (this.#last !== undefined && t <= this.#last) return;
    if (this.#last !== undefined && t - this.#last > MAX_GAP_S) this.restart();
    if (this.#last === undefined) this.#origin = t;
    this.#last = t;
    for (const sample of this.#resampler.push(t, row)) {
      const at = this.#origin + this.#count++ / this.#model.rate_hz;
      this.#audience.sample?.(at, sample);
      const window = this.#buffer.push(sample);
      if (window) this.#enqueue(at, window);
    }
  }

  /** Forget what has come so far. */
  restart(): void {
    this.#begin();
    this.#audience.restart?.();
  }

  /** Resolves when every window so far has its answer or has failed. */
  idle(): Promise<void> {
    return this.#work;
  }

  #begin(): void {
    this.#resampler = new StreamResampler(this.#model.rate_hz);
    this.#buffer = new WindowBuffer(this.#model.window, this.#model.hop);
    this.#belief = undefined;
    this.#last = undefined;
    this.#count = 0;
    this.#era++;
  }

  #enqueue(t: number, window: Float32Array): void {
    const era = this.#era;
    const answer = async () => {
      const start = performance.now();
      const probabilities = await this.#recognise(window);
      const ms = performance.now() - start;
      if (era === this.#era) this.#conclude(t, probabilities, ms);
    };
    this.#work = this.#work.then(answer).catch((error: unknown) => this.#audience.failed(error)); // the next may fare better
  }

  #conclude(t: number, probabilities: Float32Array, ms: number): void {
    const belief = (this.#belief = this.#smooth(this.#belief, probabilities));
    const best = belief.indexOf(Math.max(...belief));
    this.#audience.answer?.({ t, probabilities, belief, best, unsure: belief[best]! < this.#model.unsure_below, ms });
  }
}
