/** Drawing on a canvas in the page's own colours and in CSS pixels. */

import { MAX_GAP_S, type Row } from "./samples.ts";

export interface Surface {
  context: CanvasRenderingContext2D;
  width: number; // CSS pixels
  height: number;
  colour(name: string): string; // of a custom property, without its dashes
}

/** The canvas, cleared and as sharp as the screen; undefined while it is not shown. */
export function surface(canvas: HTMLCanvasElement): Surface | undefined {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || !width || !height) return undefined;
  const ratio = devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  return { context, width, height, colour: (name) => style.getPropertyValue(`--${name}`).trim() };
}

export interface Trace {
  times: ArrayLike<number>; // [n], s
  rows: ArrayLike<Row>; // [n, 6]
}

/** Three channels from `first` on, between two times (s), on a scale from -`span` to +`span`. */
export function traces(on: Surface, data: Trace, first: number, from: number, to: number, span: number): void {
  const { context, width, height } = on;
  const x = (t: number) => ((t - from) / (to - from)) * width;
  const y = (value: number) => height / 2 - (value / span) * (height / 2 - 2);
  const stride = Math.max(1, Math.floor(data.times.length / (4 * width))); // long recordings: four points a pixel will do
  zeroLine(on, y(0));
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  ["x", "y", "z"].forEach((axis, c) => {
    context.strokeStyle = on.colour(`axis-${axis}`);
    context.beginPath();
    let before = -Infinity;
    for (let i = 0; i < data.times.length; i += stride) {
      const t = data.times[i]!;
      const pen = t - before > MAX_GAP_S ? "moveTo" : "lineTo";
      context[pen](x(t), y(data.rows[i]![first + c]!));
      before = t;
    }
    context.stroke();
  });
}

/** The largest value of three channels, at least `least`, so that a scale does not jump with every step. */
export function extent(rows: ArrayLike<Row>, first: number, least: number): number {
  let span = least;
  for (let i = 0; i < rows.length; i++) {
    for (let c = first; c < first + 3; c++) span = Math.max(span, Math.abs(rows[i]![c]!));
  }
  return span;
}

function zeroLine(on: Surface, zero: number): void {
  on.context.strokeStyle = on.colour("line");
  on.context.lineWidth = 1;
  on.context.beginPath();
  on.context.moveTo(0, Math.round(zero) + 0.5);
  on.context.lineTo(on.width, Math.round(zero) + 0.5);
  on.context.stroke();
}
