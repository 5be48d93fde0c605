/**
 * From the time stamps that a phone delivers to a uniform grid.
 *
 * `resample` takes a whole recording: the twin of `src/har/signals/resample.py`. `StreamResampler` takes one sample at
 * a time: the twin of `src/har/live/stream.py`. From 0.2 s after the start on it gives the same numbers, as soon as
 * what they depend on has come: two samples beyond a spline's piece, and 0.2 s more where a low-pass filter is needed.
 */

import type { Row } from "./samples.ts";

/** A source up to this many times faster has nothing above half the new rate worth filtering. */
const SAME_RATE = 1.1;
/** Zero crossings of the low-pass filter's sinc on each side, and its Kaiser window's beta (SciPy's resample_poly). */
const CROSSINGS = 10;
const KAISER_BETA = 5;
/** The first second decides a stream's rate, which then stays as it is until a gap. */
const DECIDING_S = 1;

/** `rows` `[n, 6]` at `times` `[n]` (s, strictly increasing), on a grid of `rateHz` (Hz) from the first time on. */
export function resample(times: ArrayLike<number>, rows: readonly Row[], rateHz: number): Row[] {
  const last = times.length - 1;
  if (last < 1) throw new RangeError(`${last + 1} row(s) of samples: at least 2 are needed to resample.`);
  const factor = oversampling(times, rateHz);
  const elapsed = Float64Array.from(times, (t) => t - times[0]!);
  const end = elapsed[last]!;
  const count = Math.floor(end * rateHz + 1e-6); // stamps are rounded: a last one short by a millionth still counts
  const fine: Row[] = [];
  let piece = 0;
  for (let n = 0; n <= count * factor; n++) {
    const t = Math.min(n / (rateHz * factor), end);
    while (piece < last - 1 && elapsed[piece + 1]! <= t) piece++;
    fine.push(interpolate(elapsed, rows, piece, t));
  }
  return factor === 1 || count === 0 ? fine : decimate(fine, factor);
}

