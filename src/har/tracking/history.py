"""What the registry and the ledger say of a model's versions, side by side, and whether they agree."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har.tracking.candidate import DIGEST
from har.tracking.promotion import known, moves
from har.tracking.registry import APPLIED, CHAMPION, HASH, PREVIOUS, Registry, applied_tag

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

Entry = Mapping[str, Any]


def history(registry: Registry, book: Path) -> dict[str, Any]:
    """Everything about the model, as JSON values; nothing is written.

    Returns `model`; `versions` (the newest first: version, aliases, made, metrics, commit, run, and the digests of
    candidate, data and params); `decisions` (the ledger's entries, oldest first); and `differences` (a sentence each,
    see `differences`). Raises `HarError` where the ledger is damaged.
    """
    aliases, versions, entries = registry.aliases(), registry.versions(), known(registry, book)
    return {
        "model": registry.name,
        "versions": [_version(version, aliases) for version in versions],
        "decisions": entries,
        "differences": differences(registry.name, aliases, versions, entries),
    }


def differences(
    name: str, aliases: Mapping[str, str], versions: "Sequence[ModelVersion]", entries: Sequence[dict[str, Any]]
) -> list[str]:
    """In what the registry and the ledger do not agree, a sentence each; empty where they do.

    Decisions about versions that are not in this registry, because they were deleted or belong to another one, are
    not compared.
    """
    tags = {str(version.version): version.tags for version in versions}
    here = [move for move in moves(entries) if tags.get(move["version"], {}).get(DIGEST) == move["candidate"]]
    lines = _lost(name, tags, entries)
    if not here:
        if CHAMPION in aliases:
            lines.append(
                f"version {aliases[CHAMPION]} of {name} is champion, and the ledger does not say how it became it: "
                "restore the ledger from Git or a copy."
            )
        return lines
    last = here[-1]
    what = f"decision {last['sequence']} ({last['decision']}) made version {last['version']} of {name} champion"
    if applied_tag(last) not in tags[last["version"]]:
        return [*lines, f"{what}, and was not carried out to its end: run `har promote`, which finishes it."]
    if aliases.get(CHAMPION) != last["version"]:
        found = f"version {aliases[CHAMPION]}" if CHAMPION in aliases else "no version"
        lines.append(f"{what}, but {found} has that alias: somebody moved it past har. Move it back in MLflow.")
    former = last["former_version"]
    expected = former if former != last["version"] and tags.get(former, {}).get(DIGEST) == last["former"] else None
    if expected is not None and aliases.get(PREVIOUS) != expected:
        found = f"version {aliases[PREVIOUS]}" if PREVIOUS in aliases else "no version"
        lines.append(
            f"{what} in place of version {expected}, but {found} has the alias {PREVIOUS}: somebody moved it past har. "
            "Move it back in MLflow."
        )
    return lines


def _lost(name: str, tags: Mapping[str, Mapping[str, str]], entries: Sequence[dict[str, Any]]) -> list[str]:
    """Versions that a decision was carried out on which the ledger does not have: its end was cut off."""
    marks = {str(entry["hash"])[:HASH] for entry in entries}
    return [
        f"version {number} of {name} was moved by a decision that the ledger does not have: restore the ledger from "
        "Git or a copy."
        for number, own in tags.items()
        if any(key.startswith(APPLIED) and key.removeprefix(APPLIED) not in marks for key in own)
    ]


def _version(version: "ModelVersion", aliases: Mapping[str, str]) -> dict[str, Any]:
    number, tags = str(version.version), version.tags
    return {
        "version": number,
        "aliases": sorted(alias for alias, of in aliases.items() if of == number),
        "made": datetime.fromtimestamp(version.creation_timestamp / 1000, UTC).isoformat(timespec="seconds"),
        "metrics": {key: float(value) for key, value in sorted(tags.items()) if "." not in key},
        "candidate": tags.get(DIGEST),
        "data_sha256": tags.get("data.sha256"),
        "params_sha256": tags.get("params.sha256"),
        "commit": tags.get("git.commit"),
        "run": version.run_id,
    }
