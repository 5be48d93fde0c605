"""What a change does to parameters, scores, plots and files, in Markdown: two states of the project side by side."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from har.evaluation import words
from har.evaluation.comparison import interval, ranked, table

MARKER: Final = "<!-- har report -->"  # by which a comment that holds a report is found again
FOLDED: Final = 15  # changed parameters from which on the table is folded away
SCORES: Final = {
    "macro_f1": "Macro-F1, %",
    "accuracy": "Accuracy, %",
    "worst_subject_accuracy": "Worst subject, %",
    "ece": "ECE, %",
}


@dataclass(frozen=True)
class State:
    """What the project says of itself at one point in time; empty where that point has not got it.

    metrics, export: what `reports/metrics.json` and `reports/export.json` hold. params: params.yaml, by dotted key.
    confusion: windows by (actual, predicted) of the deployed family; subjects: accuracy by subject; learning:
    validation macro-F1 by epoch, mean over seeds. outputs: MD5 of each stage's outputs. pictures: SHA-256 by path.
    """

    metrics: Mapping[str, Any] = field(default_factory=dict)
    export: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    confusion: Mapping[tuple[str, str], int] = field(default_factory=dict)
    subjects: Mapping[str, float] = field(default_factory=dict)
    learning: Sequence[float] = ()
    outputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)


def markdown(before: State, now: State, base: str, family: str) -> str:
    """The report on `now` against `before`.

    base: `before` in words, such as "`main` (0945bd2)". family: the deployed one.
    """
    title = words.family(family)
    sections = {
        "Scores on the test subjects": _scores(before, now),
        "Parameters": _params(before.params, now.params),
        f"{title}: confusion matrix": _confusion(before.confusion, now.confusion),
        f"{title}: test subjects": _subjects(before.subjects, now.subjects),
        f"{title}: learning": _learning(before.learning, now.learning),
        f"{title}: TFLite files and their parity with Keras": _export(before.export, now.export),
        "What was made anew": _made(before, now),
    }
    body = "\n\n".join(f"### {name}\n\n{text}" for name, text in sections.items() if text)
    return f"{MARKER}\n## Against {base}\n\n{_verdict(before, now, family)}\n\n{body}\n"


def _verdict(before: State, now: State, family: str) -> str:
    found = now.metrics.get("families", {}).get(family)
    if found is None:
        return "There are no scores here yet: `dvc repro` makes them."
    score, title = found["macro_f1"], words.family(family)
    known = before.metrics.get("families", {}).get(family)
    if known is None:
        return f"**{title}: macro-F1 {_percent(score['mean'])} %**, which the base has no score of."
    sentence = (
        f"**{title}: macro-F1 {_percent(known['macro_f1']['mean'])} % → {_percent(score['mean'])} %**, "
        f"95 % interval {interval(known['macro_f1'])} → {interval(score)}."
    )
    if any(name.startswith(f"train.{family}.") for name in _changed(before.params, now.params)):
        sentence += " Its parameters of training differ, see below."
    return sentence


def _scores(before: State, now: State) -> str:
    families, known = now.metrics.get("families", {}), before.metrics.get("families", {})
    rows = []
    for name in ranked(families):
        cells = [
            _with_change(families[name][score]["mean"], known.get(name, {}).get(score, {}).get("mean"))
            for score in SCORES
        ]
        rows.append([words.family(name), cells[0], interval(families[name]["macro_f1"]), *cells[1:]])
    if not rows:
        return ""
    titles = list(SCORES.values())
    text = table(("Family", titles[0], "95 % interval", *titles[1:]), rows)
    if gone := sorted(set(known) - set(families)):
        text += f"\n\nNo longer trained: {', '.join(words.family(name) for name in gone)}."
    return f"{text}\n\nMean over seeds, in brackets the change in points."


def _params(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = _changed(before, now)
    if not names:
        return "None changed."
    rows = [[f"`{name}`", _value(before, name), _value(now, name)] for name in names]
    text = table(("Parameter", "Before", "Now"), rows, text=3)
    if len(rows) < FOLDED:
        return text
    return f"<details><summary>{len(rows)} changed</summary>\n\n{text}\n\n</details>"


def _confusion(before: Mapping[tuple[str, str], int], now: Mapping[tuple[str, str], int]) -> str:
    if not now:
        return ""
    names = sorted({actual for actual, _ in now})
    columns = sorted({*names, *(predicted for _, predicted in now)})
    rows = []
    for actual in names:
        counts = [(now.get((actual, name), 0), before.get((actual, name), 0)) for name in columns]
        cells = [str(new) if not before or new == old else f"{new} ({new - old:+d})" for new, old in counts]
        rows.append([words.activity(actual), *cells])
    header = ["Actual, as predicted →", *(words.activity(name) for name in columns)]
    return f"{table(header, rows)}\n\n{_errors(before, now)}"


def _errors(before: Mapping[tuple[str, str], int], now: Mapping[tuple[str, str], int]) -> str:
    wrong, known = (sum(n for (actual, said), n in counts.items() if actual != said) for counts in (now, before))
    was = f", {known:,} of {sum(before.values()):,} before" if before else ""
    return f"Windows of the selected seed: {wrong:,} of {sum(now.values()):,} wrong{was}."


def _subjects(before: Mapping[str, float], now: Mapping[str, float]) -> str:
    rows = [[name, _with_change(accuracy, before.get(name))] for name, accuracy in now.items()]
    return table(("Subject", "Accuracy, %"), rows) if rows else ""


def _learning(before: Sequence[float], now: Sequence[float]) -> str:
    """A chart of both curves over the epochs that both have; a line is drawn from two points on."""
    curves = [curve for curve in (before, now) if curve]
    epochs = min((len(curve) for curve in curves), default=0)
    if not now or epochs < 2:
        return ""
    lines = "\n".join(f"    line [{', '.join(_percent(value) for value in curve[:epochs])}]" for curve in curves)
    said = "the first line is the base's, the second this one's" if len(curves) > 1 else "there is none in the base"
    return (
        f"```mermaid\nxychart-beta\n    x-axis \"Epoch\" 1 --> {epochs}\n"
        f"    y-axis \"Validation macro-F1, %\"\n{lines}\n```\n\nMean over seeds; {said}."
    )  # fmt: skip


def _export(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    files, known = _files(now), _files(before)
    rows = []
    for name, form in files.items():
        old = known.get(name, {})
        size = None if "size_bytes" not in old else old["size_bytes"] / 1000
        rows.append(
            [
                f"**{name}**" if name == now.get("chosen") else name,
                _with_change(form["size_bytes"] / 1000, size, factor=1),
                _with_change(form["agreement"], old.get("agreement"), digits=2),
                _with_change(form["macro_f1"], old.get("macro_f1")),
                f"{100 * form['macro_f1_change']:+.2f}",
            ]
        )
    header = ("File", "Size, kB", "Agrees with Keras, %", "Macro-F1, %", "Against Keras, points")
    return table(header, rows) if rows else ""


def _files(exported: Mapping[str, Any]) -> dict[str, Any]:
    """The forms and the phone page's file by name, as far as the export stage has measured them."""
    page = {"phone page": exported["page"]} if "page" in exported else {}
    return {**exported.get("variants", {}), **page}


def _made(before: State, now: State) -> str:
    stages = [name for name, found in now.outputs.items() if found != before.outputs.get(name)]
    pictures = [name for name, found in now.pictures.items() if found != before.pictures.get(name)]
    lines = [
        f"{title}: {', '.join(f'`{name}`' for name in names) if names else 'none'}."
        for title, names in {"Stages with other outputs": stages, "Pictures that changed": pictures}.items()
    ]
    return "\n\n".join(lines)


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    missing = object()
    return [name for name in {**now, **before} if now.get(name, missing) != before.get(name, missing)]


def _value(params: Mapping[str, Any], name: str) -> str:
    """A parameter's value as params.yaml has it, safe inside a cell of a table."""
    return f"`{json.dumps(params[name], ensure_ascii=False)}`".replace("|", "\\|") if name in params else "–"


def _with_change(value: float, before: float | None, digits: int = 1, factor: float = 100) -> str:
    """`value` times `factor` with its change in brackets: "98.6 (+0.1)"; "98.6 (new)" where there was none."""
    shown = f"{factor * value:.{digits}f}"
    if before is None:
        return f"{shown} (new)"
    change = f"{factor * (value - before):+.{digits}f}"
    return shown if float(change) == 0 else f"{shown} ({change})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
