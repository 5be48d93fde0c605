/** Handing a recording to the server; the phone's copy goes only when the server names the same content. */

import { recall, remember } from "./memory.ts";

/** The server waits so long for a place and again for a body, and for as long as its bytes take at the slowest speed. */
const PATIENCE_MS = 2 * 20_000;
const SLOWEST = 50; // bytes/ms
const TOKEN = "har-token";

export type Outcome =
  | { kind: "confirmed" }
  | { kind: "refused"; why: string } // the server has read it and does not want it
  | { kind: "locked"; why: string } // it takes recordings with its token alone
  | { kind: "later"; why: string }; // worth another try

/** Move the token from the address's fragment into the browser's storage, so that it is not shown or shared. */
export function takeToken(): boolean {
  const token = tokenIn(location.hash);
  if (!token) return false;
  remember(TOKEN, token);
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

/** Use a token that was typed or pasted, by itself or in the server's address. */
export function useToken(text: string): void {
  remember(TOKEN, tokenIn(text) ?? text.trim());
}

function tokenIn(address: string): string | null {
  return new URLSearchParams(address.split("#")[1]).get("token");
}

/** Send the file `csv`, whose SHA-256 is `id`. */
export async function upload(csv: string, id: string): Promise<Outcome> {
  const token = recall(TOKEN);
  const headers = { "Content-Type": "text/csv", ...(token && { Authorization: `Bearer ${token}` }) };
  let response: Response;
  let answer: { id?: string; detail?: unknown };
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS + csv.length / SLOWEST);
    response = await fetch("v1/recordings", { method: "POST", headers, body: csv, signal });
    answer = await response.json().catch(() => ({}));
  } catch {
    return { kind: "later", why: "The server cannot be reached." };
  }
  if (response.ok && answer.id === id) return { kind: "confirmed" };
  return explain(response.status, typeof answer.detail === "string" ? answer.detail : "");
}

function explain(status: number, detail: string): Outcome {
  switch (status) {
    case 200:
    case 201:
      return { kind: "later", why: "The server answered for another file." };
    case 401:
    case 403:
      return { kind: "locked", why: "The server wants its token: scan its code again, or enter the token below." };
    case 404:
    case 405:
      return { kind: "later", why: "No server here takes recordings: export the file." };
    case 422:
    case 413:
      return { kind: "refused", why: detail || "The server refused the file." };
    default:
      return { kind: "later", why: detail || `The server answered ${status}.` };
  }
}
