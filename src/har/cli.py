"""One door: every command. Nothing is imported until a command needs it."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from har.errors import HarError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From recordings of a phone's accelerometer and gyroscope to a recogniser that runs on that phone.",
)
Stage = Literal[
    "collect", "download", "validate", "preprocess", "featurize", "train", "evaluate", "compare", "export", "promote"
]


def main() -> None:
    """Run a command; a `HarError` becomes its one sentence on stderr and exit code 2."""
    _quiet()
    try:
        app(prog_name="har")
    except HarError as error:
        print(f"har: {error}", file=sys.stderr)
        sys.exit(2)


def _quiet() -> None:
    """Switch telemetry off and the libraries' chatter down, unless the user has set them."""
    for name, value in {
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DVC_NO_ANALYTICS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MPLBACKEND": "Agg",
        "GIT_PYTHON_REFRESH": "quiet",
    }.items():
        os.environ.setdefault(name, value)


@app.command()
def stage(
    name: Annotated[Stage, typer.Argument(help="the stage, as dvc.yaml names it")],
    item: Annotated[
        str | None, typer.Argument(help="the data set, for download; the family of models, for train and evaluate")
    ] = None,
) -> None:
    """Run one stage of the pipeline by itself, as `dvc repro` does."""
    from importlib import import_module

    from har.params import load
    from har.paths import Paths

    needs = {"download": "a data set: one of datasets"} | dict.fromkeys(
        ("train", "evaluate"), "a family: one of train.families"
    )
    if name in needs and item is None:
        raise HarError(f"`har stage {name}` needs {needs[name]} in params.yaml.")
    if name not in needs and item is not None:
        raise HarError(f"`har stage {name}` is one for all data sets and families: leave {item!r} out.")
    run = import_module(f"har.stages.{name}").run
    print(run(load(), Paths()) if item is None else run(load(), Paths(), item))


@app.command()
def promote(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what the gate would decide; write nothing")] = False,
    base: Annotated[
        str | None,
        typer.Option(help="with --dry-run: compare with the model of this branch, tag or commit; needs no registry"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="with --dry-run: for machines")] = False,
) -> None:
    """Register the exported model and make it champion if it passes the gate (docs/registry.md)."""
    from har.params import load
    from har.paths import Paths
    from har.stages import models
    from har.stages import promote as stage

    if dry_run:
        models.show_preview(stage.dry_run(load(), Paths(), base), as_json)
    elif base is not None or as_json:
        raise HarError("--base and --json go with --dry-run: what moves the champion compares with the registry's.")
    else:
        print(stage.run(load(), Paths()))


models = typer.Typer(help="What is in the registry, and one version as a folder to hand on.", rich_markup_mode=None)
app.add_typer(models, name="models")


@models.callback(invoke_without_command=True)
def list_models(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False
) -> None:
    """List versions, aliases, metrics, and who moved what and when; exit code 1 if registry and ledger differ."""
    if context.invoked_subcommand is not None:
        return
    from har.params import load
    from har.paths import Paths
    from har.stages.models import run

    if not run(load(), Paths(), as_json):
        raise typer.Exit(1)


@models.command("export")
def export_model(
    version: Annotated[str, typer.Argument(help="a version's number, or an alias such as champion")],
    folder: Annotated[Path, typer.Argument(help="made; what an earlier export left there is replaced")],
) -> None:
    """Write a version's TFLite files, metadata, model card and checksums into a folder."""
    from har.params import load
    from har.paths import Paths
    from har.stages.models import export

    print(export(load(), Paths(), version, folder))


@app.command()
def rollback() -> None:
    """Give the alias `champion` back to the previous champion and write the decision into the ledger."""
    from har.params import load
    from har.paths import Paths
    from har.stages.promote import rollback as run

    print(run(load(), Paths()))


@app.command()
def verify() -> None:
    """Hash every output of the pipeline and the champion's files again and say what differs from what was recorded."""
    from har.params import load
    from har.paths import Paths
    from har.stages.verify import run

    print(run(load(), Paths()))


@app.command()
def summary() -> None:
    """Print what the pipeline made: families and scores, the promoted version, file sizes and latency."""
    from har.params import load
    from har.paths import Paths
    from har.stages.summary import run

    run(load(), Paths())


@app.command()
def report(
    base: Annotated[str, typer.Option(help="a branch, tag or commit to compare with")] = "main",
    output: Annotated[Path | None, typer.Option(help="write the Markdown here", show_default="printed")] = None,
) -> None:
    """Say in Markdown what changed since a revision: scores, parameters, confusion matrix, parity of the files."""
    from har.files import write_text
    from har.params import load
    from har.paths import Paths
    from har.stages.report import run

    text = run(load(), Paths(), base)
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)


