/** The phone's motion sensors: permission, events, and their absence. */

import { canonical, platformSign, SignFinder } from "./motion.ts";
import type { Row } from "./samples.ts";

/** Without an event for this long (ms) after the start there is no sensor. */
const SILENCE_MS = 2000;

export type SensorState = "off" | "waiting" | "on" | "absent" | "denied" | "insecure";

export interface SensorAudience {
  sample(t: number, row: Row): void; // t in s
  state(state: SensorState): void;
  /** What came so far is worth nothing: the page was hidden, or the sign turned out to be the other one. */
  interrupted(): void;
}

/** Both events ask with one question on iOS; elsewhere the method is missing or answers at once. */
type Permission = { requestPermission?: () => Promise<"granted" | "denied"> };

export class Sensor {
  #state: SensorState = "off";
  #silence: number | undefined;
  readonly #signs = new SignFinder(platformSign(navigator.platform, navigator.maxTouchPoints));
  readonly #audience: SensorAudience;

  constructor(audience: SensorAudience) {
    this.#audience = audience;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.#state === "on") this.#audience.interrupted();
    });
  }

  /** Ask and listen. On iOS only a tap may call this. */
  async start(): Promise<void> {
    if (!isSecureContext || !("DeviceMotionEvent" in window)) return this.#become(isSecureContext ? "absent" : "insecure");
    if (!(await allowed())) return this.#become("denied");
    this.#become("waiting");
    addEventListener("deviceorientation", this.#onOrientation);
    addEventListener("devicemotion", this.#onMotion);
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#become("absent"), SILENCE_MS);
  }

  stop(): void {
    clearTimeout(this.#silence);
    removeEventListener("deviceorientation", this.#onOrientation);
    removeEventListener("devicemotion", this.#onMotion);
    this.#become("off");
  }

  readonly #onOrientation = (event: DeviceOrientationEvent): void => {
    this.#signs.orientation(event.beta, event.gamma);
  };

  readonly #onMotion = (event: DeviceMotionEvent): void => {
    if (document.hidden) return;
    if (this.#signs.motion(event.accelerationIncludingGravity)) this.#audience.interrupted();
    const row = canonical(event, this.#signs.sign);
    if (!row) return;
    clearTimeout(this.#silence);
    if (this.#state !== "on") this.#become("on");
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
