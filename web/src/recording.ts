/** A recording: samples as they came, and what the person was doing. Times are in s from its first sample. */

import { CHANNELS, type Row } from "./samples.ts";

/** What the file's header states beside its numbers; the keys of docs/recording-format.md. */
export interface Header {
  subject: string;
  placement: string;
  device: string;
  started: string; // ISO 8601
}

export interface Recording {
  header: Partial<Header> & Record<string, string>;
  times: number[]; // [n], s
  rows: Row[]; // [n, 6]
  labels: string[]; // [n], the activity, empty where it is not known
}

export function empty(header: Recording["header"]): Recording {
  return { header, times: [], rows: [], labels: [] };
}

export function seconds(recording: Recording): number {
  return recording.times.length ? recording.times.at(-1)! - recording.times[0]! : 0;
}

/** The part between `from` and `to` (s), its times from its own first sample. */
export function trim(recording: Recording, from: number, to: number): Recording {
  const inside = recording.times.flatMap((t, i) => (t >= from && t <= to ? [i] : []));
  const zero = inside.length ? recording.times[inside[0]!]! : 0;
  return {
    header: recording.header,
    times: inside.map((i) => recording.times[i]! - zero),
    rows: inside.map((i) => recording.rows[i]!),
    labels: inside.map((i) => recording.labels[i]!),
  };
}

/** A stretch of one activity, in s. */
export interface Stretch {
  activity: string;
  from: number;
  to: number;
}

/** What was done from when to when, unlabelled stretches left out. */
export function stretches(recording: Recording): Stretch[] {
  const found: Stretch[] = [];
  recording.labels.forEach((activity, i) => {
    const t = recording.times[i]!;
    const current = found.at(-1);
    if (current) current.to = t;
    if (current?.activity !== activity) found.push({ activity, from: t, to: t });
  });
  return found.filter((stretch) => stretch.activity !== "");
}

/** The recording as a file in canonical units (docs/recording-format.md). */
export function toCsv(recording: Recording): string {
  return head(recording) + recording.rows.map((_, i) => line(recording, i)).join("");
}

/** What a recording's file begins with: its header, and the names of its columns. */
export function head({ header }: Recording): string {
  const stated = { acceleration: "m/s^2", angular_velocity: "rad/s", axes: "android", ...header };
  const lines = Object.entries(stated).map(([key, text]) => `# ${key}: ${text.replace(/\s+/g, " ").trim()}\n`);
  return `${lines.join("")}${["t", ...CHANNELS, "activity"]}\n`;
}

/** The line of its file for sample `i`. */
export function line({ times, rows, labels }: Recording, i: number): string {
  return `${[times[i]!, ...rows[i]!].map((value) => Number(value.toFixed(6)))},${labels[i]!}\n`;
}