@app.command()
def predict(
    file: Annotated[Path, typer.Argument(help="a recording, .csv or .parquet (docs/recording-format.md)")],
    model: Annotated[
        Path | None,
        typer.Option(
            help="a .tflite file, or the .json file of a scratch_mlp",
            show_default="models/champion.tflite if there is one, else models/har.tflite",
        ),
    ] = None,
    windows: Annotated[bool, typer.Option("--windows", help="a row a window, with every probability")] = False,
    output: Annotated[Path | None, typer.Option(help="write the table here, as CSV")] = None,
    rate_hz: Annotated[float | None, typer.Option(help="Hz, where the file has no times")] = None,
    acceleration: Annotated[Literal["m/s^2", "g"] | None, typer.Option(help="unit of acc_x, acc_y, acc_z")] = None,
    angular_velocity: Annotated[
        Literal["rad/s", "deg/s"] | None, typer.Option(help="unit of gyro_x, gyro_y, gyro_z")
    ] = None,
    axes: Annotated[Literal["android", "ios"] | None, typer.Option(help="whose axes; ios: gravity points down")] = None,
) -> None:
    """Label a recording with a recogniser: a table of intervals with activity and confidence.

    The recogniser is the champion of the registry that promote or rollback last wrote to (models/champion.tflite);
    before the first promotion it is the exported one (models/har.tflite).
    """
    from har.datasets.canonical import Stated
    from har.live.predict import run
    from har.paths import Paths

    if model is None:
        model = Paths().champion if Paths().champion.is_file() else Paths().tflite
    stated = Stated(rate_hz=rate_hz, acceleration=acceleration, angular_velocity=angular_velocity, axes=axes)
    run(file, model, windows=windows, output=output, stated=stated)


@app.command()
def crossval(
    family: Annotated[str, typer.Argument(help="a family of models, with a section under train in params.yaml")],
    folds: Annotated[int | None, typer.Option(help="folds by subject", show_default="studies.folds")] = None,
    leave_one_out: Annotated[bool, typer.Option("--leave-one-out", help="hold out one subject at a time")] = False,
    seeds: Annotated[
        str | None, typer.Option(help="one model each in every fold, such as 0,1", show_default="studies.seeds")
    ] = None,
    subjects: Annotated[
        Literal["all", "training"], typer.Option(help="training: without the authors' test subjects")
    ] = "all",
    datasets: Annotated[str | None, typer.Option(help="such as hapt,motionsense", show_default="datasets")] = None,
    activities: Annotated[str | None, typer.Option(help="a set of activities", show_default="activities")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="another value of a knob of the family")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="a recording to leave out altogether; may be repeated")
    ] = None,
) -> None:
    """Cross-validate a family by subject: macro-F1 with its spread, every subject, and the worst one.

    What is trained is kept under data/studies/; after an interruption, running again trains the rest.
    """
    from har.params import load
    from har.paths import Paths
    from har.studies import crossval as study
    from har.studies import crossval_table

    if leave_one_out and folds is not None:
        raise HarError("--folds and --leave-one-out exclude each other: give one of them.")
    params = load()
    options = study.Options(
        family=family,
        folds=None if leave_one_out else folds or params.studies.folds,
        seeds=params.studies.seeds if seeds is None else _numbers(seeds),
        subjects=subjects,
        datasets=None if datasets is None else tuple(datasets.split(",")),
        activities=activities,
        overrides=_changes(changes or []),
        without=tuple(without or ()),
    )
    crossval_table.show(study.run(params, Paths(), options))


@app.command()
def ablate(
    family: Annotated[str, typer.Option(help="the family to take apart")] = "cnn_lstm",
    only: Annotated[list[str] | None, typer.Option(help="the name of one variant; may be repeated")] = None,
) -> None:
    """Cross-validate a family without each of its ingredients (studies.ablations in params.yaml).

    Writes docs/ablation.md where the family is the deployed one and no variant is left out.
    """
    from har.params import load
    from har.paths import Paths
    from har.studies import ablation_page
    from har.studies.ablate import run

    ablation_page.show(run(load(), Paths(), family, only or ()))


@app.command()
def sweep(
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="trials in all, those of earlier calls included", show_default="studies.sweep.trials"),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="put the best knobs into params.yaml")] = False,
) -> None:
    """Search for better knobs of the deployed family (studies.sweep in params.yaml) on the training subjects.

    Shows the best trials, and the change of params.yaml as a diff. After an interruption, running again goes on.
    """
    from har.params import load
    from har.paths import Paths
    from har.studies import sweep as study
    from har.studies import sweep_table

    params, file = load(), Path("params.yaml")
    result = study.run(params, Paths(), trials)
    sweep_table.show(result)
    text, diff = study.changed_file(file, result)
    print(diff, end="")
    if write and diff:
        study.write(file, text)
        print("params.yaml has these knobs now: see `git diff`, then run `dvc repro`.")


@app.command()
def transfer() -> None:
    """Train on one data set and test on another, with and without regard to how the phone sits (docs/transfer.md)."""
    _study("transfer")


