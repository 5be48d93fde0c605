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
Stage = Literal["download", "validate", "preprocess", "featurize", "train", "evaluate", "compare", "export", "promote"]


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
    family: Annotated[str | None, typer.Argument(help="the family of models, for train and evaluate")] = None,
) -> None:
    """Run one stage of the pipeline by itself, as `dvc repro` does."""
    from importlib import import_module

    from har.params import load
    from har.paths import Paths

    per_family = name in ("train", "evaluate")
    if per_family and family is None:
        raise HarError(f"`har stage {name}` needs a family: one of train.families in params.yaml.")
    if not per_family and family is not None:
        raise HarError(f"`har stage {name}` takes no family: leave {family!r} out.")
    run = import_module(f"har.stages.{name}").run
    print(run(load(), Paths(), family) if per_family else run(load(), Paths()))


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
def predict(
    file: Annotated[Path, typer.Argument(help="a recording, .csv or .parquet (docs/recording-format.md)")],
    model: Annotated[
        Path | None,
        typer.Option(
            help="a .tflite file", show_default="models/champion.tflite if there is one, else models/har.tflite"
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
    from har.live.canonical import Stated
    from har.live.predict import run
    from har.paths import Paths

    if model is None:
        model = Paths().champion if Paths().champion.is_file() else Paths().tflite
    stated = Stated(rate_hz=rate_hz, acceleration=acceleration, angular_velocity=angular_velocity, axes=axes)
    run(file, model, windows=windows, output=output, stated=stated)


@app.command()
def readme() -> None:
    """Put the measured tables and the picture of the pipeline into README.md, and the features into docs/."""
    from har.params import load
    from har.paths import Paths
    from har.stages.readme import run

    print(run(load(), Paths()))
