"""One run of SciPy's L-BFGS-B over the box [-1, 1]^n."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy
import scipy.optimize

from callbacks.evaluations import Function
from callbacks.vectors import Vector

# ``scipy.optimize.minimize`` walks through the bounds one by one, in Python, in every call: half a
# second for a net of 100,000 weights, more than its gradients took on a small data set. With
# these releases the compiled routine behind it is called in the same way without that walk;
# tests hold that the steps are the same. Other releases take the public way.
_KNOWN_RELEASES = ("1.17.", "1.18.")
_MEMORY = 10
_EVALUATE, _ITERATION_DONE, _CONVERGED, _STOP = 3, 1, 4, 5
_STOPPED_BY_ITERATIONS = 504


def descend_in_box(
    function: Function,
    start: Vector,
    *,
    max_iterations: int,
    line_search_trials: int,
    least_gain: float,
    on_iteration: Callable[[], None],
) -> str:
    """Lets L-BFGS-B (Byrd et al. 1995; SciPy's) minimise from a start, bounded to [-1, 1].

    Args:
        function: takes a point, float64 (size,), and gives value and gradient, float64 (size,).
            It keeps what it needs of them; what it raises comes through.
        start: float64 (size,).
        max_iterations: after so many the run ends.
        line_search_trials: points tried in each iteration, at most.
        least_gain: an iteration that gains less than this share of the value ends the run.
        on_iteration: called after each iteration.

    Returns:
        How the run ended: "converged", "iteration limit" or "line search failed".
    """
    limits = _Limits(max_iterations, line_search_trials, least_gain)
    compiled = _compiled_routine()
    if compiled is None:
        return _by_minimize(function, start, limits, on_iteration)
    return _by_routine(compiled, function, start, limits, on_iteration)


class _Limits(NamedTuple):
    iterations: int
    trials: int
    least_gain: float


def _compiled_routine() -> Any:
    if not scipy.__version__.startswith(_KNOWN_RELEASES):
        return None
    try:
        from scipy.optimize import _lbfgsb
    except ImportError:
        return None
    return getattr(_lbfgsb, "setulb", None)


def _by_minimize(
    function: Function, start: Vector, limits: _Limits, on_iteration: Callable[[], None]
) -> str:
    result = scipy.optimize.minimize(
        function,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=scipy.optimize.Bounds(-np.ones_like(start), np.ones_like(start)),
        callback=lambda _: on_iteration(),
        options={
            "maxcor": _MEMORY,
            "maxiter": limits.iterations,
            "maxfun": np.iinfo(np.int32).max,
            "maxls": limits.trials,
            "ftol": limits.least_gain,
            "gtol": 0.0,
        },
    )
    return {0: "converged", 1: "iteration limit"}.get(result.status, "line search failed")


def _by_routine(
    routine: Any,
    function: Function,
    start: Vector,
    limits: _Limits,
    on_iteration: Callable[[], None],
) -> str:
    """The routine asks for values by returning; all its arrays are written in place."""
    size, memory = len(start), _MEMORY
    point = np.clip(start, -1.0, 1.0)
    value, gradient = 0.0, np.zeros(size)
    lower, upper = np.full(size, -1.0), np.full(size, 1.0)
    both_bounds = np.full(size, 2, np.int32)
    workspace = np.zeros(2 * memory * size + 5 * size + 11 * memory**2 + 8 * memory)
    indices = np.zeros(3 * size, np.int32)
    task, search_task = np.zeros(2, np.int32), np.zeros(2, np.int32)
    flags, counters, numbers = np.zeros(4, np.int32), np.zeros(44, np.int32), np.zeros(29)
    tolerance = limits.least_gain / np.finfo(float).eps
    iterations = 0
    while True:
        routine(
            *(memory, point, lower, upper, both_bounds, value, gradient, tolerance, 0.0),
            *(workspace, indices, task, flags, counters, numbers, limits.trials, search_task),
        )
        if task[0] == _EVALUATE:
            value, gradient = function(point.copy())
            gradient = gradient.astype(np.float64)
        elif task[0] == _ITERATION_DONE:
            iterations += 1
            on_iteration()
            if iterations >= limits.iterations:
                task[:] = _STOP, _STOPPED_BY_ITERATIONS
        else:
            break
    if task[0] == _CONVERGED:
        return "converged"
    return "iteration limit" if iterations >= limits.iterations else "line search failed"
