"""Optuna's part of a sweep: which knobs to try next, when to give a trial up, and where that is kept."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from har.params import Dimension, Sweep
from har.tracking.lock import exclusive

if TYPE_CHECKING:
    import optuna

End = Literal["complete", "pruned", "failed"]
END = "end"  # attribute of a trial: how it ended
DIGITS = 3  # significant ones of a knob: nobody wants 0.0023874928 in params.yaml


@dataclass(frozen=True)
class Trial:
    """One set of knobs. scores: the mean over the folds so far, one after each fold. end: None where it is not over."""

    number: int
    knobs: dict[str, Any]
    scores: tuple[float, ...] = ()
    end: End | None = None


class Search:
    """A study that survives its process. Trials come in rounds, so that their folds can be trained side by side.

    What is drawn of a trial depends on the sampler's seed, its number, the knob and the rounds before, and not on when
    the process was interrupted. Trials that were cut off in the middle are asked for again.
    """

    def __init__(self, storage: "optuna.storages.RDBStorage", name: str, knobs: Sweep) -> None:
        import optuna

        pruner = optuna.pruners.MedianPruner(n_startup_trials=knobs.startup)
        self.knobs = knobs
        self.study = optuna.create_study(
            storage=storage, study_name=name, pruner=pruner, direction="maximize", load_if_exists=True
        )
        self._tell()

    def round(self, first: Mapping[str, Any], limit: int) -> list[Trial]:
        """Trials to go on with, no more than `knobs.together`, and none beyond `limit` trials in all.

        first: the knobs of trial 0, within the space.
        """
        import optuna

        if not self.study.get_trials(deepcopy=False):
            self.study.enqueue_trial({name: _stored(one, first[name]) for name, one in self.knobs.space.items()})
        begun = [one for one in self.study.get_trials(deepcopy=False) if one.state != optuna.trial.TrialState.WAITING]
        numbers = [one.number for one in begun if one.state == optuna.trial.TrialState.RUNNING]
        for _ in range(min(self.knobs.together - len(numbers), limit - len(begun))):
            numbers.append(self.study.ask().number)
        return [Trial(number, self._suggest(number)) for number in numbers]

    def report(self, number: int, score: float, fold: int) -> None:
        """Note the mean score over the folds up to `fold`, counted from 0; may be repeated."""
        trial = self._trial(number)
        if fold not in self.study.trials[number].intermediate_values:
            trial.report(score, fold)

    def falls_behind(self, number: int) -> bool:
        """Whether a trial is behind the median of those of the rounds before it, after the same folds."""
        return self._trial(number).should_prune()

    def close(self, ends: Mapping[int, End]) -> None:
        """Note how each trial of a round ended. All of it is noted before the first is told to the sampler: a process
        that is killed in between does not change what the others are held against.
        """
        for number, end in ends.items():
            self._trial(number).set_user_attr(END, end)
        self._tell()

    def _tell(self) -> None:
        """Tell the ends of a round, once they are noted of all its trials."""
        import optuna

        running = self.study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
        if not all(END in trial.user_attrs for trial in running):
            return
        states = {"pruned": optuna.trial.TrialState.PRUNED, "failed": optuna.trial.TrialState.FAIL}
        for trial in running:
            if trial.user_attrs[END] == "complete":
                self.study.tell(trial.number, trial.intermediate_values[max(trial.intermediate_values)])
            else:
                self.study.tell(trial.number, state=states[trial.user_attrs[END]])

    def trials(self) -> list[Trial]:
        """Trials that are over, oldest first; one that failed need not have scores."""
        import optuna

        states = optuna.trial.TrialState
        over: dict[optuna.trial.TrialState, End] = {
            states.COMPLETE: "complete",
            states.PRUNED: "pruned",
            states.FAIL: "failed",
        }
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

    def _suggest(self, number: int) -> dict[str, Any]:
        """The knobs of a trial: those that it has already, others drawn by a sampler of their own."""
        import optuna

        trial, knobs = self._trial(number), {}
        for index, (name, one) in enumerate(self.knobs.space.items()):
            seed = int(np.random.SeedSequence([self.knobs.seed, number, index]).generate_state(1)[0])
            self.study.sampler = optuna.samplers.TPESampler(n_startup_trials=self.knobs.startup, seed=seed)
            knobs[name] = _used(one, _draw(trial, name, one))
        return knobs


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
