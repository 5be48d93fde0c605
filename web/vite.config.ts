import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, minifySync, type Plugin } from "vite";

const LITERT = new URL("node_modules/@litertjs/core/", import.meta.url);
const PUBLIC = new URL("public/", import.meta.url);
/** The recording that web/tools/replay.py has made for the page. */
const SAMPLE = process.env["SAMPLE"] ?? "replay.csv";

/** Its version is in the address, so that it may be cached for ever. */
const RUNTIME = `assets/wasm-${(JSON.parse(readFileSync(new URL("package.json", LITERT), "utf8")) as { version: string }).version}/`;

/** The WebAssembly that one thread needs: with relaxed SIMD, and without it for browsers that lack it. */
const RUNTIME_FILES = ["litert_wasm_internal", "litert_wasm_compat_internal"].flatMap((name) => [`${name}.js`, `${name}.wasm`]);

/** Puts LiteRT's WebAssembly beside the page, so that nothing comes from elsewhere. */
function runtime(): Plugin {
  return {
    name: "runtime",
    generateBundle() {
      for (const name of RUNTIME_FILES) {
        const source = readFileSync(new URL(`wasm/${name}`, LITERT));
        this.emitFile({ type: "asset", fileName: `${RUNTIME}${name}`, source });
      }
    },
  };
}

/** Puts the recording that ships with the page beside it. */
function sample(): Plugin {
  return {
    name: "sample",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "replay.csv", source: readFileSync(SAMPLE) });
    },
  };
}

/**
 * Leaves out of LiteRT.js what copies tensors between processor and graphics card: the page computes on the processor
 * alone.
 */
function withoutGraphics(): Plugin {
  const call = "registerCopyFunctions();";
  return {
    name: "without-graphics",
    transform(code, id) {
      if (!id.includes("@litertjs/core/dist/index.js")) return undefined;
      if (!code.includes(`\n${call}`)) throw new Error(`@litertjs/core no longer calls ${call} by itself: drop this plugin`);
      return { code: code.replace(`\n${call}`, "\n"), map: null };
    },
  };
}

/** Writes sw.js with the names of the page's own files and a version that changes with their content. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const hash = createHash("sha256");
        const built = Object.values(bundle).filter(({ fileName }) => !fileName.startsWith(RUNTIME));
        for (const part of built) hash.update(part.type === "chunk" ? part.code : part.source);
        const copied = readdirSync(PUBLIC).filter((name) => !name.endsWith(".png")); // who installs the page keeps those
        for (const name of copied) hash.update(readFileSync(new URL(name, PUBLIC)));
        const names = built.map(({ fileName }) => fileName).filter((name) => name !== "index.html");
        const shell = JSON.stringify(["./", ...names, ...copied].sort());
        const version = hash.digest("hex").slice(0, 12);
        const template = readFileSync(new URL("src/sw.js", import.meta.url), "utf8");
        const source = template.replace("__SHELL__", shell).replace("__VERSION__", version);
        this.emitFile({ type: "asset", fileName: "sw.js", source: minifySync("sw.js", source).code });
      },
    },
  };
}

/** Takes the indentation out of index.html. */
function flat(): Plugin {
  return { name: "flat", transformIndexHtml: { order: "post", handler: (html) => html.replace(/\n\s+/g, "\n") } };
}

export default defineConfig({
  base: "./",
  define: { __RUNTIME__: JSON.stringify(RUNTIME) },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  plugins: [withoutGraphics(), runtime(), sample(), flat(), serviceWorker()],
});
