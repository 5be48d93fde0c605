/** What the page must know of the model beside its file: `model/model.json`, and the file itself. */

import type { SmootherDocument } from "./smoother.ts";

export interface ModelDocument {
  version: string;
  sha256: string;
  bytes: number;
  activities: string[];
  rate_hz: number; // Hz
  window: number; // samples
  hop: number; // samples
  smoother: SmootherDocument;
  unsure_below: number; // probability
  max_upload_bytes: number; // of one recording
}

export interface Model {
  document: ModelDocument;
  file: Uint8Array<ArrayBuffer>;
}

/**
 * Fetch the model in use. Its address carries its hash, so that a cache may keep it for ever; a file that does not
 * have that hash was replaced between the two requests, or is a browser's copy of a wrong one: both are asked for once
 * more, past the browser's copies.
 */
export async function fetchModel(cache: "default" | "reload" = "default"): Promise<Model> {
  const document = (await (await get("model/model.json", cache)).json()) as ModelDocument;
  const buffer = await (await get(`model/har.tflite?sha256=${document.sha256}`, cache)).arrayBuffer();
  if ((await sha256(buffer)) === document.sha256) return { document, file: new Uint8Array(buffer) };
  if (cache === "default") return fetchModel("reload");
  throw new Error("The model that came is not the one that was announced: reload the page.");
}

async function get(address: string, cache: RequestCache): Promise<Response> {
  const response = await fetch(address, { cache });
  if (!response.ok) throw new Error(`The model could not be loaded (${address}: ${response.status}): reload the page.`);
  return response;
}

/** SHA-256 of some bytes, in hex. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
