"""The figures of docs/scratch.md: what the network learns epoch by epoch, and what its optimisers make of it."""

from functools import partial
from pathlib import Path

from har.evaluation.style import BLUE, GRID, ORANGE, SEEDS, drawing
from har.models.examples import Examples
from har.models.families.scratch_mlp import Knobs, grow
from har.models.scratch.training import History
from har.parallel import ordered_map

RATES = {"adam": 0.003, "nesterov": 0.03, "momentum": 0.03, "sgd": 0.1, "adagrad": 0.03}  # the first learning rate
NAMES = {"adam": "Adam", "nesterov": "Nesterov", "momentum": "momentum", "sgd": "SGD", "adagrad": "Adagrad"}
LOSSES = (0.05, 0.1, 0.2, 0.5)  # nats, marked on the logarithmic axis
SEED = 0


def draw(train: Examples, validation: Examples, knobs: Knobs, root: Path) -> None:
    """Train with every optimiser for all epochs and write docs/images/scratch-{learning,optimisers}.png."""
    endless = knobs.model_copy(update={"patience": knobs.epochs})
    variants = [endless.model_copy(update={"optimiser": name, "learning_rate": rate}) for name, rate in RATES.items()]
    found = ordered_map(partial(history, train, validation), variants, label="optimisers")
    histories = dict(zip(RATES, found, strict=True))
    images = root / "docs" / "images"
    learning(histories[knobs.optimiser], images / "scratch-learning.png")
    optimisers(histories, images / "scratch-optimisers.png")
    for name, values in histories.items():
        last = {metric: round(series[-1], 4) for metric, series in values.items()}
        print(f"{name:<10} first rate {RATES[name]:<6} last epoch {last}")


def history(train: Examples, validation: Examples, knobs: Knobs) -> History:
    """One value an epoch for each metric, of a network that does not see the validation subjects."""
    return grow(train, validation, knobs, int(train.y.max()) + 1, SEED, knobs.epochs)[1]


def learning(history: History, path: Path) -> None:
    """Loss and macro-F1 on training and validation subjects."""
    with drawing(path, 9.8, 4.2) as figure:
        panels = figure.subplots(1, 2)
        for axes, metric, label in zip(panels, ("loss", "macro_f1"), ("Cross-entropy, nats", "Macro-F1"), strict=True):
            epochs = range(1, len(history[metric]) + 1)
            axes.plot(epochs, history[f"validation_{metric}"], color=BLUE, linewidth=2, label="validation subjects")
            axes.plot(epochs, history[metric], "--", color=ORANGE, linewidth=1.4, label="training subjects")
            axes.set(xlabel="Epoch", ylabel=label)
            axes.grid(visible=True, axis="y", color=GRID)
        panels[0].set_title("What the network learns")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


def optimisers(histories: dict[str, History], path: Path) -> None:
    """Loss on the training subjects and macro-F1 on the validation subjects, a colour an optimiser."""
    with drawing(path, 9.8, 4.2) as figure:
        panels = figure.subplots(1, 2)
        for color, (name, values) in zip(SEEDS, histories.items(), strict=False):
            for axes, metric in zip(panels, ("loss", "validation_macro_f1"), strict=True):
                epochs = range(1, len(values[metric]) + 1)
                axes.plot(
                    epochs, values[metric], color=color, linewidth=1.8, label=f"{NAMES[name]}, from {RATES[name]:g}"
                )
        panels[0].set(xlabel="Epoch", ylabel="Training subjects, cross-entropy, nats", yscale="log")
        panels[0].set_yticks(LOSSES, [str(loss) for loss in LOSSES])
        panels[0].minorticks_off()
        panels[1].set(xlabel="Epoch", ylabel="Validation subjects, macro-F1")
        for axes in panels:
            axes.grid(visible=True, axis="y", color=GRID)
        panels[0].set_title("Five ways downhill")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
