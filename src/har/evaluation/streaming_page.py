"""The page on streaming: what the scores mean, how the smoother was chosen, and the tables."""

from collections.abc import Mapping
from typing import Any, Final

from har.evaluation import words
from har.evaluation.comparison import table

KINDS: Final = {"raw": "none", "forward": "hidden Markov model", "exponential": "exponential"}
SETS: Final = {
    "basic": "6 activities",
    "one_transition": "6 and one `transition`",
    "transitions": "6 and 6 transitions",
}
SCORES: Final = ("Frame macro-F1, %", "Frame accuracy, %", "Edit score, %")
DELAYS: Final = ("Changes", "Delay p50, s", "p95, s", "Never, %", "p50, s (labelled before)", "p95, s")
COUNTS: Final = (
    "Segments",
    "Correct",
    "Deleted",
    "Fragmented",
    "Merged",
    "Both",
    "Inserted",
    "Answer changes a minute",
)


def markdown(result: Mapping[str, Any]) -> str:
    """Write the page from what the streaming study measured."""
    sections = [
        "# Streaming",
        _protocol(result),
        f"## On the test subjects' {result['recordings']['test']} recordings",
        _tables(result),
        "## The smoothers",
        _smoothers(result),
    ]
    return "\n\n".join(sections) + "\n"


def _protocol(result: Mapping[str, Any]) -> str:
    rate = result["rate_hz"]
    hop, window = result["hop"] / rate, result["window"] / rate
    seeds = f"{result['seeds']} seeds" if result["seeds"] > 1 else "one seed"
    return f"""\
Scores of windows leave out what is hard about a stream: the moments when somebody changes what they do. Here the
{words.family(result["family"])} listens to whole recordings of people it has not seen, transitions and
unlabelled parts included, and answers every {hop:.2f} s from the last {window:.2f} s. The answer at any time comes
from samples up to that time only. A frame is one sample; its answer is the latest one. Made by `har streaming`; mean ±
standard deviation over {seeds}.

- **Frames** are scored where they have one of the labels that a row is scored on. Frames without such a label are run
  through, never scored. A frame before the first answer counts as wrong.
- **Segments** are runs of one label or answer over the scored frames (Ward, Lukowicz and Gellersen 2011). Of the
  labelled ones: correct (one answered segment overlaps it, and that one no other), deleted, fragmented, merged, or
  both. Inserted: answered segments where there was no such activity. **Edit score**: 1 less the Levenshtein distance
  between the sequences of segments, over the longer one (Lea et al. 2016), mean over recordings. Changes a minute: of
  the answer, over all frames.
- **Delay** counts from where a new label starts to the first answer that names it and is followed by another that
  does; 0 where it is named already. Before most walks lies an unlabelled part in which the walk may have begun, so that
  the delays at changes with a label right before (a transition, mostly) stand beside.

![One test recording](images/streaming.png)"""


def _tables(result: Mapping[str, Any]) -> str:
    scores, delays, counts = [], [], []
    for name, kinds in result["models"].items():
        for kind, views in kinds.items():
            for view, found in views.items():
                head = [SETS[name], SETS[view], KINDS[kind]]
                scores.append([*head, *(_share(found[key]) for key in ("macro_f1", "accuracy", "edit"))])
                delays.append([*head, *_delay(found)])
                counts.append([*head, *_counts(found)])
    titles = ("Model", "Scored on", "Smoother")
    parts = zip((SCORES, DELAYS, COUNTS), (scores, delays, counts), strict=True)
    return "\n\n".join(table((*titles, *columns), rows, text=3) for columns, rows in parts)


def _delay(found: Mapping[str, Any]) -> list[str]:
    everywhere, labelled = found["delay"], found["delay_labelled_before"]
    return [
        _number(everywhere["changes"], 0),
        _number(everywhere["p50_s"], 2),
        _number(everywhere["p95_s"], 2),
        _share(everywhere["never"]),
        _number(labelled["p50_s"], 2),
        _number(labelled["p95_s"], 2),
    ]


def _counts(found: Mapping[str, Any]) -> list[str]:
    truth, answers = found["truth_segments"], found["answer_segments"]
    kinds = ("correct", "deleted", "fragmented", "merged", "fragmented_merged")
    return [
        f"{sum(truth[kind]['mean'] for kind in kinds):.0f}",
        *(_number(truth[kind], 0) for kind in kinds),
        _number(answers["inserted"], 0),
        _number(found["changes_per_minute"], 1),
    ]


def _smoothers(result: Mapping[str, Any]) -> str:
    kinds = result["smoothers"]
    rows = [
        [
            KINDS[kind] + (" (chosen)" if kind == kinds["chosen"] else ""),
            _numbers(kinds[kind]["smoother"]),
            f"{100 * kinds[kind]['macro_f1']:.1f}",
            f"{100 * kinds[kind]['edit']:.1f}",
            *(_plain(kinds[kind]["delay"][key]) for key in ("p50_s", "p95_s")),
        ]
        for kind in KINDS
    ]
    header = ("Smoother", "Numbers", "Frame macro-F1, %", "Edit score, %", "Delay p50, s", "p95, s")
    return f"""\
A smoother trades frames for segments: it passes over single odd answers and is later at each change. Which trade is
right is for an application to say. The rule here: of the candidates that cost at most
{100 * result["max_f1_loss"]:g} points of frame-level macro-F1, the one with the best edit score. It is applied to the
{result["recordings"]["train"]} recordings of the training and validation subjects, each answered by a model that has
not seen its subject ({result["folds"]} folds by subject). The test subjects have no part in it. It was applied to the
models of the six activities, and its outcome serves the others too.

The hidden Markov model filters forwards: `stay` is the probability that nothing changes between two answers, the rest
is shared equally by the other activities, and `evidence` is the exponent on the model's probabilities. The exponential
smoother averages them, with `memory` left of the old average at each answer.

{table(header, rows, text=2)}"""


def _numbers(smoother: Mapping[str, Any] | None) -> str:
    pairs = [f"{name} {value:g}" for name, value in (smoother or {}).items() if name != "kind"]
    return ", ".join(pairs) or "–"


def _share(value: Mapping[str, Any]) -> str:
    return _number(value, 1, 100)


def _number(value: Mapping[str, Any], digits: int, times: float = 1) -> str:
    """Mean, and ± sd where there is more than one seed; a dash where there is no number."""
    if not value["n"]:
        return "–"
    mean = f"{times * value['mean']:.{digits}f}"
    return f"{mean} ± {times * value['sd']:.{digits}f}" if value["n"] > 1 and value["sd"] else mean


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
