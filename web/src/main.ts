import { App } from "./app.ts";
import { takeToken } from "./upload.ts";
import { tabs } from "./views/tabs.ts";
import { underWorker } from "./worker.ts";

takeToken();
tabs();
const app = new App();
addEventListener("hashchange", () => takeToken() && app.unlocked());
void underWorker().then(() => app.start(new URL(__RUNTIME__, document.baseURI).href));
