"""How much of a plan is done, and how long the rest may take."""

import time
from dataclasses import dataclass

from study.command_line.terminal import duration
from study.conduct.task import TRAIN, Task

# of a run's expected length: what is still to come of one that has gone beyond it
_BEYOND = 0.05


@dataclass
class _Begun:
    """A task under way: when it began here, and its pictures then and now."""

    task: Task
    start: float
    first: float = 0.0
    latest: float = 0.0


class Tally:
    """How much of the plan is done and how long the rest may take, from measured speed.

    Epochs that were trained before this process began say nothing of its speed. How many epochs a
    run takes is not known before: those that have ended, or have gone beyond what was expected,
    tell how far the expectation is off.

    Args:
        tasks: all that are to be done; ``task.pictures`` is what is expected of each, and
            ``task.pictures_an_epoch`` of an epoch of those that train.
        jobs: side by side.
    """

    def __init__(self, tasks: list[Task], jobs: int) -> None:
        self.total, self.done, self.failed = len(tasks), 0, 0
        self._ahead = {task.id: task for task in tasks}
        self._begun: dict[str, _Begun] = {}
        self._worked = self._seconds = 0.0
        self._expected = self._taken = 0.0
        self._jobs = max(1, jobs)

    def start(self, task: Task) -> None:
        """A task has begun."""
        self._ahead.pop(task.id, None)
        self._begun[task.id] = _Begun(task, time.monotonic())

    def advance(self, task: Task, epochs: int) -> None:
        """A run has got on.

        Args:
            task: that trains it.
            epochs: finished since the run's beginning, the one that has just ended included.
        """
        begun = self._begun[task.id]
        if not begun.latest:
            begun.first = (epochs - 1.0) * task.pictures_an_epoch
        begun.latest = float(epochs * task.pictures_an_epoch)

    def finish(self, task: Task, failure: str) -> None:
        """A task is over; where a training has failed, what needs its run will not be done."""
        self.done += 1
        self.failed += bool(failure)
        begun = self._begun.pop(task.id)
        if failure and task.kind == TRAIN:
            self.leave_out(task.run.id)
        if failure and not begun.latest:
            # how much it had done is not known: that says nothing of the speed
            return
        self._seconds += time.monotonic() - begun.start
        if not begun.latest:
            self._worked += task.pictures
            return
        self._worked += begun.latest - begun.first
        if not failure:
            self._expected += task.pictures
            self._taken += begun.latest

    def leave_out(self, run: str) -> None:
        """A run, by its id, will not be completed: the tasks that need it are none of the plan."""
        for task in [task for task in self._ahead.values() if run in task.needs]:
            del self._ahead[task.id]
            self.total -= 1

    def seconds_left(self) -> float | None:
        """None until there is a speed."""
        now = time.monotonic()
        moving = [begun for begun in self._begun.values() if begun.latest]
        worked = self._worked + sum(begun.latest - begun.first for begun in moving)
        seconds = self._seconds + sum(now - begun.start for begun in moving)
        if not worked or not seconds:
            return None
        speed, stretch = worked / seconds, self._stretch(moving)
        left = sum(_pictures(task, stretch) for task in self._ahead.values()) / speed
        for begun in self._begun.values():
            whole = _pictures(begun.task, stretch)
            if begun.latest:
                left += max(_BEYOND * whole, whole - begun.latest) / speed
            else:
                left += max(0.0, whole / speed - (now - begun.start))
        return left / self._jobs

    def _stretch(self, moving: list[_Begun]) -> float:
        """Pictures that runs take, by those that were expected."""
        beyond = [begun for begun in moving if begun.latest > begun.task.pictures]
        expected = self._expected + sum(begun.task.pictures for begun in beyond)
        taken = self._taken + sum(begun.latest for begun in beyond)
        return taken / expected if expected else 1.0

    @property
    def busy(self) -> list[str]:
        """Ids of the tasks that are being done."""
        return list(self._begun)

    def line(self) -> str:
        """As in "12 of 70 done, about 3 min left"."""
        left = self.seconds_left()
        text = f"{self.done} of {self.total} done"
        text += f", {self.failed} failed" if self.failed else ""
        return text + (f", about {duration(left)} left" if left is not None else "")


def _pictures(task: Task, stretch: float) -> float:
    return task.pictures * (stretch if task.kind == TRAIN else 1.0)
