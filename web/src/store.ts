/** Recordings kept on the phone (IndexedDB), until the server has confirmed them. */

const DATABASE = "har";
const RECORDINGS = "recordings";

export interface Kept {
  id: string; // SHA-256 of the file, in hex
  subject: string;
  placement: string;
  started: string; // ISO 8601
  activities: string[];
  seconds: number;
  state: "kept" | "unfinished" | "uploaded" | "refused"; // unfinished: nobody has looked at it yet
  note: string; // why it is still here, for the person
  csv: string | null; // null once the server has confirmed its copy
}

/** What the id of a recording in progress begins with: a closed page loses at most a few seconds of it. */
export const DRAFT = "draft";

export class Store {
  #database: Promise<IDBDatabase> | undefined;

  /** All recordings, the newest first. */
  async all(): Promise<Kept[]> {
    const kept = await settled<Kept[]>((await this.#table()).getAll());
    return kept.sort((a, b) => b.started.localeCompare(a.started));
  }

  async get(id: string): Promise<Kept | undefined> {
    return settled<Kept | undefined>((await this.#table()).get(id));
  }

  /** Resolves when it is on the disk. */
  put(kept: Kept): Promise<void> {
    return this.#change((table) => table.put(kept));
  }

  /** Change one that is still there. */
  update(id: string, change: Partial<Kept>): Promise<void> {
    return this.#change((table) => {
      const found: IDBRequest<Kept | undefined> = table.get(id);
      found.onsuccess = () => found.result && table.put({ ...found.result, ...change });
    });
  }

  remove(id: string): Promise<void> {
    return this.#change((table) => table.delete(id));
  }

  async #change(edit: (table: IDBObjectStore) => void): Promise<void> {
    const table = await this.#table("readwrite");
    const { transaction } = table;
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("The phone has no room left."));
      edit(table);
    });
  }

  async #table(mode: IDBTransactionMode = "readonly"): Promise<IDBObjectStore> {
    const begin = async () => (await this.#open()).transaction(RECORDINGS, mode, { durability: "strict" });
    const transaction = await begin().catch(() => {
      this.#database = undefined; // browsers close it in the background, or with the site's data
      return begin();
    });
    return transaction.objectStore(RECORDINGS);
  }

  #open(): Promise<IDBDatabase> {
    return (this.#database ??= connect());
  }
}

async function connect(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(RECORDINGS, { keyPath: "id" });
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
