/** The list of recordings: where each one is, and what can be done with it. */

import { spoken } from "../activities.ts";
import { byId, clock, h } from "../dom.ts";
import type { Kept } from "../store.ts";

export interface Actions {
  upload(kept: Kept): Promise<void>;
  remove(kept: Kept): Promise<void>;
}

const STATES: Record<Kept["state"], string> = { kept: "Kept here", uploaded: "Uploaded", refused: "Refused" };

export class KeptList {
  readonly #list = byId("kept");
  readonly #status = byId("kept-status");
  readonly #actions: Actions;

  constructor(actions: Actions) {
    this.#actions = actions;
  }

  show(all: Kept[], busy: ReadonlySet<string>): void {
    if (!all.length) this.#list.replaceChildren(h("li", { className: "quiet", textContent: "None yet." }));
    else this.#list.replaceChildren(...all.map((kept) => this.#item(kept, busy.has(kept.id))));
  }

  /** Tell a screen reader. */
  announce(text: string): void {
    this.#status.textContent = text;
  }

  #item(kept: Kept, busy: boolean): HTMLLIElement {
    const when = new Date(kept.started).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    const what = kept.activities.map(spoken).join(", ") || "Unlabelled";
    const state = h("span", { className: "state", textContent: busy ? "Uploading" : STATES[kept.state] });
    state.dataset["state"] = busy ? "busy" : kept.state;
    const item = h(
      "li",
      { className: "recording" },
      h("div", { className: "what" }, h("strong", { textContent: what }), state),
      h("p", { className: "quiet", textContent: `${kept.subject} · ${kept.placement} · ${clock(kept.seconds)} · ${when}` }),
    );
    if (kept.note && !busy) item.append(h("p", { className: "note", textContent: kept.note }));
    item.append(this.#buttons(kept, busy, what));
    return item;
  }

  #buttons(kept: Kept, busy: boolean, what: string): HTMLElement {
    const button = (textContent: string, work: () => void) => {
      const element = h("button", { textContent, disabled: busy, ariaLabel: `${textContent} ${what}` });
      element.addEventListener("click", work);
      return element;
    };
    const row = h("div", { className: "actions" });
    if (kept.csv !== null) {
      if (kept.state === "kept") row.append(button("Upload", () => void this.#actions.upload(kept)));
      row.append(button("Export CSV", () => save(kept.csv!, kept.id)));
    }
    const question = "Delete the only copy of this recording?";
    row.append(
      button(kept.csv === null ? "Clear" : "Delete", () => {
        if (kept.csv === null || confirm(question)) void this.#actions.remove(kept);
      }),
    );
    return row;
  }
}

/** Hand a file to the person, named by the beginning of its hash. */
function save(csv: string, id: string): void {
  const address = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  h("a", { href: address, download: `recording-${id.slice(0, 12)}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000); // the browser reads it after the click
}
