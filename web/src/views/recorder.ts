/** From the form over 3-2-1 to a recording that is handed to the review. */

import { byId, clock, say } from "../dom.ts";
import { recall, remember } from "../memory.ts";
import type { ModelDocument } from "../model.ts";
import type { Recording } from "../recording.ts";
import type { Row } from "../samples.ts";
import { Session } from "../session.ts";
import { choices } from "./choices.ts";
import { Signals } from "./signals.ts";

const COUNTDOWN = 3; // s
const SHORTEST_S = 2.56; // one window
const REMEMBERED = "har-who-where";

export interface Hands {
  /** Make sure that the sensor speaks; a sentence when it cannot. */
  listen(): Promise<string>;
  /** Every few seconds while recording, and at its end, in case the page does not live to see more; csv: its file. */
  draft(recording: Recording, csv: string): void;
  /** Recorded; note: why it ended, where the person did not end it. */
  finish(recording: Recording, note: string): void;
}

const DRAFT_EVERY_S = 5;

export class Recorder {
  readonly #form = byId<HTMLFormElement>("setup");
  readonly #running = byId("running");
  readonly #count = byId("count");
  readonly #elapsed = byId("elapsed");
  readonly #hands: Hands;
  #plot: Signals | undefined;
  #activity = "";
  #most = 0; // bytes of a recording's file
  #countdown: number | undefined;
  #session: Session | undefined;
  #drafted = 0; // s
  #awake: WakeLockSentinel | undefined;

  constructor(hands: Hands) {
    this.#hands = hands;
    const { subject, placement } = this.#fields();
    const [who = "", where = "waist"] = recall(REMEMBERED).split("\n");
    subject.value = who;
    placement.value = where;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#begin();
    });
    byId("record-stop").addEventListener("click", () => this.#stop(""));
  }

  /** The activities that the model knows are the ones to choose from. */
  know({ activities, max_upload_bytes }: ModelDocument): void {
    this.#most = max_upload_bytes;
    const pressFirst = choices("first-activity", activities, (activity) => (this.#activity = activity));
    this.#activity = activities[0]!;
    pressFirst(this.#activity);
    this.#pressMark = choices("mark-activity", activities, (activity) => {
      if (this.#session) this.#session.activity = activity;
    });
    this.#busy(false);
  }

  /** There will be no recording: say why. */
  fail(problem: string): void {
    this.#complain(problem);
  }

  /** Offer to record again. */
  reopen(): void {
    this.#show(this.#form);
  }

  /** A sample as it came from the sensor, at `t` (s). */
  sample(t: number, row: Row): void {
    if (!this.#session) return;
    const why = this.#session.add(t, row);
    if (why) return this.interrupted(why);
    const now = this.#session.recording.times.at(-1)!;
    this.#elapsed.textContent = clock(now);
    this.#plot?.add(now, row);
    if (now - this.#drafted < DRAFT_EVERY_S) return;
    this.#drafted = now;
    this.#hands.draft(this.#session.recording, this.#session.csv);
  }

  /** The recording cannot go on: what came so far is kept. why: the beginning of a sentence. */
  interrupted(why: string): void {
    if (this.#session) this.#stop(`${why}, so the recording ends there. What came before is kept.`);
    else if (this.#countdown) {
      this.#cancel();
      this.#complain(`${why}: start again.`);
    }
  }

  #pressMark: (activity: string) => void = () => {};

  async #begin(): Promise<void> {
    const { subject, placement } = this.#fields();
    remember(REMEMBERED, `${subject.value}\n${placement.value}`);
    this.#complain("");
    this.#busy(true);
    const problem = await this.#hands.listen();
    this.#busy(false);
    if (problem) return this.#complain(problem);
    this.#show(this.#running);
    byId("session").hidden = true;
    this.#tick(COUNTDOWN);
  }

  #tick(left: number): void {
    this.#count.hidden = false;
    this.#count.textContent = String(left);
    this.#countdown = setTimeout(() => (left > 1 ? this.#tick(left - 1) : this.#record()), 1000);
  }

  #record(): void {
    this.#countdown = undefined;
    say(this.#count, "");
    byId("session").hidden = false;
    navigator.vibrate?.(200);
    const { subject, placement } = this.#fields();
    const header = { subject: subject.value.trim(), placement: placement.value, device: navigator.userAgent };
    this.#session = new Session({ ...header, started: new Date().toISOString() }, this.#activity, this.#most);
    this.#plot = new Signals("recording-plot");
    this.#drafted = 0;
    this.#elapsed.textContent = clock(0);
    this.#pressMark(this.#activity);
    void this.#stayAwake();
  }

  #stop(note: string): void {
    if (this.#countdown) return this.#cancel();
    if (!this.#session) return;
    const { recording, csv } = this.#session;
    this.#cancel();
    if ((recording.times.at(-1) ?? 0) >= SHORTEST_S) {
      this.#form.hidden = true; // until the recording has been decided upon
      this.#hands.draft(recording, csv);
      return this.#hands.finish(recording, note);
    }
    this.#complain(`${note} That was too short: record for at least ${SHORTEST_S} s.`.trim());
  }

  #cancel(): void {
    clearTimeout(this.#countdown);
    this.#countdown = this.#session = undefined;
    void this.#awake?.release();
    this.reopen();
  }

  async #stayAwake(): Promise<void> {
    try {
      this.#awake = await navigator.wakeLock?.request("screen");
    } catch {
      // A low battery may forbid it; the screen then dims as it always does, which ends the recording with a note.
    }
  }

  #fields(): { subject: HTMLInputElement; placement: HTMLSelectElement } {
    return { subject: byId<HTMLInputElement>("subject"), placement: byId<HTMLSelectElement>("placement") };
  }

  #show(part: HTMLElement): void {
    this.#form.hidden = part !== this.#form;
    this.#running.hidden = part !== this.#running;
    byId(part === this.#form ? "setup-title" : "record-stop").focus(); // what had the focus is hidden
  }

  #busy(busy: boolean): void {
    byId<HTMLButtonElement>("record-start").disabled = busy;
  }

  #complain(problem: string): void {
    say(byId("setup-problem"), problem);
  }
}
