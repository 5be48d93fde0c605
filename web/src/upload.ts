/** Handing a recording to the server; the phone's copy goes only when the server names the same content. */

const PATIENCE_MS = 60_000;
const TOKEN = "har-token";

export type Outcome =
  | { kind: "confirmed" }
  | { kind: "refused"; why: string } // the server has read it and does not want it
  | { kind: "later"; why: string }; // worth another try

/** The token from the address's fragment, moved into the browser's storage so that it is not shown or shared. */
export function takeToken(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  localStorage.setItem(TOKEN, token);
  history.replaceState(null, "", location.pathname + location.search);
}

/** Send the file `csv`, whose SHA-256 is `id`. */
export async function upload(csv: string, id: string): Promise<Outcome> {
  const token = localStorage.getItem(TOKEN);
  const headers = { "Content-Type": "text/csv", ...(token && { Authorization: `Bearer ${token}` }) };
  let response: Response;
  let answer: { id?: string; detail?: unknown };
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
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
      return { kind: "later", why: "The server wants its token: open the address in its QR code." };
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
