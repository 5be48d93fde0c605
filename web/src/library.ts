/** The recordings on this phone: kept, handed over to the server, and shown. */

import { reason } from "./dom.ts";
import { sha256 } from "./model.ts";
import { type Recording, seconds, stretches, toCsv } from "./recording.ts";
import { DRAFT, type Kept, Store } from "./store.ts";
import { type Outcome, upload, useToken } from "./upload.ts";
import { KeptList } from "./views/kept.ts";

const UNFINISHED = "The page was closed while this was recorded. Upload it if it is as it should be.";

/** A recording in progress: no other page takes it for one that was left while this one holds its lock. */
interface Draft {
  id: string;
  release(): void;
}

export class Library {
  readonly #store = new Store();
  readonly #busy = new Set<string>();
  readonly #list: KeptList;
  #draft: Promise<Draft> | undefined;

  constructor() {
    this.#list = new KeptList({
      upload: (id) => void this.#told(this.#upload(id)),
      remove: (id) => void this.#told(this.#store.remove(id).then(() => this.#refresh())),
      unlock: (token) => {
        useToken(token);
        this.retry();
      },
    });
    addEventListener("online", () => this.retry());
  }

  /** Bring back what closed pages left, show everything, and try again what the server has not confirmed. */
  open(): void {
    void this.#told(this.#adopt().then(() => this.#refresh()).then(() => this.#uploadAll()));
  }

  retry(): void {
    void this.#told(this.#uploadAll());
  }

  /** Keep a recording; resolves when it is safe on the phone. The upload goes on by itself. */
  async save(recording: Recording): Promise<void> {
    const csv = toCsv(recording);
    const kept = describe(await hash(csv), csv, recording);
    await this.#store.put(kept);
    void navigator.storage?.persist?.(); // or the browser may clear it away when room is short
    await this.dropDraft();
    await this.#refresh();
    void this.#told(this.#upload(kept.id));
  }

  /** Keep what has been recorded so far, in case the page does not live to see the end. */
  keepDraft(recording: Recording, csv: string): void {
    this.#draft ??= hold(DRAFT + crypto.randomUUID());
    void this.#told(this.#draft.then(({ id }) => this.#store.put(describe(id, csv, recording))));
  }

  /** The recording has been decided upon; resolves when its draft is gone. */
  async dropDraft(): Promise<void> {
    const draft = this.#draft;
    this.#draft = undefined;
    if (draft) await this.#told(draft.then(({ id, release }) => this.#store.remove(id).finally(release)));
  }

  /** Say what goes wrong where nobody else would. */
  #told(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => this.#list.complain(`This browser cannot keep recordings: ${reason(error)}`));
  }

  async #adopt(): Promise<void> {
    for (const { id } of await this.#store.all()) {
      if (!id.startsWith(DRAFT)) continue;
      await navigator.locks.request(id, { ifAvailable: true }, async (lock) => {
        const draft = lock && (await this.#store.get(id));
        if (!draft) return; // a page still records it, or has decided upon it meanwhile
        const found = await hash(draft.csv!);
        const saved = await this.#store.get(found); // the page was closed before it let go of the draft
        if (!saved) await this.#store.put({ ...draft, id: found, state: "unfinished", note: UNFINISHED });
        await this.#store.remove(id);
      });
    }
  }

  /** Send one that is still there by now. */
  async #upload(id: string): Promise<void> {
    const kept = await this.#store.get(id);
    if (!kept?.csv || this.#busy.has(id)) return;
    this.#busy.add(id);
    try {
      await this.#refresh();
      const outcome = await upload(kept.csv, id);
      await this.#store.update(id, after(outcome));
      this.#list.lock(outcome.kind === "locked");
      this.#list.announce(outcome.kind === "confirmed" ? "Uploaded" : outcome.why);
    } finally {
      this.#busy.delete(id);
      await this.#refresh();
    }
  }

  async #uploadAll(): Promise<void> {
    for (const { id, state } of await this.#store.all()) {
      if (state === "kept" && !id.startsWith(DRAFT)) await this.#upload(id);
    }
  }

  async #refresh(): Promise<void> {
    this.#list.show((await this.#store.all()).filter(({ id }) => !id.startsWith(DRAFT)), this.#busy);
  }
}

function after(outcome: Outcome): Partial<Kept> {
  if (outcome.kind === "confirmed") return { state: "uploaded", note: "", csv: null };
  return { state: outcome.kind === "refused" ? "refused" : "kept", note: outcome.why };
}

/** Hold a lock by this name until it is released or the page is gone. */
function hold(id: string): Promise<Draft> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(id, () => new Promise<void>((release) => resolve({ id, release }))).catch(reject);
  });
}

function hash(csv: string): Promise<string> {
  return sha256(new TextEncoder().encode(csv));
}

function describe(id: string, csv: string, recording: Recording): Kept {
  const { subject = "", placement = "", started = "" } = recording.header;
  const activities = [...new Set(stretches(recording).map(({ activity }) => activity))];
  return { id, subject, placement, started, activities, seconds: seconds(recording), state: "kept", note: "", csv };
}
