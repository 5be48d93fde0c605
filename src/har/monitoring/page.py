"""The verdict as one HTML file: nothing is loaded from elsewhere, light or dark as the reader has it."""

import re
from html import escape
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.monitoring import distance, watched
from har.monitoring.finding import Finding
from har.monitoring.verdict import Verdict

SHOWN: Final = 6  # features that are drawn
WORDS: Final = {"retrain": "Not as in training", "mend": "To be mended first", "quiet": "As in training"}
SOURCES: Final = 8  # names of recordings that a finding lists

_CODE: Final = re.compile(r"`([^`]*)`")

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2933; --muted: #5b6773; --paper: #fff; --card: #f5f7f9; --line: #dbe1e7;
  --alarm: #b3372f; --good: #2b7a5b; --notice: #8a5a10; --usual: #9fb3c8; --found: #2f6db3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --muted: #a3b0bd; --paper: #14191f; --card: #1d242c;
  --line: #333d48; --alarm: #ff8a80; --good: #6fd3a8; --notice: #f0bd6a; --usual: #5f7387; --found: #7ab4f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 56rem; padding: 1.25rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; } .muted { color: var(--muted); font-size: .9rem; }
.retrain, .mend { color: var(--alarm); } .quiet { color: var(--good); }
.finding { background: var(--card); border-left: .3rem solid var(--notice); border-radius: .3rem;
  padding: .6rem .9rem; margin: .7rem 0; overflow-wrap: anywhere; }
.finding.alarm { border-color: var(--alarm); }
.tag { font-size: .78rem; font-weight: 600; text-transform: uppercase; letter-spacing: .04em; color: var(--notice); }
.alarm .tag { color: var(--alarm); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .8rem; }
figure { margin: 0; background: var(--card); border-radius: .3rem; padding: .6rem; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; } svg { display: block; width: 100%; height: 4.5rem; }
.usual { fill: var(--usual); } .found { fill: none; stroke: var(--found); stroke-width: 2; }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; vertical-align: -.05rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } td { font-variant-numeric: tabular-nums; }
details { margin-top: .9rem; } summary { cursor: pointer; }
"""


def html(verdict: Verdict) -> str:
    """The page; the same text for the same verdict."""
    facts = verdict.document()
    judged, reference = facts["judged"], facts["reference"]
    parts = [
        f'<h1 class="{verdict.word}">{WORDS[verdict.word]}</h1>',
        f"<p>{judged['windows']:,} windows of {_count(judged['sources'], 'recording')} in {escape(judged['name'])}, "
        f"held against {reference['windows']:,} windows of {reference['people']} people.</p>",
        _findings(verdict.findings),
        "<h2>Features</h2>",
        _charts(verdict, facts["features"][:SHOWN]),
        _features(facts["features"]),
        "<h2>Answers</h2>",
        _answers(facts["answers"]),
        _confidence(facts["confidence"]),
        f'<p class="muted">Model {escape(reference["model_sha256"][:12])}, '
        f"training data {escape(reference['data_sha256'][:12])}.</p>",
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{WORDS[verdict.word]}: {escape(judged['name'])}</title><style>{STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _findings(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "<p>Nothing was found: features, answers and confidence are as among the people of the training.</p>"
    return "\n".join(map(_finding, findings))


def _finding(item: Finding) -> str:
    sentence = escape(item.sentence[:1].upper() + item.sentence[1:])
    shown = ", ".join(map(escape, item.sources[:SOURCES]))
    rest = f" and {len(item.sources) - SOURCES} more" if len(item.sources) > SOURCES else ""
    where = f'<p class="muted">In {shown}{rest}</p>' if shown else ""
    tag = f'<span class="tag">{item.level}: {escape(item.name.replace("_", " "))}</span>'
    advice = '<p class="muted">' + _CODE.sub(r"<code>\1</code>", escape(item.advice)) + "</p>"
    return f'<div class="finding {item.level}">{tag}<p>{sentence}</p>{advice}{where}</div>'


def _charts(verdict: Verdict, rows: list[dict[str, Any]]) -> str:
    """The features that are farthest off: the training's distribution behind, what was found in front."""
    names, reference = watched.names(), verdict.reference
    counts = np.array(reference.counts, np.float64)
    binned = distance.bins(verdict.batch.features, np.array(reference.edges))
    batch = distance.counts(binned, verdict.batch.answers, len(reference.activities))
    usual, found = distance.shares(batch, counts)
    figures = [_chart(row, usual[names.index(row["feature"])], found[names.index(row["feature"])]) for row in rows]
    key = (
        '<p class="muted"><span class="key" style="background: var(--usual)"></span> training, at the same mix of '
        'activities &nbsp; <span class="key" style="background: var(--found)"></span> found; from the smallest '
        "values to the largest, in steps of a twentieth of the training windows</p>"
    )
    return f'{key}<div class="charts">{"".join(figures)}</div>'


def _chart(row: dict[str, Any], usual: NDArray[np.float64], found: NDArray[np.float64]) -> str:
    top, width = float(max(usual.max(), found.max())), 100 / len(usual)
    bars = "".join(
        f'<rect class="usual" x="{i * width:g}" y="{40 - 40 * share / top:.2f}" width="{width - 0.6:g}" '
        f'height="{40 * share / top:.2f}"/>'
        for i, share in enumerate(usual)
    )
    heights = [f"{40 - 40 * share / top:.2f}" for share in found]
    steps = " ".join(f"H{(i + 1) * width:g} V{after}" for i, after in enumerate([*heights[1:], "40"]))
    line = f'<path class="found" vector-effect="non-scaling-stroke" d="M0 40 V{heights[0]} {steps}"/>'
    caption = f"{escape(row['feature'])}<br><span class='muted'>KS {row['ks']:.2f}, PSI {row['psi']:.2f}</span>"
    label = f"{escape(row['feature'])}: training and found"
    return (
        f'<figure><svg viewBox="0 -1 100 42" preserveAspectRatio="none" role="img" aria-label="{label}">{bars}{line}'
        f"</svg><figcaption>{caption}</figcaption></figure>"
    )


def _features(rows: list[dict[str, Any]]) -> str:
    cells = [
        [row["feature"], f"{row['ks']:.3f}", f"{row['psi']:.2f}", f"{row['q']:.2g}", "yes" if row["drifted"] else ""]
        for row in rows
    ]
    drifted = sum(row["drifted"] for row in rows)
    table = _table(["feature", "KS", "PSI", "q", "drifted"], cells)
    return f"<details><summary>All {len(rows)} features, of which {drifted} drifted</summary>{table}</details>"


def _answers(answers: dict[str, dict[str, float]]) -> str:
    cells = [
        [name.replace("_", " "), f"{item['share']:.1%}", f"{item['training']:.1%}"] for name, item in answers.items()
    ]
    return _table(["activity", "found", "training"], cells)


def _confidence(found: dict[str, float]) -> str:
    return (
        f"<p>The median probability of an answer is {found['median']:.2f}, {abs(found['change']):.2f} "
        f"{'lower' if found['change'] < 0 else 'higher'} than in training at the same activities.</p>"
    )


def _table(heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
