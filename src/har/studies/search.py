"""Optuna's part of a sweep: which knobs to try next, when to give a trial up, and where that is kept."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from har.params import Dimension, Sweep
from har.tracking.lock import exclusive

if TYPE_CHECKING:
    import optuna

DIGITS = 3  # significant ones of a knob: nobody wants 0.0023874928 in params.yaml


@dataclass(frozen=True)
class Trial:
    """One set of knobs. scores: the mean over the folds so far, one after each fold; `pruned`: given up then."""

    number: int
    knobs: dict[str, Any]
    scores: tuple[float, ...] = ()
    pruned: bool = False


class Search:
    """A study that survives its process. Trials come in rounds, so that their folds can be trained side by side.

    A trial's draw depends on the sampler's seed, its number and the trials before it, and not on when the process was
    interrupted. One that was cut off in the middle is asked for again.
    """

    def __init__(self, storage: "optuna.storages.RDBStorage", name: str, knobs: Sweep) -> None:
        import optuna

        pruner = optuna.pruners.MedianPruner(n_startup_trials=knobs.startup)
        self.knobs = knobs
        self.study = optuna.create_study(
            storage=storage, study_name=name, pruner=pruner, direction="maximize", load_if_exists=True
        )

    def round(self, first: Mapping[str, Any], limit: int) -> list[Trial]:
        """Trials to go on with, no more than `knobs.together`, and none beyond `limit` trials in all.

        first: the knobs of trial 0, within the space.
        """
        import optuna

        running = self.study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
        found = [Trial(trial.number, self._suggest(self._trial(trial.number))) for trial in running]
        while len(found) < self.knobs.together and (number := len(self.study.get_trials(deepcopy=False))) < limit:
            if number == 0:
                known = {name: _stored(one, first[name]) for name, one in self.knobs.space.items()}
                self.study.enqueue_trial(known)
            self.study.sampler = optuna.samplers.TPESampler(
                n_startup_trials=self.knobs.startup, seed=self.knobs.seed + number
            )
            trial = self.study.ask()
            found.append(Trial(trial.number, self._suggest(trial)))
        return found

    def report(self, number: int, score: float, fold: int) -> None:
        """Note the mean score over the folds up to `fold`, counted from 0; may be repeated."""
        trial = self._trial(number)
        if fold not in self.study.trials[number].intermediate_values:
            trial.report(score, fold)

    def gives_up(self, number: int) -> bool:
        """Whether a trial falls behind the median of those before it, after the same folds; it is over then."""
        import optuna

        if not self._trial(number).should_prune():
            return False
        self.study.tell(number, state=optuna.trial.TrialState.PRUNED)
        return True

    def complete(self, number: int, score: float) -> None:
        """Note the score of a trial that has seen all folds."""
        self.study.tell(number, score)

    def trials(self) -> list[Trial]:
        """Trials that are over, oldest first."""
        import optuna

        over = {optuna.trial.TrialState.COMPLETE: False, optuna.trial.TrialState.PRUNED: True}
        return [
            Trial(
                trial.number,
                {name: _used(self.knobs.space[name], value) for name, value in trial.params.items()},
                tuple(score for _, score in sorted(trial.intermediate_values.items())),
                over[trial.state],
            )
            for trial in self.study.get_trials(deepcopy=False)
            if trial.state in over
        ]

    def _trial(self, number: int) -> "optuna.Trial":
        """A trial that is not over, whichever process asked for it."""
        import optuna

        return optuna.Trial(self.study, self.study.trials[number]._trial_id)

    def _suggest(self, trial: "optuna.Trial") -> dict[str, Any]:
        return {name: _used(one, _draw(trial, name, one)) for name, one in self.knobs.space.items()}


@contextmanager
def opened(folder: Path) -> "Iterator[optuna.storages.RDBStorage]":
    """The store of all searches, `folder/optuna.db`, for one process at a time."""
    import optuna

    optuna.logging.set_verbosity(logging.WARNING)
    with exclusive(folder / ".lock"):
        yield optuna.storages.RDBStorage(f"sqlite:///{folder.resolve() / 'optuna.db'}")


def contains(dimension: Dimension, value: Any) -> bool:
    """Whether a sweep may try this value."""
    if dimension.choices:
        return _text(value) in [_text(choice) for choice in dimension.choices]
    assert dimension.low is not None
    assert dimension.high is not None
    if not dimension.low <= value <= dimension.high:
        return False
    steps = 0.0 if dimension.step is None else (value - dimension.low) / dimension.step
    return bool(abs(steps - round(steps)) < 1e-9)


def ends(dimension: Dimension) -> Sequence[Any]:
    """Values such that, if a family takes them, it takes all: every choice, or both bounds."""
    return dimension.choices or (dimension.low, dimension.high)


def _draw(trial: "optuna.Trial", name: str, one: Dimension) -> Any:
    if one.choices:
        return trial.suggest_categorical(name, [_text(choice) for choice in one.choices])
    assert one.low is not None
    assert one.high is not None
    if _whole(one):
        return trial.suggest_int(name, int(one.low), int(one.high), step=int(one.step or 1), log=one.log)
    return trial.suggest_float(name, one.low, one.high, step=one.step, log=one.log)


def _whole(one: Dimension) -> bool:
    return all(value is None or isinstance(value, int) for value in (one.low, one.high, one.step))


def _used(one: Dimension, value: Any) -> Any:
    """The knob's value out of the one that Optuna keeps."""
    if one.choices:
        return json.loads(value)
    return value if _whole(one) else float(f"{value:.{DIGITS}g}")


def _stored(one: Dimension, value: Any) -> Any:
    """What Optuna keeps of a knob's value: its choices are words and numbers only."""
    return _text(value) if one.choices else value


def _text(value: Any) -> str:
    return json.dumps(value)
