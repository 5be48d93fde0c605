"""The one seam for parallel work: whatever runs in several processes goes through `ordered_map`."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from har.errors import HarError

Item = TypeVar("Item")
Result = TypeVar("Result")


class ItemError(RuntimeError):
    """What a function raises where an item is at fault, and not the machine."""


def ordered_map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    label: str,
    jobs: int | None = None,
    done: Callable[[Item, Result], None] | None = None,
) -> list[Result]:
    """Map a pure, picklable `function` over `items` in processes and return the results in order.

    jobs: processes at once, one thread each; None means as many as there are cores (`HAR_JOBS` overrides).
    done: called here, in the driver, with each item and its result as soon as that is there, in whatever order.
    A failed item is retried once; one that fails again is a `RuntimeError` that names it, an `ItemError` where the
    function raised one. A `HarError` (the user's mistake) is not retried. A progress bar counts the items done.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    count = jobs or _jobs()
    workers = Parallel(n_jobs=min(count, len(items)) or 1, return_as="generator_unordered", pre_dispatch="all")
    calls = (delayed(_attempt)(function, number, item) for number, item in enumerate(items))
    results: dict[int, Result] = {}
    for number, result in tqdm(workers(calls), total=len(items), desc=label, unit="item", dynamic_ncols=True):
        if done is not None:
            done(items[number], result)
        results[number] = result
    return [results[number] for number in range(len(items))]


def _jobs() -> int:
    value = os.environ.get("HAR_JOBS") or str(os.cpu_count() or 1)
    if not value.isdecimal() or int(value) < 1:
        raise HarError(f"the environment variable HAR_JOBS is {value!r}: give it a number of processes, or unset it.")
    return int(value)


def _attempt(function: Callable[[Item], Result], number: int, item: Item) -> tuple[int, Result]:
    try:
        return number, function(item)
    except HarError:
        raise
    except Exception:
        try:
            return number, function(item)
        except Exception as error:
            kind = ItemError if isinstance(error, ItemError) else RuntimeError
            raise kind(f"failed twice on {item!r}: {error}") from error
