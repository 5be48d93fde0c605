"""What each ingredient of a family is worth: the same cross-validation without it, on the training subjects alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from har.errors import HarError
from har.files import write_json, write_text
from har.params import Params
from har.paths import Paths
from har.studies import ablation_page, crossval_scores, fits
from har.studies import corpus as corpora
from har.studies.crossval import Outcome, Variant, knobs_of, out_of_fold
from har.studies.folds import folds_of

FULL = "base"


def run(params: Params, paths: Paths, family: str = "cnn_lstm", only: Sequence[str] = ()) -> dict[str, Any]:
    """Cross-validate the family with `studies.ablation_base` and each of `studies.ablations`, same folds, same seeds.

    only: names of variants; none means all. Writes `data/studies/ablate/scores.json` (what is returned) and, for all
    variants of the deployed family, `docs/ablation.md`. The authors' test subjects are in no fold.
    Raises: HarError for a variant that there is not or whose knobs are wrong, before anything is trained.
    """
    variants = variants_of(params, family, only)
    corpus = corpora.load(params, paths)
    folds = folds_of(corpus, params.studies.folds, "training", params.studies.fold_seed)
    seeds = params.studies.seeds
    outcomes = out_of_fold(list(variants.values()), folds, seeds, corpus, params, paths, f"ablate {family}")
    sizes = fits.sizes([outcome.models[0] for outcome in outcomes], f"ablate {family}: sizes")
    result = {
        "family": family,
        "base": dict(params.studies.ablation_base),
        "folds": len(folds),
        "seeds": list(seeds),
        "datasets": list(params.datasets),
        "activities": list(corpus.activities),
        "subjects": sum(len(fold.subjects) for fold in folds),
        "windows": sum(len(fold.test) for fold in folds),
        "variants": [
            _row(name, outcome, outcomes[0], params)
            | {"family": variants[name].family, "size": None if size is None else asdict(size)}
            for name, outcome, size in zip(variants, outcomes, sizes, strict=True)
        ],
    }
    write_json(paths.root / "data" / "studies" / "ablate" / "scores.json", result)
    if family == params.train.deploy and not only:
        write_text(paths.root / "docs" / "ablation.md", ablation_page.markdown(result, params))
    return result


def variants_of(params: Params, family: str, only: Sequence[str] = ()) -> dict[str, Variant]:
    """The family with the knobs of studies.ablation_base, then each variant of params.yaml, or those of `only`.

    A variant with a `family` is that one, with the full family's values of all knobs that both have.
    Raises: HarError for a name that there is not, an unknown family or key, or a bad value.
    """
    known = params.studies.ablations
    for name in only:
        if name not in known:
            raise HarError(f"there is no variant {name!r} in studies.ablations: choose from {'; '.join(known)}.")
    full = knobs_of(params, family, params.studies.ablation_base)
    found = {FULL: Variant(family, full)}
    for name, changes in known.items():
        if not only or name in only:
            found[name] = _variant(params, family, full, name, changes)
    return found


def _variant(params: Params, family: str, full: Mapping[str, Any], name: str, changes: Mapping[str, Any]) -> Variant:
    other = str(changes.get("family", family))
    own = {key: value for key, value in changes.items() if key != "family"}
    try:
        shared = {key: full[key] for key in knobs_of(params, other, {}) if key in full and key != "seeds"}
        return Variant(other, knobs_of(params, other, shared | own))
    except HarError as error:
        raise HarError(f"params.yaml: studies.ablations.{name}: {str(error).removeprefix('params.yaml: ')}") from error


def _row(name: str, outcome: Outcome, full: Outcome, params: Params) -> dict[str, Any]:
    scores = crossval_scores.summarise(outcome.table, params.evaluate)
    difference = None if outcome is full else crossval_scores.paired(outcome.table, full.table, params.evaluate)
    return {
        "name": name,
        "knobs": outcome.knobs,
        "difference": difference,
        **{key: scores[key] for key in ("macro_f1_folds", "macro_f1_pooled", "accuracy", "worst")},
    }
