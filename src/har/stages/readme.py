"""The generated parts of the pages: README's tables and pipeline, and the list of features."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.evaluation import words
from har.evaluation.comparison import readme_table
from har.evaluation.results_page import Row, limits
from har.files import read_json, write_text
from har.params import Params
from har.paths import Paths
from har.signals import features


def run(params: Params, paths: Paths) -> str:
    """Write the measured tables and the picture of the pipeline into README.md, and docs/features.md."""
    page = paths.root / "README.md"
    text = readme_table(_read(page), _read(paths.reports / "comparison.md"))
    text = between(text, "files", files_table(read_json(paths.reports / "export.json")))
    measured = json.loads(_read(paths.root / "docs" / "results.json"))
    text = between(text, "results", limits([Row(**row) for row in measured]))
    text = between(text, "pipeline", f"```mermaid\n{_dag(paths)}\n```")
    write_text(page, text)
    write_text(paths.root / "docs" / "features.md", features.markdown())
    return "readme: README.md and docs/features.md are up to date"


def between(text: str, name: str, content: str) -> str:
    """`text` with `content` between the lines `<!-- name -->` and `<!-- /name -->`."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise HarError(f"README.md: put one line {start} and, below it, one line {end} where the {name} belong.")
    head, rest = text.split(start)
    return f"{head}{start}\n{content}\n{end}{rest.split(end)[1]}"


def files_table(exported: dict[str, Any]) -> str:
    """The TFLite forms as a Markdown table; `exported` is what `reports/export.json` holds."""
    lines = [
        "| form | kB | p50 ms | p99 ms | agrees with Keras | macro-F1 change, points |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    chosen, page = exported["chosen"], exported["page"]
    rows = {
        f"**{form}** (`models/har.tflite`)" if form == chosen else form: row
        for form, row in exported["variants"].items()
    }
    rows[f"{chosen} of {words.family(page['family'])} (`models/har-web.tflite`)"] = page
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['size_bytes'] / 1000:.1f} | {row['latency_ms']['p50']:.3f} | "
            f"{row['latency_ms']['p99']:.3f} | {100 * row['agreement']:.2f} % | {100 * row['macro_f1_change']:+.2f} |"
        )
    return "\n".join(lines)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise HarError(f"{path} is missing: restore it from Git, or run `dvc repro` and `make results`.") from error


def _dag(paths: Paths) -> str:
    """The pipeline as `dvc dag` draws it for Mermaid."""
    command = [sys.executable, "-m", "dvc", "dag", "--mermaid"]
    done = subprocess.run(command, cwd=paths.root, capture_output=True, text=True)
    if done.returncode:
        raise HarError(f"`dvc dag` cannot draw the pipeline: {' '.join(done.stderr.split())}")
    return done.stdout.strip()
