"""The one seam for parallel work: whatever runs in several processes goes through `ordered_map`."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from har.errors import HarError

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(
    function: Callable[[Item], Result], items: Sequence[Item], *, label: str, jobs: int | None = None
) -> list[Result]:
    """Map a pure, picklable `function` over `items` in processes and return the results in order.

    jobs: processes at once, one thread each; None means as many as there are cores (`HAR_JOBS` overrides).
    A failed item is retried once; one that fails again is a `RuntimeError` that names it. A `HarError` (the
    user's mistake) is not retried. A progress bar counts the items done.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    count = jobs or _jobs()
    workers = Parallel(n_jobs=min(count, len(items)) or 1, return_as="generator", pre_dispatch="all")
    calls = (delayed(_attempt)(function, item) for item in items)
    return list(tqdm(workers(calls), total=len(items), desc=label, unit="item", dynamic_ncols=True))


def _jobs() -> int:
    value = os.environ.get("HAR_JOBS") or str(os.cpu_count() or 1)
    if not value.isdecimal() or int(value) < 1:
        raise HarError(f"the environment variable HAR_JOBS is {value!r}: give it a number of processes, or unset it.")
    return int(value)


def _attempt(function: Callable[[Item], Result], item: Item) -> Result:
    try:
        return function(item)
    except HarError:
        raise
    except Exception:
        try:
            return function(item)
        except Exception as error:
            raise RuntimeError(f"failed twice on {item!r}: {error}") from error