/** The same on a stream: every sample that is pushed may finish some of the grid. */
export class StreamResampler {
  readonly #rateHz: number;
  readonly #times: number[] = []; // s since the first sample; from two samples before the current piece on
  readonly #rows: Row[] = [];
  #start: number | undefined; // s, time of the first sample
  #piece = 0; // index into `times` of the sample that the current piece starts with
  #next = 0; // of the fine grid
  #factor = 0; // of the fine grid to the new rate; 0 until it is decided
  #decimator: Decimator | undefined;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** The samples `[m, 6]` that `row` `[6]` at `t` (s, after the last one) finishes. */
  push(t: number, row: Row): Row[] {
    this.#start ??= t;
    if (!this.#factor && t - this.#start > DECIDING_S) this.#decide();
    this.#times.push(t - this.#start);
    this.#rows.push(row);
    if (!this.#factor) return [];
    const finished: Row[] = [];
    while (this.#piece + 3 < this.#times.length) this.#finishPiece(finished);
    return finished;
  }

  #decide(): void {
    this.#factor = oversampling(this.#times, this.#rateHz);
    if (this.#factor > 1) this.#decimator = new Decimator(this.#factor);
  }

  #finishPiece(finished: Row[]): void {
    const end = this.#times[this.#piece + 1]!;
    for (let t = this.#gridTime(); t < end; t = this.#gridTime()) {
      const fine = interpolate(this.#times, this.#rows, this.#piece, t);
      const row = this.#decimator ? this.#decimator.push(fine) : fine;
      if (row) finished.push(row);
      this.#next++;
    }
    if (this.#piece < 2) this.#piece++;
    else {
      this.#times.shift();
      this.#rows.shift();
    }
  }

  #gridTime(): number {
    return this.#next / (this.#rateHz * this.#factor);
  }
}

/** How many times finer than `rateHz` the spline is read, so that a faster source can be low-pass filtered. */
function oversampling(times: ArrayLike<number>, rateHz: number): number {
  const steps = Float64Array.from({ length: times.length - 1 }, (_, i) => times[i + 1]! - times[i]!).sort();
  const middle = steps.length >> 1;
  const median = steps.length % 2 ? steps[middle]! : (steps[middle - 1]! + steps[middle]!) / 2;
  return 1 / median > SAME_RATE * rateHz ? Math.ceil(1 / median / rateHz) : 1;
}

/**
 * Modified Akima spline between samples `i` and `i + 1`, at `t` (Akima 1970, with the weights of MATLAB's makima,
 * which are flat where neighbours are equal). Needs two samples on either side, or the recording's end.
 */
function interpolate(times: ArrayLike<number>, rows: readonly Row[], i: number, t: number): Row {
  const width = times[i + 1]! - times[i]!;
  const share = (t - times[i]!) / width;
  return rows[i]!.map((here, c) => {
    const chord = (1 - share) * here + share * rows[i + 1]![c]!;
    if (rows.length === 2) return chord; // too few for a spline
    const slopes = [-2, -1, 0, 1, 2].map((k) => slope(times, rows, i + k, c)) as [number, number, number, number, number];
    const [a, b, own, d, e] = slopes;
    const bend = (1 - share) * (tangent(a, b, own, d) - own) - share * (tangent(b, own, d, e) - own);
    return chord + width * share * (1 - share) * bend;
  });
}

/** Slope of channel `c` after sample `k`; before the first and after the last it goes on as a parabola's would. */
function slope(times: ArrayLike<number>, rows: readonly Row[], k: number, c: number): number {
  const last = rows.length - 2;
  if (k < 0) return (1 - k) * slope(times, rows, 0, c) + k * slope(times, rows, 1, c);
  if (k > last) return (1 + k - last) * slope(times, rows, last, c) - (k - last) * slope(times, rows, last - 1, c);
  return (rows[k + 1]![c]! - rows[k]![c]!) / (times[k + 1]! - times[k]!);
}

/** Tangent at a sample with slopes `a` and `b` before it and `c` and `d` after it. */
function tangent(a: number, b: number, c: number, d: number): number {
  const left = Math.abs(d - c) + Math.abs(d + c) / 2;
  const right = Math.abs(b - a) + Math.abs(b + a) / 2;
  return left + right > 0 ? (left * b + right * c) / (left + right) : 0;
}

/**
 * Every `factor`-th of `fine` `[n, 6]`, behind a low-pass at half the new rate. The line through the first and the last
 * sample is taken off before and put back after, so that ends do not ring.
 */
function decimate(fine: readonly Row[], factor: number): Row[] {
  const kernel = lowPass(factor);
  const reach = CROSSINGS * factor;
  const last = fine.length - 1;
  const line = (n: number, c: number) => fine[0]![c]! + ((fine[last]![c]! - fine[0]![c]!) * n) / last;
  const coarse: Row[] = [];
  for (let n = 0; n <= last; n += factor) {
    coarse.push(
      fine[n]!.map((_, c) => {
        let sum = line(n, c);
        for (let k = Math.max(0, n - reach); k <= Math.min(last, n + reach); k++) {
          sum += kernel[k - n + reach]! * (fine[k]![c]! - line(k, c));
        }
        return sum;
      }),
    );
  }
  return coarse;
}

/** `decimate` on a stream. Before its first sample it sees that sample held. */
class Decimator {
  readonly #factor: number;
  readonly #kernel: Float64Array;
  readonly #recent: Row[] = []; // as many as the kernel is long
  #count = 0;

  constructor(factor: number) {
    this.#factor = factor;
    this.#kernel = lowPass(factor);
  }

  /** The sample `[6]` that lies the filter's reach before `row`, where the new rate has one there. */
  push(row: Row): Row | undefined {
    const reach = CROSSINGS * this.#factor;
    if (!this.#recent.length) this.#recent.push(...Array<Row>(reach).fill(row));
    this.#recent.push(row);
    if (this.#recent.length > this.#kernel.length) this.#recent.shift();
    const now = this.#count++; // the reach is a multiple of the factor
    if (now < reach || now % this.#factor) return undefined;
    return row.map((_, c) => this.#recent.reduce((sum, past, k) => sum + this.#kernel[k]! * past[c]!, 0));
  }
}

/** A sinc in a Kaiser window `[20 * factor + 1]` that leaves a constant as it is. */
function lowPass(factor: number): Float64Array {
  const reach = CROSSINGS * factor;
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, n) => {
    const x = (n - reach) / factor;
    const edge = (n - reach) / reach;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return sinc * bessel(KAISER_BETA * Math.sqrt(1 - edge * edge));
  });
  const sum = kernel.reduce((total, value) => total + value, 0);
  return kernel.map((value) => value / sum);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
