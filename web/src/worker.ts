/** The service worker: with it the page opens without a network. */

const PATIENCE_MS = 1500;

/**
 * Register the service worker and wait, for a moment, until this page is under its control: what the page then loads
 * (the model, the WebAssembly) goes through its caches and is fetched once. Without one the page works all the same.
 */
export async function underWorker(): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  const controlled = new Promise<void>((resolve) => {
    if (workers.controller) resolve();
    workers.addEventListener("controllerchange", () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE_MS);
  });
  try {
    await workers.register("./sw.js");
  } catch (error) {
    console.warn("without a service worker the page needs the network", error);
    return;
  }
  await controlled;
}
