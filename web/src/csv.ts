/** Reading a recording from CSV (docs/recording-format.md) into canonical units. Errors say which row and column. */

import { empty, type Recording } from "./recording.ts";
import { CHANNELS } from "./samples.ts";

const GRAVITY = 9.80665; // m/s^2, standard gravity
const ACCELERATION: Record<string, number> = { "m/s^2": 1, g: GRAVITY };
const ANGULAR_VELOCITY: Record<string, number> = { "rad/s": 1, "deg/s": Math.PI / 180 };
const AXES: Record<string, number> = { android: 1, ios: -1 };
const CLOCKS: Record<string, number> = { t: 1, timestamp: 1e-3 }; // column of times -> s

export function fromCsv(text: string): Recording {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const first = lines.findIndex((line) => !line.startsWith("#"));
  const header = readHeader(lines.slice(0, first));
  const names = (lines[first] ?? "").split(",").map((name) => name.trim());
  const columns = CHANNELS.map((name) => column(names, name));
  const clock = clockOf(names, header);
  const acceleration = factor(header, "acceleration", ACCELERATION) * factor(header, "axes", AXES);
  const factors = [...Array(3).fill(acceleration), ...Array(3).fill(factor(header, "angular_velocity", ANGULAR_VELOCITY))];
  const label = names.indexOf("activity");
  const recording = empty(header);
  for (const line of lines.slice(first + 1)) {
    if (!line.trim()) continue;
    const cells = line.split(",");
    const row = recording.rows.length + 1;
    const t = clock(cells, row);
    if (row > 1 && t <= recording.times.at(-1)!) throw new Error(`Row ${row}: its time does not come after the row before.`);
    recording.times.push(t);
    recording.rows.push(Float64Array.from(columns, (at, c) => factors[c]! * number(cells[at], row, CHANNELS[c]!)));
    recording.labels.push(label < 0 ? "" : (cells[label] ?? "").trim());
  }
  if (recording.rows.length < 2) throw new Error("The file has fewer than two rows of samples.");
  return recording;
}

function readHeader(lines: string[]): Record<string, string> {
  const stated = lines.map((line) => line.replace(/^[# ]+/, "").split(/:(.*)/s) as [string, string?]);
  return Object.fromEntries(stated.flatMap(([key, text]) => (text === undefined ? [] : [[key.trim(), text.trim()]])));
}

function column(names: string[], name: string): number {
  const at = names.indexOf(name);
  if (at < 0) throw new Error(`The file has no column ${name}: is it a recording?`);
  return at;
}

/** The time (s) of a row: its own column's, or evenly spaced at the stated rate. */
function clockOf(names: string[], header: Record<string, string>): (cells: string[], row: number) => number {
  const name = Object.keys(CLOCKS).find((known) => names.includes(known));
  if (name) {
    const at = names.indexOf(name);
    return (cells, row) => CLOCKS[name]! * number(cells[at], row, name);
  }
  const rate = Number(header["rate_hz"]);
  if (!(rate > 0)) throw new Error("The file has no column t or timestamp and no rate_hz in its header.");
  return (_, row) => (row - 1) / rate;
}

function factor(header: Record<string, string>, key: string, known: Record<string, number>): number {
  const word = header[key] ?? Object.keys(known)[0]!;
  const found = known[word];
  if (found === undefined) throw new Error(`The header states ${key} "${word}": it must be ${Object.keys(known).join(" or ")}.`);
  return found;
}

function number(cell: string | undefined, row: number, name: string): number {
  const value = cell?.trim() ? Number(cell) : NaN;
  if (!Number.isFinite(value)) throw new Error(`Row ${row}, column ${name} holds "${cell ?? ""}": it must be a number.`);
  return value;
}
