"""One table of what the project shows, each figure with its spread and its limit, from one command."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from har.evaluation import words
from har.evaluation.comparison import table
from har.files import write_json, write_text
from har.params import Params
from har.paths import Paths
from har.studies import abstain, audit, crossval, official, orientation, streaming, transfer
from har.studies.crossval_scores import spread

SEEDS: Final = tuple(range(10))  # of the deployed family on the authors' split
FEW: Final = (0, 1, 2)
PEERS: Final = ("cnn", "logistic_regression", "rbf_svm", "gradient_boosting", "mini_rocket", "deep_conv_lstm")
MOTIONSENSE_EPOCHS: Final = {"epochs": 20}  # three times as many windows as HAPT has: as many steps as its 60 epochs
Scores = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One figure: shares of 1 unless the name has a unit.

    sd: over the `n` seeds, folds or subjects that `how` names. at_least, at_most: what it must keep, if anything.
    """

    name: str
    value: float
    sd: float
    n: int
    how: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the limit is kept; None without one."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most


def run(params: Params, paths: Paths) -> list[Row]:
    """Run every study, or read what it has already trained, and write the table.

    Writes `docs/results.json` (the rows) and `docs/results.md`, and what the studies write. Training takes about two
    hours on two cores; an interrupted run goes on where it was.
    """
    deploy = params.train.deploy
    rows = [
        *_deployed(official.run(params, paths, official.Options(deploy, SEEDS, tflite=True))),
        *_cross_validated(params, paths),
        *_transitions(official.run(params, paths, official.Options(deploy, FEW, "transitions"))),
        *_moved(orientation.run(params, paths)),
        *_transferred(transfer.run(params, paths)),
    ]
    peers = {name: _peer(name, params, paths) for name in (deploy, *PEERS)}
    for study in (streaming.run, abstain.run, audit.run):
        study(params, paths)
    write_json(paths.root / "docs" / "results.json", [_bare(row) for row in rows])
    write_text(paths.root / "docs" / "results.md", markdown(rows, peers))
    return rows


def _bare(row: Row) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if value is not None}


def _row(name: str, found: Mapping[str, Any], how: str, **limits: float) -> Row:
    return Row(name, float(found["mean"]), float(found["sd"]), int(found["n"]), how, **limits)


def _deployed(found: Scores) -> list[Row]:
    seeds = "HAPT's official test subjects, over seeds"
    return [
        _row("CNN-LSTM, macro-F1", found["macro_f1"], seeds, at_least=0.980),
        _row("as dynamic-range TFLite, macro-F1 lost", found["macro_f1_loss"], seeds, at_most=0.002),
        _row("as dynamic-range TFLite, kB", found["kilobytes"], "over seeds, without metadata", at_most=80.0),
        _row("worst test subject, accuracy", found["worst_subject_accuracy"], seeds, at_least=0.90),
        _row("expected calibration error, temperature taken out", found["ece_before"], seeds),
        _row("expected calibration error", found["ece"], seeds, at_most=0.02),
    ]


def _cross_validated(params: Params, paths: Paths) -> list[Row]:
    deploy = params.train.deploy
    folds = crossval.run(params, paths, crossval.Options(deploy, params.studies.folds, (0,)))
    alone = crossval.run(params, paths, crossval.Options(deploy, None, (0,)))
    options = crossval.Options(
        deploy,
        params.studies.folds,
        (0,),
        datasets=("motionsense",),
        activities="joint",
        overrides=MOTIONSENSE_EPOCHS,
    )
    motionsense = crossval.run(params, paths, options)
    accuracies = spread([float(person["accuracy"]) for person in alone["subjects"]])
    pooled = {**accuracies, "mean": alone["macro_f1_pooled"]["mean"]}
    count = params.studies.folds
    return [
        _row(f"{count}-fold, all 30 subjects, macro-F1", folds["macro_f1_folds"], "over folds", at_least=0.980),
        _row("leave one subject out, macro-F1, windows pooled", pooled, "subjects' accuracy", at_least=0.980),
        _row(
            f"MotionSense, {count}-fold, 24 subjects, macro-F1",
            motionsense["macro_f1_folds"],
            "over folds",
            at_least=0.955,
        ),
    ]


