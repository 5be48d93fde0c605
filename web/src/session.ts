/** A recording while it is made: samples and marks come in until it is stopped, breaks off, or is as long as may be. */

import { empty, head, type Header, line, type Recording } from "./recording.ts";
import { MAX_GAP_S, type Row } from "./samples.ts";

/** Share of the largest file that is filled: a trimmed recording's times may take a digit more. */
const FULL = 0.95;

export class Session {
  readonly recording: Recording;
  activity: string; // now
  csv: string; // the recording so far as a file
  readonly #most: number;
  #zero: number | undefined; // s, the sensor's time of the first sample

  /** most: bytes of the file, at which the recording ends. */
  constructor(header: Header, activity: string, most: number) {
    this.recording = empty({ ...header });
    this.activity = activity;
    this.csv = head(this.recording);
    this.#most = FULL * most - new TextEncoder().encode(this.csv).length + this.csv.length;
  }

  /** Take a sample at `t` (s); returns why the recording ends before it, nothing while it goes on. */
  add(t: number, row: Row): string {
    this.#zero ??= t;
    const { times, rows, labels } = this.recording;
    const at = t - this.#zero;
    const last = times.at(-1);
    if (last !== undefined && at <= last) return ""; // two events at once: the first one counts
    if (last !== undefined && at - last > MAX_GAP_S) return "The sensor paused";
    if (this.csv.length > this.#most) return "The server takes no longer recordings";
    times.push(at);
    rows.push(row);
    labels.push(this.activity);
    this.csv += line(this.recording, times.length - 1);
    return "";
  }
}
