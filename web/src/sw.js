/**
 * Service worker. The build puts in the list of the page's own files and their hash.
 *
 * The page's files: fetched when a version is installed, then taken from its cache. WebAssembly, and a model's file
 * that has the hash in its address: taken from a cache once they have been fetched. model.json: the network's, the cached one without
 * it. Everything else, uploads above all, is left alone.
 */
const SHELL = __SHELL__;
const SHELL_CACHE = "har-shell-__VERSION__";
const LASTING_CACHE = "har-lasting";
const WASM = "assets/wasm-"; // and its version
const PATIENCE_MS = 3000; // for the network, where a cache could answer

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL_CACHE).then((cache) => cache.addAll(SHELL)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldShells().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const scope = self.registration.scope;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  const path = request.url.slice(scope.length).split("#")[0];
  if (path.startsWith(WASM) || path.startsWith("model/har.tflite?")) event.respondWith(onceFetched(request, path));
  else if (path === "model/model.json") event.respondWith(networkFirst(request));
  else if (path === "" || SHELL.includes(path)) event.respondWith(fromShell(request, path));
});

async function forgetOldShells() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("har-shell-") && name !== SHELL_CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function fromShell(request, path) {
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(path || "./")) ?? fetch(request);
}

async function onceFetched(request, path) {
  const cache = await caches.open(LASTING_CACHE);
  const cached = await cache.match(path);
  if (cached && (await genuine(cached.clone(), path))) return cached;
  const response = await fetch(request);
  if (response.status === 200 && (await genuine(response.clone(), path))) {
    await forgetOthers(cache, path);
    await cache.put(path, response.clone());
  }
  return response;
}

/** Whether a model's file has the hash that its address ends with: another one in its place would stay for ever. */
async function genuine(response, path) {
  if (path.startsWith(WASM)) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
  return path.endsWith(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
}

/** Another model, or another version of the WebAssembly, takes the place of the one before. */
async function forgetOthers(cache, path) {
  const kind = path.startsWith(WASM) ? WASM : "model/har.tflite";
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  for (const { url } of await cache.keys()) {
    const other = url.slice(self.registration.scope.length);
    if (other.startsWith(kind) && (kind !== WASM || !other.startsWith(folder))) await cache.delete(url);
  }
}

async function networkFirst(request) {
  const cache = await caches.open(LASTING_CACHE);
  const cached = await cache.match(request);
  try {
    const response = await fetch(request, cached ? { signal: AbortSignal.timeout(PATIENCE_MS) } : {});
    if (!response.ok) throw new Error(`${response.status}`);
    await cache.put(request, response.clone());
    return response;
  } catch (error) {
    if (cached) return cached;
    throw error;
  }
}
