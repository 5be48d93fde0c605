/** Choosing a recording to replay: the one that ships, a file, or one dropped on the page. */

import { fromCsv } from "../csv.ts";
import { byId, clock, reason, say } from "../dom.ts";
import { type Recording, seconds } from "../recording.ts";
import { Replay } from "../replay.ts";
import type { Row } from "../samples.ts";

const SAMPLE = "replay.csv";
const FAST = 16;

export interface Stage {
  /** A recording is about to play: make room. */
  begin(recording: Recording, name: string): void;
  push(t: number, row: Row): void;
  end(): void;
}

export class Replayer {
  readonly #about = byId("replay-about");
  readonly #progress = byId<HTMLProgressElement>("replay-progress");
  readonly #fast = byId<HTMLInputElement>("replay-fast");
  readonly #stopButton = byId<HTMLButtonElement>("replay-stop");
  readonly #stage: Stage;
  #current: Replay | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
    const file = byId<HTMLInputElement>("replay-file");
    byId("replay-sample").addEventListener("click", () => void this.#playSample());
    byId("replay-open").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files?.[0]) void this.#playFile(file.files[0]);
      file.value = ""; // so that the same file can be chosen again
    });
    this.#stopButton.addEventListener("click", () => this.stop());
    this.#fast.addEventListener("change", () => {
      if (this.#current) this.#current.speed = this.#speed;
    });
    this.#acceptDrops();
  }

  /** End what plays, if anything does. */
  stop(): void {
    if (!this.#current) return;
    this.#current.stop();
    this.#finish();
  }

  get #speed(): number {
    return this.#fast.checked ? FAST : 1;
  }

  async #playSample(): Promise<void> {
    try {
      const response = await fetch(SAMPLE);
      if (!response.ok) throw new Error(`The sample could not be loaded (${response.status}).`);
      this.#play(fromCsv(await response.text()), "the sample");
    } catch (error) {
      this.#complain(error);
    }
  }

  async #playFile(file: File): Promise<void> {
    try {
      this.#play(fromCsv(await file.text()), file.name);
    } catch (error) {
      this.#complain(error);
    }
  }

  #play(recording: Recording, name: string): void {
    this.stop();
    const source = recording.header["source"];
    say(this.#about, `${clock(Math.round(seconds(recording)))} of ${name}${source ? `: ${source}` : ""}`);
    this.#about.classList.remove("problem");
    this.#stage.begin(recording, name);
    const replay = new Replay(recording, this.#speed, (t, row) => this.#advance(t, row), () => this.#finish());
    this.#current = replay;
    this.#progress.hidden = this.#stopButton.hidden = false;
    this.#progress.value = 0;
    replay.start();
  }

  #advance(t: number, row: Row): void {
    this.#progress.value = this.#current?.played ?? 0;
    this.#stage.push(t, row);
  }

  #finish(): void {
    this.#current = undefined;
    if (document.activeElement === this.#stopButton) byId("replay-sample").focus(); // for who goes by keyboard
    this.#progress.hidden = this.#stopButton.hidden = true;
    this.#stage.end();
  }

  #complain(error: unknown): void {
    say(this.#about, `This cannot be replayed. ${reason(error)}`);
    this.#about.classList.add("problem");
  }

  #acceptDrops(): void {
    const veil = byId("drop");
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      veil.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) veil.hidden = true;
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      veil.hidden = true;
      const file = event.dataTransfer?.files[0];
      if (file) void this.#playFile(file);
    });
  }
}
