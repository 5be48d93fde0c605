/** How activities are called and drawn. Colours are in the style sheet, as `--activity-<name>`. */

/** 48 by 48: where a head is, the strokes of a body, and fainter ones of what it walks, sits or lies on. */
interface Pictogram {
  head?: [number, number];
  body: string;
  ground?: string;
}

const PICTOGRAMS: Record<string, Pictogram> = {
  walking: { head: [26, 7.5], body: "M25 16 22 28M22 28l7 6 2 9M22 28l-4 8-5 7M25 17l-8 4-2 7M25 17l5 6 6 2" },
  walking_upstairs: { head: [20, 6], body: "M19 14l-3 11M16 25l8 2v7M16 25l-2 8-5 7M19 15l7 5", ground: "M4 46h11v-8h11v-8h11v-8h8" },
  walking_downstairs: { head: [29, 6], body: "M28 14l-1 11M27 25l6 6 1 8M27 25l-4 5v3M28 15l7 5", ground: "M3 22h8v8h11v8h11v8h12" },
  sitting: { head: [21, 7.5], body: "M21 16v14h12v13M21 19l5 6h6", ground: "M12 19v24M12 37h14" },
  standing: { head: [24, 6.5], body: "M24 15v14M24 29l-4 14M24 29l4 14M24 16l-6 6v7M24 16l6 6v7" },
  laying: { head: [9, 27], body: "M17 31h11l6-8 7 8", ground: "M5 40h38" },
  jogging: { head: [29, 7.5], body: "M27 16l-5 11M22 27l8 4-3 9M22 27l-3 8-9 1M27 17l-8 1-4 6M27 17l4 6 7-2" },
  unsure: { body: "M16 17a8 8 0 1 1 11 7.5c-2.5 1-3 2.5-3 5M24 38.5h.1" },
};
const OTHER: Pictogram = { body: "M10 24h1M23.5 24h1M37 24h1" };

/** `walking_upstairs` as people say it. */
export function spoken(activity: string): string {
  const words = activity.replace(/_/g, " ").replace(/^walking (up|down)stairs$/, "$1stairs").replace(/^laying$/, "lying");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function colour(activity: string): string {
  return `var(--activity-${activity}, var(--muted))`;
}

/** Fill an `<svg viewBox="0 0 48 48">` with the pictogram of an activity, or with three dots. */
export function draw(svg: SVGElement, activity: string): void {
  const { head, body, ground } = PICTOGRAMS[activity] ?? OTHER;
  const circle = head ? `<circle cx="${head[0]}" cy="${head[1]}" r="4" fill="currentColor"/>` : "";
  svg.innerHTML = `<path class="ground" d="${ground ?? ""}"/>${circle}<path d="${body}"/>`;
}
