/** The current activity, large, with its probability; what to do where there is none. */

import { colour, draw, spoken } from "../activities.ts";
import { byId, clock, h, say } from "../dom.ts";
import type { Answer } from "../listener.ts";

export type HeroState = "loading" | "failed" | "ready" | "waiting" | "filling" | "heard" | "unsure" | "silent";

export class Hero {
  readonly #card = byId("hero");
  readonly #ring = this.#card.querySelector<SVGCircleElement>(".ring .value")!;
  readonly #pictogram = byId<SVGElement>("pictogram");
  readonly #name = byId("activity");
  readonly #detail = byId("detail");
  readonly #announcer = byId("announcer");
  #bars: { bar: HTMLElement; value: HTMLElement; item: HTMLElement }[] = [];
  #activities: string[] = [];
  #shown: string | undefined; // activity that the pictogram shows
  #since = 0; // s

  constructor() {
    draw(this.#pictogram, "standing");
  }

  /** Lay out a bar for each activity. */
  know(activities: string[]): void {
    this.#activities = activities;
    this.#bars = activities.map((activity) => {
      const bar = h("span", { className: "bar" });
      const value = h("span", { className: "value", textContent: "–" });
      bar.style.setProperty("--hue", colour(activity));
      const item = h("li", {}, h("span", { textContent: spoken(activity) }), bar, value);
      return { bar, value, item };
    });
    byId("odds").replaceChildren(...this.#bars.map(({ item }) => item));
  }

  /** A state without an activity; `fill` is the share of the ring. */
  show(state: HeroState, name: string, detail: string, fill = 0): void {
    this.#card.dataset["state"] = state;
    if (name !== this.#name.textContent) this.#announcer.textContent = `${name}. ${detail}`;
    this.#name.textContent = name;
    say(this.#detail, detail);
    this.#shown = undefined;
    this.#turn(fill, "");
    if (state === "ready" || state === "silent") draw(this.#pictogram, "standing");
    const focused = document.activeElement as HTMLElement | null;
    byId("start").hidden = state !== "ready";
    byId("play").hidden = byId("again").hidden = state !== "silent";
    byId("reload").hidden = state !== "failed";
    if (focused?.hidden) this.#name.focus(); // a button that goes takes the focus with it
    if (state !== "heard" && state !== "unsure") this.#clearOdds();
  }

  /** What a window said; `t` in s of the stream. */
  hear(answer: Answer): void {
    const activity = this.#activities[answer.best]!;
    const key = answer.unsure ? "" : activity;
    if (key !== this.#shown) this.#change(key, answer);
    const share = percent(answer.belief[answer.best]!);
    if (answer.unsure) this.#detail.textContent = `Perhaps ${this.#likeliest(answer)}`;
    else this.#detail.textContent = `${share} sure, for ${clock(answer.t - this.#since)}`;
    this.#turn(answer.belief[answer.best]!, answer.unsure ? "" : activity);
    this.#bars.forEach(({ bar, value, item }, a) => {
      bar.style.setProperty("--share", String(answer.belief[a]));
      value.textContent = percent(answer.belief[a]!);
      item.classList.toggle("best", a === answer.best);
    });
  }

  #change(key: string, answer: Answer): void {
    this.show(key ? "heard" : "unsure", key ? spoken(key) : "Unsure", " ");
    this.#shown = key;
    this.#since = answer.t;
    draw(this.#pictogram, key || "unsure");
    this.#announcer.textContent = key ? spoken(key) : "Unsure";
  }

  #likeliest(answer: Answer): string {
    const order = this.#activities.map((_, a) => a).sort((a, b) => answer.belief[b]! - answer.belief[a]!);
    return order.slice(0, 2).map((a) => spoken(this.#activities[a]!).toLowerCase()).join(" or ");
  }

  #turn(share: number, activity: string): void {
    this.#ring.style.strokeDasharray = `${100 * Math.min(share, 1)} 100`;
    this.#ring.style.opacity = share > 0 ? "1" : "0"; // or round ends make a dot of nothing
    this.#card.style.setProperty("--hue", activity ? colour(activity) : "var(--muted)");
  }

  #clearOdds(): void {
    for (const { bar, value, item } of this.#bars) {
      bar.style.setProperty("--share", "0");
      value.textContent = "–";
      item.classList.remove("best");
    }
  }
}

/** No model is certain, so 100 % is never shown. */
function percent(probability: number): string {
  return `${Math.min(99, Math.round(100 * probability))} %`;
}
