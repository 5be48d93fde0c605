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
  state: "kept" | "uploaded" | "refused";
  note: string; // why it is still here, for the person
  csv: string | null; // null once the server has confirmed its copy
}

/** The recording in progress, so that a closed page loses at most a few seconds of it. */
export const DRAFT = "draft";

export class Store {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(): Promise<Store> {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(RECORDINGS, { keyPath: "id" });
    return new Store(await settled(request));
  }

  /** All recordings, the newest first. */
  async all(): Promise<Kept[]> {
    const kept = await settled<Kept[]>(this.#table("readonly").getAll());
    return kept.sort((a, b) => b.started.localeCompare(a.started));
  }

  /** Resolves when it is on the disk. */
  put(kept: Kept): Promise<void> {
    return this.#change((table) => table.put(kept));
  }

  remove(id: string): Promise<void> {
    return this.#change((table) => table.delete(id));
  }

  #change(edit: (table: IDBObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(RECORDINGS, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("The phone has no room left."));
      edit(transaction.objectStore(RECORDINGS));
    });
  }

  #table(mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(RECORDINGS, mode).objectStore(RECORDINGS);
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
