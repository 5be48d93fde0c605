"""models: what is in the registry, who moved what and when, and one version as a folder to hand on."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.stages.promote import open_registry
from har.tracking import bundle, outage, promotion, store
from har.tracking.history import history

WIDTH = 120  # columns of a log, which has no width of its own


def run(params: Params, paths: Paths, as_json: bool = False) -> bool:
    """Print versions and decisions, and on stderr in what registry and ledger differ; whether they agree.

    as_json: as `history` returns it. Nothing is written, not even a registry where there is none yet.
    """
    tracking = store.locate(paths.root)
    if not tracking.shared and not store.database(tracking.registry_uri).is_file():
        found: dict[str, Any] = {"model": params.promote.model, "versions": [], "decisions": [], "differences": []}
    else:
        registry, book = open_registry(params, paths)
        with outage.told(registry.store):
            found = history(registry, book)
    if as_json:
        print(json.dumps(found, indent=2, sort_keys=True))
    else:
        _show(found)
    for line in found["differences"]:
        print(f"har: {line}", file=sys.stderr)
    return not found["differences"]


def export(params: Params, paths: Paths, number: str, folder: Path) -> str:
    """Write the bundle of a version (see `bundle.write`); `champion` and the other aliases name versions too.

    Raises `HarError` for a version that there is not.
    """
    registry, book = open_registry(params, paths)
    with outage.told(registry.store):
        aliases = registry.aliases()
        version = aliases.get(number, number)
        if not version.isdecimal():
            known = ", ".join(sorted(aliases)) or "none yet"
            raise HarError(f"{number!r} is neither a version's number nor an alias of {registry.name} ({known}).")
        files = bundle.write(registry, promotion.known(registry, book), version, folder)
    names = ", ".join(path.name for path in files)
    return f"models: version {version} of {registry.name} is in {folder}: {names}"


def show_preview(preview: promotion.Preview, as_json: bool = False) -> None:
    """Print what the gate would decide, and every check; as_json: the preview's fields."""
    from rich.console import Console

    if as_json:
        print(json.dumps(asdict(preview), indent=2, sort_keys=True))
        return
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    if preview.unfinished is not None:
        done = preview.unfinished
        console.print(f"First, decision {done['sequence']} ({done['decision']}) would be carried out to its end.")
    if preview.decided is not None:
        entry = preview.decided
        console.print(f"Decided already, on {entry['time'][:10]} (decision {entry['sequence']}); that would stand.")
    place = "there is no champion yet" if preview.champion is None else f"the champion is version {preview.champion}"
    if preview.base is not None:
        place = f"it was compared with the model of {preview.base}, and no registry was asked"
    verdict = "would be promoted" if preview.promote else "would not be promoted"
    console.print(_checks(preview.reasons))
    console.print(f"The exported model {verdict}; {place}. Nothing was written.")


def _show(found: Mapping[str, Any]) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    if not found["versions"]:
        console.print(f"{found['model']} has no versions yet: `dvc repro` registers the first.")
        return
    console.print(_versions(found))
    console.print(_decisions(found["decisions"]))
    if not found["differences"]:
        console.print("Registry and ledger agree.")


def _versions(found: Mapping[str, Any]) -> object:
    names = sorted({name for version in found["versions"] for name in version["metrics"]})
    rows = [
        [
            version["version"],
            ", ".join(version["aliases"]),
            *(f"{version['metrics'][name]:.4f}" if name in version["metrics"] else "" for name in names),
            _day(version["made"]),
            (version["commit"] or "")[:8],
            (version["candidate"] or "")[:8],
        ]
        for version in found["versions"]
    ]
    header = ("version", "aliases", *(name.replace("_", " ") for name in names), "made (UTC)", "commit", "candidate")
    return _table(f"Versions of {found['model']}", header, rows)


def _decisions(entries: Sequence[Mapping[str, Any]]) -> object:
    rows = [
        [
            str(entry["sequence"]),
            _day(entry["time"]),
            entry.get("by", ""),
            entry["decision"],
            entry["version"],
            entry["former_version"] or "",
            ", ".join(reason["check"] for reason in entry["reasons"] if not reason["passed"]),
        ]
        for entry in entries
    ]
    header = ("", "when (UTC)", "who", "decision", "version", "champion before", "failed checks")
    return _table("Decisions", header, rows)


def _checks(reasons: Sequence[Mapping[str, Any]]) -> object:
    rows = [
        [
            reason["check"] + (f" ({reason['of']})" if "of" in reason else ""),
            f"{reason['value']:.4g}",
            f"{reason['limit']:g}",
            "yes" if reason["passed"] else "no",
        ]
        for reason in reasons
    ]
    return _table("The gate", ("check", "value", "limit", "passed"), rows)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> object:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name)
    for row in rows:
        table.add_row(*row)
    return table


def _day(time: str) -> str:
    return time[:16].replace("T", " ")
