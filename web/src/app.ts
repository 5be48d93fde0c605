/** The page: one stream at a time, from the sensor or from a recording, to the recogniser and to what shows it. */

import { byId, reason } from "./dom.ts";
import { Library } from "./library.ts";
import { Listener } from "./listener.ts";
import { fetchModel, type ModelDocument } from "./model.ts";
import { Recogniser } from "./recogniser.ts";
import { stretches } from "./recording.ts";
import type { Row } from "./samples.ts";
import { mayStartUnasked, Sensor, type SensorState } from "./sensor.ts";
import { Facts } from "./views/facts.ts";
import { Hero } from "./views/hero.ts";
import { Recorder } from "./views/recorder.ts";
import { Replayer } from "./views/replayer.ts";
import { Review } from "./views/review.ts";
import { Signals } from "./views/signals.ts";
import { Timeline } from "./views/timeline.ts";

/** What each state of the sensor means to the person: a heading, a sentence, and the word in the corner. */
const STATES: Record<Exclude<SensorState, "on">, [string, string, string]> = {
  off: ["Ready", "Wear it at the waist, its right edge up. What it feels stays on it.", "Off"],
  waiting: ["One moment", "Waiting for the sensor.", "Waiting"],
  absent: ["No motion sensor here", "This device reports no motion. Open this page on a phone, or play the sample.", "No sensor"],
  denied: ["No access to motion", "The browser was told not to share motion. Allow it in the settings of this site.", "No access"],
  insecure: ["Not over a safe connection", "Browsers share motion over HTTPS alone. Open the https address.", "No access"],
};

export class App {
  readonly #hero = new Hero();
  readonly #signals = new Signals("acceleration", "rotation");
  readonly #timeline = new Timeline();
  readonly #facts = new Facts();
  readonly #source = byId("source");
  readonly #sensor: Sensor;
  readonly #replayer: Replayer;
  readonly #recorder: Recorder;
  #listener: Listener | undefined;
  #model: ModelDocument | undefined;
  #replaying = false;
  #replayed = false; // what a replay has shown stays until somebody asks for the sensor, even if there turns out to be none
  #sensing: SensorState = "off";
  #settled: (() => void) | undefined; // called when the sensor speaks or is known not to
  #asking: Promise<string> | undefined; // the answer to whether the sensor speaks, while it is awaited
  readonly #library = new Library();

  constructor() {
    this.#sensor = new Sensor({
      sample: (t, row) => this.#sensed(t, row),
      state: (state) => this.#sensorIs(state),
      interrupted: (why) => this.#interrupted(why),
    });
    this.#replayer = new Replayer({
      begin: (recording, name) => this.#beginReplay(stretches(recording), name),
      push: (t, row) => this.#hear(t, row),
      end: () => this.#endReplay(),
    });
    const review = new Review({
      save: async (recording) => {
        await this.#library.save(recording);
        this.#recorder.reopen();
      },
      discard: async () => {
        await this.#library.dropDraft();
        this.#recorder.reopen();
      },
    });
    this.#recorder = new Recorder({
      listen: () => this.#listen(),
      draft: (recording, csv) => this.#library.keepDraft(recording, csv),
      finish: (recording, note) => review.open(recording, note),
    });
    for (const id of ["start", "again"]) byId(id).addEventListener("click", () => void this.#listen());
    byId("play").addEventListener("click", () => byId("replay-sample").click());
    byId("reload").addEventListener("click", () => location.reload());
  }

  /** Load what is needed, and listen at once where the browser asks no question. */
  async start(runtime: string): Promise<void> {
    this.#library.open();
    try {
      const { document, file } = await fetchModel();
      const recogniser = await Recogniser.load(runtime, file, document.window);
      this.#know(document, recogniser);
    } catch (error) {
      this.#hero.show("failed", "The recogniser did not start", reason(error));
      this.#recorder.fail("Recording needs the recogniser, which did not start: load the page again.");
    }
    if (this.#listener && (await mayStartUnasked()) && !this.#replaying) await this.#sensor.start();
  }

  /** The server's token has come. */
  unlocked(): void {
    this.#library.retry();
  }

  #know(model: ModelDocument, recogniser: Recogniser): void {
    this.#model = model;
    this.#hero.know(model.activities);
    this.#recorder.know(model);
    this.#facts.know(model);
    this.#listener = new Listener(model, (window) => recogniser.probabilities(window), {
      sample: (t, row) => this.#sampled(t, row),
      answer: (answer) => {
        this.#hero.hear(answer);
        this.#timeline.add(answer.t, model.hop / model.rate_hz, answer.unsure ? "" : model.activities[answer.best]!);
        this.#facts.inference(answer.ms);
      },
      failed: (error) => this.#hero.show("failed", "The recogniser failed", reason(error)),
      restart: () => this.#restarted(),
    });
    this.#sensorIs("off");
  }

  /** Make sure that the sensor speaks; a sentence when it does not. */
  #listen(): Promise<string> {
    return (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)));
  }

  async #ask(): Promise<string> {
    this.#replayer.stop();
    this.#replayed = false;
    if (this.#sensing === "on") return "";
    const known = new Promise<void>((resolve) => (this.#settled = resolve));
    await this.#sensor.start();
    await known;
    const state = this.#sensing as SensorState; // it has changed meanwhile
    return state === "on" ? "" : STATES[state][1];
  }

  #sensorIs(state: SensorState): void {
    this.#sensing = state;
    if (state !== "waiting" && state !== "off") this.#settled?.();
    if (this.#replaying || !this.#listener || (this.#replayed && state !== "on")) return;
    this.#source.dataset["state"] = state;
    if (state === "on") {
      this.#source.textContent = "Listening";
      return this.#restarted();
    }
    const [name, detail, word] = STATES[state];
    this.#source.textContent = word;
    this.#hero.show(state === "off" ? "ready" : state === "waiting" ? "waiting" : "silent", name, detail);
  }

  #sensed(t: number, row: Row): void {
    this.#recorder.sample(t, row);
    if (!this.#replaying) this.#hear(t, row);
  }

  #hear(t: number, row: Row): void {
    this.#facts.sample(t);
    this.#listener?.push(t, row);
  }

  #sampled(t: number, row: Row): void {
    this.#signals.add(t, row);
    const { window, rate_hz } = this.#model!;
    const filled = this.#listener!.filled;
    if (filled >= 1) return;
    const left = ((1 - filled) * window) / rate_hz;
    this.#hero.show("filling", "Listening", `First answer in ${left.toFixed(1)} s`, filled);
  }

  #interrupted(why: string): void {
    this.#recorder.interrupted(why);
    if (!this.#replaying) this.#listener?.restart();
  }

  #restarted(): void {
    this.#signals.clear();
    this.#facts.clear();
    this.#timeline.split();
    if (this.#listener) this.#hero.show("filling", "Listening", "Waiting for the first samples.");
  }

  #beginReplay(stated: ReturnType<typeof stretches>, name: string): void {
    this.#replaying = this.#replayed = true;
    this.#timeline.clear(stated);
    this.#listener?.restart();
    this.#source.dataset["state"] = "replay";
    this.#source.textContent = `Replaying ${name}`;
  }

  #endReplay(): void {
    this.#replaying = false;
    this.#source.textContent = "Replayed";
    this.#source.dataset["state"] = "off";
    if (this.#sensing !== "on") return;
    this.#timeline.clear();
    this.#listener?.restart();
    this.#sensorIs("on");
  }
}