def _transitions(found: Scores) -> list[Row]:
    how = "HAPT's official test subjects, over seeds"
    return [_row("12 activities, macro-F1", found["macro_f1"], how, at_least=0.85)]


def _moved(found: Scores) -> list[Row]:
    how = "official test subjects, each window turned, against the deployed kind unturned"
    lost = found["channels that no turn changes"]["short_window"]
    return [_row("orientation-robust CNN-LSTM, macro-F1 lost under random rotation", lost, how, at_most=0.03)]


def _transferred(found: Scores) -> list[Row]:
    rows = []
    for name, variant in found["variants"].items():
        ways = [value["retention"] for key, value in variant.items() if key != "knows_target"]
        worse = min(ways, key=lambda way: float(way["mean"]))
        how = "the worse of HAPT to MotionSense and back; " + (
            "uses unlabelled windows of the person" if variant["knows_target"] else "nothing of the other set is known"
        )
        limits = {"at_least": 0.80} if name.startswith("invariant features") else {}
        rows.append(_row(f"retention, {name}", worse, how, **limits))
    return rows


def _peer(name: str, params: Params, paths: Paths) -> dict[str, Any]:
    """Scores of one family on the authors' split and in cross-validation over all subjects."""
    seeds = FEW if name == params.train.deploy else params.train.family(name)["seeds"][:2]
    found = official.run(params, paths, official.Options(name, tuple(seeds)))
    folds = crossval.run(params, paths, crossval.Options(name, params.studies.folds, (0,)))
    return {"official": found, "folds": folds}


def markdown(rows: list[Row], peers: Mapping[str, Scores]) -> str:
    """The page: the table of limits, and the families side by side."""
    body = [[row.name, *_figures(row), row.how] for row in rows]
    families = [
        [
            words.family(name),
            _spread(found["official"]["macro_f1"]),
            _spread(found["official"]["worst_subject_accuracy"]),
            str(found["official"]["macro_f1"]["n"]),
            _spread(found["folds"]["macro_f1_folds"]),
            f"{found['folds']['macro_f1_pooled']['mean']:.4f}",
        ]
        for name, found in sorted(peers.items(), key=lambda item: -float(item[1]["official"]["macro_f1"]["mean"]))
    ]
    head = ("Figure", "Value", "Spread (sd)", "n", "At least", "At most", "Kept", "Over what")
    names = ("Family", "Test subjects, macro-F1", "Worst subject", "Seeds", "k-fold, macro-F1", "Pooled")
    return (
        "# Results\n\nMade by `make results`, which trains whatever is not there yet. HAPT, six activities, unless the "
        f"name says otherwise; shares of 1.\n\n{table(head, body)}\n\n"
        "[transfer.md](transfer.md), [streaming.md](streaming.md), [abstain.md](abstain.md), "
        "[label-audit.md](label-audit.md) and [ablation.md](ablation.md) have the rest.\n\n"
        "## Families on the same windows and subjects\n\nThe authors' split (mean and spread over seeds), k-fold by "
        "subject over all 30 subjects (mean and spread over folds; then all windows at once).\n\n"
        f"{table(names, families)}\n"
    )


def _figures(row: Row) -> list[str]:
    digits: Callable[[float], str] = (lambda value: f"{value:.1f}") if row.name.endswith("kB") else "{:.4f}".format
    limits = ["" if limit is None else f"{limit:g}" for limit in (row.at_least, row.at_most)]
    kept = {None: "", True: "yes", False: "**no**"}[row.kept]
    return [digits(row.value), digits(row.sd), str(row.n), *limits, kept]


def _spread(value: Mapping[str, Any]) -> str:
    return f"{value['mean']:.4f}" + (f" ± {value['sd']:.4f}" if value["n"] > 1 else "")
