/** Answers that do not flicker: the twin of `src/har/live/smoother.py`. */

/** No probability counts as less: one certain mistake must not outweigh all later answers. */
const TINY = 1e-9;

export type SmootherDocument =
  | { kind: "forward"; stay: number; evidence: number }
  | { kind: "exponential"; memory: number };

/** Belief `[a]` after one more answer `[a]`; `belief` is undefined before the first. */
export type Smoother = (belief: Float64Array | undefined, probabilities: ArrayLike<number>) => Float64Array;

export function smoother(document: SmootherDocument): Smoother {
  switch (document.kind) {
    case "forward":
      return forward(document.stay, document.evidence);
    case "exponential":
      return exponential(document.memory);
    default:
      throw new Error(`unknown smoother ${JSON.stringify(document)}`);
  }
}

/** Forward filter of a hidden Markov model whose states are the activities (Rabiner 1989, sec. III.A). */
function forward(stay: number, evidence: number): Smoother {
  return (belief, probabilities) => {
    const count = probabilities.length;
    const leave = (1 - stay) / Math.max(count - 1, 1);
    const joint = Float64Array.from(probabilities, (p, a) => {
      const prior = belief ? leave + (stay - leave) * belief[a]! : 1 / count;
      return prior * Math.max(p, TINY) ** evidence;
    });
    const sum = joint.reduce((total, value) => total + value, 0);
    return joint.map((value) => value / sum);
  };
}

/** Exponential moving average; `memory` is the part of the belief that one answer leaves. */
function exponential(memory: number): Smoother {
  return (belief, probabilities) =>
    Float64Array.from(probabilities, (p, a) => (belief ? memory * belief[a]! + (1 - memory) * p : p));
}
