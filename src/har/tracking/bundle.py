"""One version as a folder that stands alone: its TFLite files, what they expect, a model card and checksums."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.files import replacing, sha256
from har.tracking.candidate import DIGEST
from har.tracking.registry import Registry

SHIPPED = ("har.tflite", "har-web.tflite", "metadata.json")
CARD, SUMS = "model_card.md", "SHA256SUMS"


def write(registry: Registry, entries: Sequence[Mapping[str, Any]], number: str, folder: Path) -> list[Path]:
    """Write the bundle of the version `number` to `folder` and return its files; `SHA256SUMS` is for `sha256sum -c`.

    entries: of the ledger, about this model. The same version gives the same bytes as long as nothing new is decided
    about it. Raises `HarError` where `folder` holds anything else, and for a file that is missing in the registry or
    not the one that was registered; `folder` is then as it was.
    """
    _check_place(folder)
    with tempfile.TemporaryDirectory() as fetched, replacing(folder.resolve()) as temporary:
        found = registry.checked_files(number, Path(fetched), "to be exported", "export another version", SHIPPED)
        temporary.mkdir()
        for name in SHIPPED:
            shutil.copyfile(found[name], temporary / name)
        about = json.loads(found["metadata.json"].read_text(encoding="utf-8"))
        (temporary / CARD).write_text(card(registry, entries, number, about), encoding="utf-8")
        sums = [f"{sha256(temporary / name)}  {name}\n" for name in (*SHIPPED, CARD)]
        (temporary / SUMS).write_text("".join(sums), encoding="utf-8")
    return [folder / name for name in (*SHIPPED, CARD, SUMS)]


def card(registry: Registry, entries: Sequence[Mapping[str, Any]], number: str, about: Mapping[str, Any]) -> str:
    """The model card of one version: what registry, ledger and metadata say of it, and not of any later one."""
    tags = registry.version(number).tags
    own = [entry for entry in entries if (entry["version"], entry["candidate"]) == (number, tags.get(DIGEST))]
    sections = [
        f"# Model card: {registry.name}, version {number}",
        _contract(about),
        f"## Data and licence\n\nData sets: {about.get('dataset', 'not named')}. {about.get('licence', '')}".rstrip(),
        _scores([entry for entry in own if entry["reasons"]]),
        _decisions(own),
        _origin(tags),
    ]
    return "\n\n".join(sections) + "\n"


def _check_place(folder: Path) -> None:
    if folder.is_dir():
        strangers = sorted({path.name for path in folder.iterdir()} - {*SHIPPED, CARD, SUMS})
        if strangers:
            raise HarError(f"{folder} holds {strangers[0]}, which is not of a bundle: name another or an empty folder.")
    elif folder.exists():
        raise HarError(f"{folder} is a file: name a folder.")


def _contract(about: Mapping[str, Any]) -> str:
    window, rate, channels = about["window"], about["rate_hz"], about["channels"]
    labels = ", ".join(f"{index} {name}" for index, name in enumerate(about["activities"]))
    return f"""\
Names one of {len(about["activities"])} activities from {window / rate:.2f} s of a phone's accelerometer and gyroscope.
Not meant for medical or safety decisions, fall detection, surveillance or the assessment of people.

**In:** float32 `[1, {window}, {len(channels)}]`: {window} consecutive samples at {rate:g} Hz, oldest first, columns
`{", ".join(channels)}`. Acceleration in m/s², gravity included; angular velocity in rad/s. Android's
device axes: a phone lying face up at rest reads about (0, 0, +9.81). Unfiltered, not normalised.

**Out:** float32 `[1, {len(about["activities"])}]`, the probability of each activity: {labels}."""


def _scores(judged: Sequence[Mapping[str, Any]]) -> str:
    """The values of the last time that the gate looked at the version."""
    if not judged:
        return "## Scores\n\nThe ledger holds no scores of this version."
    rows = [_row(reason) for reason in judged[-1]["reasons"]]
    header = "| Check | Value | Limit | Passed |\n| --- | ---: | ---: | --- |"
    return "\n".join([f"## Scores on the test subjects, {judged[-1]['time'][:10]}", "", header, *rows])


def _row(reason: Mapping[str, Any]) -> str:
    name = reason["check"].replace("_", " ") + (f" ({reason['of']})" if "of" in reason else "")
    passed = "yes" if reason["passed"] else "**no**"
    return f"| {name} | {reason['value']:.4g} | {reason['limit']:g} | {passed} |"


def _decisions(own: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"- {entry['time']}: {entry['decision']}, by {entry.get('by', 'somebody')}" for entry in own]
    return "\n".join(["## Decisions", "", *(lines or ["None."])])


def _origin(tags: Mapping[str, str]) -> str:
    names = {"git.commit": "Code, Git commit", "data.sha256": "Windows, SHA-256", "params.sha256": "Params, SHA-256"}
    lines = [f"- {title}: `{tags[key]}`" for key, title in names.items() if key in tags]
    return "\n".join(["## Where it comes from", "", *lines])
