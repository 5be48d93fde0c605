/** The recordings on this phone: kept, handed over to the server, and shown. */

import { sha256 } from "./model.ts";
import { type Recording, seconds, stretches, toCsv } from "./recording.ts";
import { DRAFT, type Kept, type Store } from "./store.ts";
import { upload } from "./upload.ts";
import { KeptList } from "./views/kept.ts";

const UNFINISHED = "The page was closed while this was recorded.";

export class Library {
  readonly #store: Store;
  readonly #busy = new Set<string>();
  readonly #list: KeptList;

  constructor(store: Store) {
    this.#store = store;
    this.#list = new KeptList({
      upload: (kept) => this.#upload(kept),
      remove: async (kept) => {
        await this.#store.remove(kept.id);
        await this.#refresh();
      },
    });
    addEventListener("online", () => void this.#uploadAll());
  }

  /** Bring back what a closed page left, show everything, and try again what the server has not confirmed. */
  async open(): Promise<void> {
    const draft = (await this.#store.all()).find(({ id }) => id === DRAFT);
    if (draft?.csv) {
      await this.#store.put({ ...draft, id: await hash(draft.csv), note: UNFINISHED });
      await this.#store.remove(DRAFT);
    }
    await this.#refresh();
    if (!draft) await this.#uploadAll();
  }

  /** Keep a recording; resolves when it is safe on the phone. The upload goes on by itself. */
  async save(recording: Recording): Promise<void> {
    const csv = toCsv(recording);
    const kept = describe(await hash(csv), csv, recording);
    await this.#store.put(kept);
    await this.#store.remove(DRAFT);
    await this.#refresh();
    void this.#upload(kept);
  }

  async draft(recording: Recording): Promise<void> {
    await this.#store.put(describe(DRAFT, toCsv(recording), recording));
  }

  discardDraft(): Promise<void> {
    return this.#store.remove(DRAFT);
  }

  async #upload(kept: Kept): Promise<void> {
    if (this.#busy.has(kept.id) || kept.csv === null) return;
    this.#busy.add(kept.id);
    await this.#refresh();
    const outcome = await upload(kept.csv, kept.id);
    if (outcome.kind === "confirmed") await this.#store.put({ ...kept, state: "uploaded", note: "", csv: null });
    else await this.#store.put({ ...kept, state: outcome.kind === "refused" ? "refused" : "kept", note: outcome.why });
    this.#busy.delete(kept.id);
    await this.#refresh();
    this.#list.announce(outcome.kind === "confirmed" ? "Uploaded" : outcome.why);
  }

  async #uploadAll(): Promise<void> {
    for (const kept of await this.#store.all()) {
      if (kept.state === "kept" && kept.id !== DRAFT) await this.#upload(kept);
    }
  }

  async #refresh(): Promise<void> {
    this.#list.show((await this.#store.all()).filter(({ id }) => id !== DRAFT), this.#busy);
  }
}

function hash(csv: string): Promise<string> {
  return sha256(new TextEncoder().encode(csv));
}

function describe(id: string, csv: string, recording: Recording): Kept {
  const { subject = "", placement = "", started = "" } = recording.header;
  const activities = [...new Set(stretches(recording).map(({ activity }) => activity))];
  return { id, subject, placement, started, activities, seconds: seconds(recording), state: "kept", note: "", csv };
}
