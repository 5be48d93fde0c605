/** Running the TFLite file in the browser, on the processor, with LiteRT's WebAssembly. */

import { type CompiledModel, loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";
import { CHANNELS } from "./samples.ts";

/** Invocations before the first real one: WebAssembly is compiled in earnest on its first runs. */
const WARM_UP = 3;

export class Recogniser {
  readonly #compiled: CompiledModel;
  readonly #window: number;

  private constructor(compiled: CompiledModel, window: number) {
    this.#compiled = compiled;
    this.#window = window;
  }

  /** runtime: address of the folder with LiteRT's WebAssembly; window: samples. */
  static async load(runtime: string, file: Uint8Array<ArrayBuffer>, window: number): Promise<Recogniser> {
    await loadLiteRt(runtime);
    const recogniser = new Recogniser(await loadAndCompile(file, { accelerator: "wasm" }), window);
    const nothing = new Float32Array(window * CHANNELS.length);
    for (let run = 0; run < WARM_UP; run++) await recogniser.probabilities(nothing);
    return recogniser;
  }

  /** Probabilities `[a]` of one window `[window * 6]`, row by row, in canonical units. */
  async probabilities(window: Float32Array): Promise<Float32Array> {
    const input = new Tensor(window, [1, this.#window, CHANNELS.length]);
    try {
      const outputs = await this.#compiled.run([input]);
      try {
        return Float32Array.from((await outputs[0]!.data()) as Float32Array);
      } finally {
        for (const output of outputs) output.delete();
      }
    } finally {
      input.delete();
    }
  }
}
