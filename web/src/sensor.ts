/** The phone's motion sensors: permission, events, and their absence. */

import { canonical, platformSign, SignFinder } from "./motion.ts";
import type { Row } from "./samples.ts";

/**
 * Without an event for so many ticks the sensor is silent: after 1.5 to 2 s, which is the longest gap and a second more.
 * Ticks, since a page that was busy for longer has one tick behind it then and not several.
 */
const SILENT_TICKS = 4;
const TICK_MS = 500;

export type SensorState = "off" | "waiting" | "on" | "absent" | "denied" | "insecure";

export interface SensorAudience {
  sample(t: number, row: Row): void; // t in s
  state(state: SensorState): void;
  /** What came so far does not go on. why: the beginning of a sentence. */
  interrupted(why: string): void;
}

/** Both events ask with one question on iOS; elsewhere the method is missing or answers at once. */
type Permission = { requestPermission?: () => Promise<"granted" | "denied"> };

export class Sensor {
  #state: SensorState = "off";
  #watch: number | undefined;
  #quiet = 0; // ticks since the last event
  readonly #signs = new SignFinder(platformSign(navigator.platform, navigator.maxTouchPoints));
  readonly #audience: SensorAudience;

  constructor(audience: SensorAudience) {
    this.#audience = audience;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.#state === "on") this.#audience.interrupted("The page was hidden");
    });
  }

  /** Ask and listen. On iOS only a tap may call this. */
  async start(): Promise<void> {
    if (!isSecureContext || !("DeviceMotionEvent" in window)) return this.#become(isSecureContext ? "absent" : "insecure");
    if (!(await allowed())) return this.#become("denied");
    this.#become("waiting");
    addEventListener("deviceorientation", this.#onOrientation);
    addEventListener("devicemotion", this.#onMotion);
    this.#onSilence(() => this.#become("absent"));
  }

  /** Do `what` once no event has come for too long. A hidden page gets none and waits. */
  #onSilence(what: () => void): void {
    clearInterval(this.#watch);
    this.#quiet = 0;
    this.#watch = setInterval(() => {
      if (document.hidden || ++this.#quiet < SILENT_TICKS) return;
      clearInterval(this.#watch);
      what();
    }, TICK_MS);
  }

  readonly #stopped = (): void => {
    this.#audience.interrupted("The sensor stopped");
    this.#become("waiting");
  };

  readonly #onOrientation = (event: DeviceOrientationEvent): void => {
    this.#signs.orientation(event.beta, event.gamma);
  };

  readonly #onMotion = (event: DeviceMotionEvent): void => {
    if (document.hidden) return;
    if (this.#signs.motion(event.accelerationIncludingGravity)) this.#audience.interrupted("Up turned out to be down");
    const row = canonical(event, this.#signs.sign);
    if (!row) return;
    this.#quiet = 0;
    if (this.#state !== "on") {
      this.#become("on");
      this.#onSilence(this.#stopped);
    }
    this.#audience.sample(event.timeStamp / 1000, row);
  };

  #become(state: SensorState): void {
    this.#state = state;
    this.#audience.state(state);
  }
}

async function allowed(): Promise<boolean> {
  const events = [window.DeviceMotionEvent, window.DeviceOrientationEvent] as unknown as Permission[];
  try {
    const answers = await Promise.all(events.map((event) => event?.requestPermission?.() ?? "granted"));
    return answers[0] === "granted";
  } catch {
    return false; // asked without a tap, or forbidden by the page that embeds this one
  }
}

/** Whether the browser lets the page listen without being asked by a tap: where it knows no question to ask. */
export async function mayStartUnasked(): Promise<boolean> {
  try {
    const states = await Promise.all(
      ["accelerometer", "gyroscope"].map((name) => navigator.permissions.query({ name: name as PermissionName })),
    );
    return states.every((status) => status.state === "granted");
  } catch {
    return false; // WebKit and Firefox know no such permission
  }
}
