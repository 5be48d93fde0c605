"""report: what changed since a revision of the repository, for a reviewer: parameters, scores, plots, files."""

import csv
import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

from har.errors import HarError
from har.evaluation import change_page
from har.evaluation.change_page import State
from har.params import Params
from har.paths import Paths
from har.revisions import Revision

Read = Callable[[str], bytes | None]  # the content of a file by its path in the repository, None where it is missing
Found = TypeVar("Found")


def run(params: Params, paths: Paths, base: str) -> str:
    """Markdown on the working tree against the revision `base` (a branch, tag or commit).

    What either side has not got is left out or marked as new. Parameters of the base are those that its scores come
    from, as its dvc.lock has them: its params.yaml may have changed since. Raises `HarError` for a revision that is not
    there and for a file that cannot be read.
    """
    revision = Revision.find(paths.root, base)
    family = params.train.deploy
    before = _state(revision.read, f"{base}:", family)
    before = replace(before, params={**before.params, **_trained_with(revision.read, before.params)})
    now = _state(lambda path: _present(paths.root / path), "", family)
    return change_page.markdown(before, now, str(revision), family)


def _trained_with(read: Read, known: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `known` parameters by dotted key that the stages of dvc.lock ran with."""
    stages = _yaml((read("dvc.lock") or b"stages: {}").decode())["stages"].values()
    values = [_flat(stage.get("params", {}).get("params.yaml", {})) for stage in stages]
    return {name: value for stage in values for name, value in stage.items() if name in known}


def _present(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _state(read: Read, where: str, family: str) -> State:
    """Everything that the report looks at, of the side that `read` reads and that errors call `where`."""

    def parsed(path: str, parse: Callable[[str], Found], empty: Found) -> Found:
        content = read(path)
        try:
            return empty if content is None else parse(content.decode())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HarError(
                f"{where}{path} cannot be read ({error}): restore it from Git or run `dvc repro`."
            ) from error

    folder = f"reports/families/{family}"
    return State(
        metrics=parsed("reports/metrics.json", json.loads, {}),
        export=parsed("reports/export.json", json.loads, {}),
        params=parsed("params.yaml", lambda text: _flat(_yaml(text)), {}),
        confusion=parsed(f"{folder}/confusion.csv", _confusion, Counter()),
        subjects=parsed(
            f"{folder}/subjects.csv", lambda text: {row["subject"]: float(row["accuracy"]) for row in _rows(text)}, {}
        ),
        learning=parsed(f"{folder}/learning.csv", _learning, []),
        outputs=parsed("dvc.lock", _outputs, {}),
        pictures=_pictures(read, parsed("dvc.yaml", _plots, [])),
    )


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _flat(section: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested sections as one, with dotted keys."""
    found: dict[str, Any] = {}
    for name, value in section.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _confusion(text: str) -> Counter[tuple[str, str]]:
    return Counter((row["actual"], row["predicted"]) for row in _rows(text))


def _learning(text: str) -> list[float]:
    """Validation macro-F1 by epoch, mean over seeds."""
    epochs: dict[int, list[float]] = defaultdict(list)
    for row in _rows(text):
        epochs[int(row["epoch"])].append(float(row["validation_macro_f1"]))
    return [fmean(epochs[epoch]) for epoch in sorted(epochs)]


def _outputs(text: str) -> dict[str, list[str]]:
    return {name: [out["md5"] for out in stage.get("outs", ())] for name, stage in _yaml(text)["stages"].items()}


def _plots(text: str) -> list[str]:
    return [plot for plot in _yaml(text)["plots"] if isinstance(plot, str)]


def _pictures(read: Read, plots: list[str]) -> dict[str, str]:
    contents = {plot: read(plot) for plot in plots}
    return {plot: hashlib.sha256(content).hexdigest() for plot, content in contents.items() if content is not None}
