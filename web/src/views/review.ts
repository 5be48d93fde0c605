/** Looking at a recording, trimming it, and deciding whether to keep it. */

import { spoken } from "../activities.ts";
import { byId, clock, framed, reason, say } from "../dom.ts";
import { extent, surface, traces } from "../plot.ts";
import { type Recording, seconds, stretches, trim } from "../recording.ts";

const SHORTEST_S = 2.6;
const LEAST = 12; // m/s^2, half of the scale

export interface Verdict {
  save(recording: Recording): Promise<void>;
  discard(): Promise<void>;
}

export class Review {
  readonly #card = byId("review");
  readonly #from = byId<HTMLInputElement>("trim-from");
  readonly #to = byId<HTMLInputElement>("trim-to");
  readonly #redraw = framed(() => this.#draw());
  #recording: Recording | undefined;

  constructor(verdict: Verdict) {
    this.#from.addEventListener("input", () => this.#trimmed(this.#from));
    this.#to.addEventListener("input", () => this.#trimmed(this.#to));
    byId("review-save").addEventListener("click", () => void this.#save(verdict));
    byId("review-discard").addEventListener("click", () => void verdict.discard().then(() => this.#close()));
    addEventListener("resize", this.#redraw);
  }

  /** Show a recording; note: why it ended, where the person did not end it. */
  open(recording: Recording, note: string): void {
    this.#recording = recording;
    const end = seconds(recording).toFixed(1);
    for (const input of [this.#from, this.#to]) input.max = end;
    this.#from.value = "0";
    this.#to.value = end;
    say(byId("review-note"), note);
    say(byId("review-problem"), "");
    this.#card.hidden = false;
    byId("review-title").focus();
    this.#trimmed(this.#to);
  }

  #close(): void {
    this.#recording = undefined;
    this.#card.hidden = true;
  }

  async #save(verdict: Verdict): Promise<void> {
    try {
      await verdict.save(trim(this.#recording!, ...this.#range()));
      this.#close();
    } catch (error) {
      say(byId("review-problem"), `This could not be saved: ${reason(error)}`);
    }
  }

  /** The part (s) to keep; the slider at its end means the very end. */
  #range(): [number, number] {
    const end = this.#to.value === this.#to.max ? Infinity : Number(this.#to.value);
    return [Number(this.#from.value), end];
  }

  /** One slider moved: the other gives way, so that a window always remains. */
  #trimmed(moved: HTMLInputElement): void {
    const [from, to] = [Number(this.#from.value), Number(this.#to.value)];
    if (to - from < SHORTEST_S) {
      if (moved === this.#from) this.#from.value = String(Math.max(0, to - SHORTEST_S));
      else this.#to.value = String(from + SHORTEST_S);
    }
    byId("trim-from-value").textContent = `${Number(this.#from.value).toFixed(1)} s`;
    byId("trim-to-value").textContent = `${Number(this.#to.value).toFixed(1)} s`;
    const kept = trim(this.#recording!, ...this.#range());
    const parts = stretches(kept).map(({ activity, from: a, to: b }) => `${spoken(activity)} ${clock(b - a)}`);
    byId("review-summary").textContent = [`${clock(seconds(kept))} kept`, ...parts].join(" · ");
    this.#redraw();
  }

  #draw(): void {
    const on = surface(byId<HTMLCanvasElement>("review-plot"));
    if (!on || !this.#recording) return;
    const [end, recording] = [seconds(this.#recording) || 1, this.#recording];
    const x = (t: number) => (t / end) * on.width;
    for (const { activity, from, to } of stretches(recording)) {
      on.context.fillStyle = on.colour(`activity-${activity}`) || on.colour("unsure");
      on.context.fillRect(x(from), on.height - 6, x(to) - x(from), 6);
    }
    traces(on, recording, 0, 0, end, 1.1 * extent(recording.rows, 0, LEAST));
    on.context.fillStyle = on.colour("veil");
    on.context.fillRect(0, 0, x(Number(this.#from.value)), on.height);
    on.context.fillRect(x(Number(this.#to.value)), 0, on.width, on.height);
  }
}
