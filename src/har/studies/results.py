"""One table of what the project shows, each figure with its spread and its limit, from one command."""

from collections.abc import Mapping
from typing import Any, Final

from har.evaluation.results_page import Row, markdown
from har.files import write_json, write_text
from har.params import Params
from har.paths import Paths
from har.studies import abstain, audit, crossval, official, orientation, streaming, transfer
from har.studies.crossval_scores import spread

SEEDS: Final = tuple(range(10))  # of the deployed family on the authors' split
FEW: Final = (0, 1, 2)
POCKET_SEEDS: Final = (0, 1)
PEERS: Final = ("cnn", "logistic_regression", "rbf_svm", "gradient_boosting", "mini_rocket", "deep_conv_lstm")
COSTLY: Final = ("deep_conv_lstm",)  # an epoch of it costs as much as twenty of the deployed network
MOTIONSENSE_KNOBS: Final = {"flip_share": 0.75, "balance": 0.0}  # pockets take a phone any way round
EXCHANGED: Final = ("dws_2_sub_9", "ups_3_sub_9")  # trials of MotionSense whose labels `har trials` finds exchanged
KNOWN: Final = {  # by whose unlabelled windows a way of transfer uses
    "nobody": "window by window",
    "others": "window by window, unlabelled windows of other people there are known",
    "person": "unlabelled windows of the person are known",
}
Scores = Mapping[str, Any]


def run(params: Params, paths: Paths) -> list[Row]:
    """Run every study, or read what it has already trained, and write the table.

    Writes `docs/results.json` (the rows) and `docs/results.md`, and what the studies write. Training takes two to
    three hours on two cores; an interrupted run goes on where it was.
    """
    deploy = params.train.deploy
    rows = [
        *_deployed(official.run(params, paths, official.Options(deploy, SEEDS, tflite=True))),
        *_cross_validated(params, paths),
        *_transitions(official.run(params, paths, official.Options(deploy, FEW, "transitions"))),
        *_moved(orientation.run(params, paths)),
        *_transferred(transfer.run(params, paths)),
    ]
    write_json(paths.root / "docs" / "results.json", [row.document() for row in rows])
    peers: dict[str, Any] = {}
    for name in (deploy, *PEERS):
        write_text(paths.root / "docs" / "results.md", markdown(rows, peers))
        peers[name] = _peer(name, params, paths)
    write_text(paths.root / "docs" / "results.md", markdown(rows, peers))
    for study in (streaming.run, abstain.run, audit.run):
        study(params, paths)
    return rows


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
    motionsense = [
        crossval.run(
            params,
            paths,
            crossval.Options(
                deploy,
                params.studies.folds,
                POCKET_SEEDS,
                datasets=("motionsense",),
                activities="joint",
                overrides=MOTIONSENSE_KNOBS,
                without=without,
            ),
        )["macro_f1_folds"]
        for without in ((), EXCHANGED)
    ]
    accuracies = spread([float(person["accuracy"]) for person in alone["subjects"]])
    pooled = {**accuracies, "mean": alone["macro_f1_pooled"]["mean"]}
    people = len(alone["subjects"])
    count = params.studies.folds
    own = f"over folds, {len(POCKET_SEEDS)} seeds in each; two knobs were chosen on these people (docs/decisions.md)"
    return [
        _row(f"{count}-fold, all 30 subjects, macro-F1", folds["macro_f1_folds"], "over folds", at_least=0.980),
        _row(
            "leave one subject out, macro-F1",
            pooled,
            f"{people} subjects' windows pooled; the spread is that of the subjects' accuracies",
            at_least=0.980,
        ),
        _row(f"MotionSense, {count}-fold, 24 subjects, macro-F1", motionsense[0], own, at_least=0.955),
        _row(
            f"MotionSense, {count}-fold, without two trials of exchanged labels, macro-F1",
            motionsense[1],
            f"{own}; the trials: docs/data-card.md",
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
        worse = min((way["retention"] for way in variant["ways"].values()), key=lambda kept: float(kept["mean"]))
        how = f"the worse of HAPT to MotionSense and back, {KNOWN[variant['unlabelled']]}; chosen with both in view"
        rows.append(_row(f"retention, {name}", worse, how, at_least=0.80))
    return rows


def _peer(name: str, params: Params, paths: Paths) -> dict[str, Any]:
    """Scores of one family on the authors' split and in cross-validation over all subjects."""
    seeds = FEW if name == params.train.deploy else params.train.family(name)["seeds"][:2]
    found = official.run(params, paths, official.Options(name, tuple(seeds)))
    if name in COSTLY:
        return {"official": found}
    return {"official": found, "folds": crossval.run(params, paths, crossval.Options(name, params.studies.folds, (0,)))}
