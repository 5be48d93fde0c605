// What the tests call by itself: the page's own modules, bundled beside it.
export { fromCsv } from "../../web/src/csv.ts";
export { Listener } from "../../web/src/listener.ts";
export { fetchModel } from "../../web/src/model.ts";
export { canonical, platformSign, SignFinder, up } from "../../web/src/motion.ts";
export { Recogniser } from "../../web/src/recogniser.ts";
export { toCsv, trim } from "../../web/src/recording.ts";
export { resample, StreamResampler } from "../../web/src/resample.ts";
export { Session } from "../../web/src/session.ts";
export { smoother } from "../../web/src/smoother.ts";
export { upload } from "../../web/src/upload.ts";
