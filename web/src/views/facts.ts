/** A few figures for the curious: how long an inference takes, how often the sensor speaks, which model runs. */

import { byId } from "../dom.ts";
import type { ModelDocument } from "../model.ts";

const REMEMBERED = 50;

export class Facts {
  readonly #times: number[] = []; // s, of the last samples as they came
  readonly #inferences: number[] = []; // ms

  know(model: ModelDocument): void {
    byId("fact-hop").textContent = `every ${(model.hop / model.rate_hz).toFixed(2)} s`;
    byId("fact-model").textContent = `v${model.version.replace(/^v/, "")}, ${Math.round(model.bytes / 1000)} kB`;
  }

  sample(t: number): void {
    this.#times.push(t);
    if (this.#times.length > REMEMBERED) this.#times.shift();
  }

  inference(ms: number): void {
    this.#inferences.push(ms);
    if (this.#inferences.length > REMEMBERED) this.#inferences.shift();
    const middle = [...this.#inferences].sort((a, b) => a - b)[this.#inferences.length >> 1]!;
    byId("fact-inference").textContent = `${middle.toFixed(middle < 10 ? 1 : 0)} ms`;
    const span = this.#times.at(-1)! - this.#times[0]!;
    byId("fact-rate").textContent = span > 0 ? `${Math.round((this.#times.length - 1) / span)} Hz` : "–";
  }

  clear(): void {
    this.#times.length = 0;
    byId("fact-rate").textContent = "–";
  }
}
