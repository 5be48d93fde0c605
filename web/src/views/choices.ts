/** A row of activities to choose one from. */

import { colour, draw, spoken } from "../activities.ts";
import { byId, h, svg } from "../dom.ts";

/** No activity of the model: a transition, or anything else. Its samples stay unlabelled. */
export const OTHER = "";

/** Fill `#id` with a button for each activity; `chosen` is told which one was tapped. Returns how to press one. */
export function choices(id: string, activities: string[], chosen: (activity: string) => void): (activity: string) => void {
  const buttons = [...activities, OTHER].map((activity) => {
    const icon = svg("0 0 48 48");
    icon.classList.add("pictogram");
    draw(icon, activity);
    const button = h("button", { type: "button", className: "choice" }, icon, activity ? spoken(activity) : "Something else");
    button.style.setProperty("--hue", colour(activity));
    button.addEventListener("click", () => {
      press(activity);
      chosen(activity);
    });
    return { activity, button };
  });
  const press = (activity: string) => {
    for (const each of buttons) each.button.setAttribute("aria-pressed", String(each.activity === activity));
  };
  byId(id).replaceChildren(...buttons.map(({ button }) => button));
  return press;
}