@app.command()
def orientation() -> None:
    """Turn the phones of the test subjects every way (docs/transfer.md)."""
    _study("orientation")


@app.command()
def streaming() -> None:
    """Listen to whole test recordings: scores by frame and segment, delays, smoothers (docs/streaming.md)."""
    _study("streaming")


@app.command()
def abstain() -> None:
    """Answer only when sure enough: calibration, and what a threshold costs and gains (docs/abstain.md)."""
    _study("abstain")


@app.command()
def audit() -> None:
    """List and draw the windows that all families get wrong (docs/label-audit.md)."""
    _study("audit")


@app.command()
def trials(
    datasets: Annotated[str | None, typer.Option(help="such as hapt,motionsense", show_default="datasets")] = None,
) -> None:
    """Name each recording by what the same person's other recordings look like: whose labels do not fit?"""
    from har.params import load
    from har.paths import Paths
    from har.studies import trials as study

    study.show(study.run(load(), Paths(), None if datasets is None else tuple(datasets.split(","))))


@app.command()
def results() -> None:
    """Run every study, or read what it has trained, into one table with its limits (docs/results.md).

    About two hours on two cores; after an interruption, running again trains the rest.
    """
    _study("results")


def _study(name: str) -> None:
    from importlib import import_module

    from har.params import load
    from har.paths import Paths

    import_module(f"har.studies.{name}").run(load(), Paths())
    print(f"{name}: docs/ and data/studies/{name}/ are up to date")


def _numbers(text: str) -> tuple[int, ...]:
    """Seeds out of `0,1`."""
    if not all(part.isdecimal() for part in text.split(",")):
        raise HarError(f"--seeds is {text!r}: give whole numbers with commas between, such as 0,1.")
    return tuple(int(part) for part in text.split(","))


def _changes(items: list[str]) -> dict[str, object]:
    """Knobs out of `key=value`, values as params.yaml would have them."""
    import yaml

    found: dict[str, object] = {}
    for item in items:
        key, sign, value = item.partition("=")
        if not (key and sign):
            raise HarError(f"--set {item}: give it as key=value, such as --set epochs=20.")
        try:
            found[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise HarError(f"--set {item}: the value is not what params.yaml could hold: see to its signs.") from error
    return found


@app.command()
def readme() -> None:
    """Put the measured tables and the picture of the pipeline into README.md, and the features into docs/."""
    from har.params import load
    from har.paths import Paths
    from har.stages.readme import run

    print(run(load(), Paths()))


@app.command()
def champion() -> None:
    """Bring models/champion*.tflite up to the registry, wherever the alias `champion` was moved."""
    from har.params import load
    from har.paths import Paths
    from har.stages.champion import run

    print(run(load(), Paths()))


@app.command()
def live(
    host: Annotated[str, typer.Option(help="address to listen on; 0.0.0.0 lets phones in")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="port to listen on; 0 takes a free one")] = 8443,
    http: Annotated[bool, typer.Option("--http", help="without encryption, on this machine alone")] = False,
    certificate: Annotated[Path | None, typer.Option(help="PEM file", show_default="one of its own")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file, the certificate's private key")] = None,
    model: Annotated[Path | None, typer.Option(help="a .tflite file", show_default="the champion, followed")] = None,
    page: Annotated[Path, typer.Option(help="the built page")] = Path("web/dist"),
    log: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="log features and answers of windows there, for `har monitor`")
    ] = None,
    export_model: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="write model.json and har.tflite there, and end")
    ] = None,
) -> None:
    """Serve the page for phones, recognise what is sent, and keep recordings for training (docs/live-server.md)."""
    from har.live import server
    from har.params import load
    from har.paths import Paths

    if export_model is not None:
        print(server.export_model(load(), Paths(), model, export_model))
        return
    options = server.Options(host, port, http, certificate, key, model, page, log)
    server.run(load(), Paths(), options)


@app.command()
def monitor(
    source: Annotated[
        Path | None,
        typer.Argument(help="a folder of recordings or a log, file or folder", show_default="data/recordings"),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="a .tflite file", show_default="models/champion-web.tflite if there is one, else models/har-web.tflite"
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="folder of report.html and verdict.json", show_default="reports/monitoring")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(help="write features and answers of the windows here, without samples (.parquet)")
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="condense the training windows into reference.json, and end")
    ] = False,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="measure false alarms and injected faults (docs/monitoring.md), and end")
    ] = False,
) -> None:
    """Hold recordings, or the windows that a server logged, against the training; exit code 3: retrain, 4: mend."""
    from har.params import load
    from har.paths import Paths
    from har.stages import monitor as stage

    params, paths = load(), Paths()
    if self_test:
        _study("monitoring")
        return
    if reference:
        print(stage.make(params, paths, model))
        return
    found = stage.run(params, paths, stage.Options(source, model, output, log))
    print(found.summary())
    print(f"report: {(output or stage.home(paths)) / 'report.html'}")
    raise typer.Exit(found.exit_code)
