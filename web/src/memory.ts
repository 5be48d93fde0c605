/** A few words for the next visit; for this one alone where the browser closes its storage to the page. */

const forNow = new Map<string, string>();

export function recall(key: string): string {
  try {
    return forNow.get(key) ?? localStorage.getItem(key) ?? "";
  } catch {
    return ""; // storage is closed
  }
}

export function remember(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    forNow.set(key, text);
  }
}
