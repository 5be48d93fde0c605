/**
 * From what a browser says of the phone's motion to canonical samples.
 *
 * `devicemotion` gives acceleration with gravity in m/s^2 and `rotationRate` in deg/s, whose alpha, beta and gamma are the
 * rates about x, y and z: that is what Chromium and WebKit do, and what the specification says since 2018
 * (w3c/deviceorientation, issue 44).
 *
 * A phone lying face up reads z = +9.81 in Chromium and Firefox on Android and z = -9.81 in every browser on iOS, where
 * WebKit hands on Core Motion's gravity, which points down. Gravity alone cannot tell the two apart: both are upright
 * for someone. `deviceorientation` can, since its angles mean the same everywhere: they say which way is up, and
 * acceleration at rest must point there. Until enough of these angles have come, the platform decides.
 */

import type { Row } from "./samples.ts";

const DEGREE = Math.PI / 180;
/** Pairs of acceleration and orientation that decide, and the mean cosine between them that counts as agreement. */
const PAIRS = 10;
const CLEAR = 0.5;
/** m/s^2. At rest, acceleration is gravity: so close to its length that nothing else can turn it over. */
const GRAVITY = 9.81;
const AT_REST = 1;

/** +1: acceleration as Android gives it; -1: as iOS does. */
export type Sign = 1 | -1;

type Vector = { x: number | null; y: number | null; z: number | null };
type Rates = { alpha: number | null; beta: number | null; gamma: number | null };
export interface MotionEventLike {
  readonly accelerationIncludingGravity: Vector | null;
  readonly rotationRate: Rates | null;
}

/** The sample `[6]` in an event, or undefined where there is no sensor behind it (desktop browsers send one of nulls). */
export function canonical(event: MotionEventLike, sign: Sign): Row | undefined {
  const { accelerationIncludingGravity: acceleration, rotationRate: rate } = event;
  if (acceleration?.x == null || acceleration.y == null || acceleration.z == null) return undefined;
  if (rate?.alpha == null || rate.beta == null || rate.gamma == null) return undefined;
  return Float64Array.of(
    sign * acceleration.x,
    sign * acceleration.y,
    sign * acceleration.z,
    rate.alpha * DEGREE,
    rate.beta * DEGREE,
    rate.gamma * DEGREE,
  );
}

/** The sign that a platform is known for; an iPad calls itself a Mac, but no Mac has a touch screen. */
export function platformSign(platform: string, touchPoints: number): Sign {
  return /iPhone|iPad|iPod/.test(platform) || (platform.startsWith("Mac") && touchPoints > 1) ? -1 : 1;
}

/** Which way is up `[3]` in the phone's axes, from `deviceorientation`'s beta and gamma (deg). */
export function up(beta: number, gamma: number): [number, number, number] {
  const [b, g] = [beta * DEGREE, gamma * DEGREE];
  return [-Math.cos(b) * Math.sin(g), Math.sin(b), Math.cos(b) * Math.cos(g)];
}

/** Finds the sign out: the platform's, until acceleration and orientation have clearly said otherwise. */
export class SignFinder {
  sign: Sign;
  #upward: [number, number, number] | undefined;
  #sum = 0;
  #pairs = 0;

  constructor(platform: Sign) {
    this.sign = platform;
  }

  orientation(beta: number | null, gamma: number | null): void {
    if (beta != null && gamma != null) this.#upward = up(beta, gamma);
  }

  /** Take one more event's acceleration (as the browser gave it) into account; true when the sign has turned. */
  motion(acceleration: Vector | null): boolean {
    const { x, y, z } = acceleration ?? { x: null, y: null, z: null };
    if (!this.#upward || x == null || y == null || z == null) return false;
    const length = Math.hypot(x, y, z);
    if (Math.abs(length - GRAVITY) >= AT_REST) return false;
    this.#sum += (x * this.#upward[0] + y * this.#upward[1] + z * this.#upward[2]) / length;
    if (++this.#pairs < PAIRS) return false;
    const cosine = this.#sum / this.#pairs;
    [this.#sum, this.#pairs] = [0, 0];
    const found: Sign = cosine > 0 ? 1 : -1;
    if (Math.abs(cosine) < CLEAR || found === this.sign) return false;
    this.sign = found;
    return true;
  }
}
