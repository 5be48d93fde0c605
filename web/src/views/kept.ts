/** The list of recordings: where each one is, and what can be done with it. */

import { spoken } from "../activities.ts";
import { byId, clock, h, say } from "../dom.ts";
import type { Kept } from "../store.ts";

export interface Actions {
  upload(id: string): void;
  remove(id: string): void;
  unlock(token: string): void;
}

const STATES: Record<Kept["state"], string> = { kept: "Kept here", unfinished: "Unfinished", uploaded: "Uploaded", refused: "Refused" };

export class KeptList {
  readonly #list = byId("kept");
  readonly #status = byId("kept-status");
  readonly #form = byId<HTMLFormElement>("unlock");
  readonly #actions: Actions;

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      actions.unlock(byId<HTMLInputElement>("token").value);
    });
  }

  show(all: Kept[], busy: ReadonlySet<string>): void {
    const focused = this.#list.contains(document.activeElement) && (document.activeElement as HTMLButtonElement).name;
    if (!all.length) this.#list.replaceChildren(h("li", { className: "quiet", textContent: "None yet." }));
    else this.#list.replaceChildren(...all.map((kept) => this.#item(kept, busy.has(kept.id))));
    if (focused) (this.#list.querySelector<HTMLElement>(`[name="${focused}"]:enabled`) ?? byId("kept-title")).focus();
  }

  /** Ask for the server's token, or do not any more. */
  lock(locked: boolean): void {
    this.#form.hidden = !locked;
  }

  /** Say that nothing can be kept, and why. */
  complain(problem: string): void {
    say(byId("kept-problem"), problem);
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
      const name = `${textContent} ${kept.id}`; // by which the focus finds it again
      const element = h("button", { name, textContent, disabled: busy, ariaLabel: `${textContent} ${what}` });
      element.addEventListener("click", work);
      return element;
    };
    const row = h("div", { className: "actions" });
    if (kept.csv !== null) {
      row.append(button("Upload", () => this.#actions.upload(kept.id)));
      row.append(button("Export CSV", () => save(kept.csv!, kept.id)));
    }
    const question = "Delete the only copy of this recording?";
    row.append(
      button(kept.csv === null ? "Clear" : "Delete", () => {
        if (kept.csv === null || confirm(question)) this.#actions.remove(kept.id);
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
