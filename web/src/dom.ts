/** Small helpers for the document. */

/** The element with an id; the page's own markup promises that it is there. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found as unknown as T;
}

type Properties<K extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[K], "style">>;

/** A new element with properties and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<K> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

export function svg(box: string): SVGSVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  element.setAttribute("viewBox", box);
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** Show `text` in an element, or hide it where there is none. */
export function say(element: HTMLElement, text: string): void {
  element.textContent = text;
  element.hidden = !text;
}

/** What an error says. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Minutes and seconds, such as 1:05. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds + 1e-6);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Calls `work` at most once a frame, or four times a second for those who want less motion. */
export function framed(work: () => void): () => void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let waiting = false;
  const run = () => {
    waiting = false;
    work();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    if (calm.matches) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };
}
