/** A recording while it is made: samples and marks come in until it is stopped, or until the stream breaks. */

import { empty, type Header, type Recording } from "./recording.ts";
import { MAX_GAP_S, type Row } from "./samples.ts";

export class Session {
  readonly recording: Recording;
  activity: string; // now
  #zero: number | undefined; // s, the sensor's time of the first sample

  constructor(header: Header, activity: string) {
    this.recording = empty({ ...header });
    this.activity = activity;
  }

  /** Take a sample at `t` (s); false when it comes after a gap, with which a recording ends. */
  add(t: number, row: Row): boolean {
    this.#zero ??= t;
    const { times, rows, labels } = this.recording;
    const at = t - this.#zero;
    const last = times.at(-1);
    if (last !== undefined && at <= last) return true; // two events at once: the first one counts
    if (last !== undefined && at - last > MAX_GAP_S) return false;
    times.push(at);
    rows.push(row);
    labels.push(this.activity);
    return true;
  }
}
