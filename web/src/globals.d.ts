/** Folder of LiteRT's WebAssembly, relative to the page; the build puts it in. */
declare const __RUNTIME__: string;
