/** Plays a recording through the same path as a sensor, at its own pace or faster. */

import { type Recording, seconds } from "./recording.ts";
import type { Row } from "./samples.ts";

const TICK_MS = 50;

export class Replay {
  readonly recording: Recording;
  speed: number;
  #position = 0; // s from the first sample
  #next = 0;
  #before = 0; // ms
  #timer: number | undefined;
  readonly #push: (t: number, row: Row) => void;
  readonly #done: () => void;

  /** push: takes each sample in turn; done: called once, after the last. */
  constructor(recording: Recording, speed: number, push: (t: number, row: Row) => void, done: () => void) {
    this.recording = recording;
    this.speed = speed;
    this.#push = push;
    this.#done = done;
  }

  /** Share that has been played, 0 to 1. */
  get played(): number {
    return Math.min(this.#position / (seconds(this.recording) || 1), 1);
  }

  start(): void {
    this.#before = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { times, rows } = this.recording;
    const now = performance.now();
    this.#position += (this.speed * (now - this.#before)) / 1000;
    this.#before = now;
    while (this.#next < times.length && times[this.#next]! - times[0]! <= this.#position) {
      this.#push(times[this.#next]!, rows[this.#next]!);
      this.#next++;
    }
    if (this.#next < times.length) return;
    this.stop();
    this.#done();
  }
}
