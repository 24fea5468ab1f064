"""A schedule as a row of fits: Keras's ``fit`` has one batch size."""

from study.train.schedule import Schedule


def stretches(schedule: Schedule, done: int = 0) -> list[tuple[int, int, int]]:
    """Epochs in a row with one batch size, which are one ``fit``: what is left of a schedule.

    Args:
        schedule: of the run.
        done: epochs that are finished.

    Returns:
        First epoch (counted from 0), the one after the last, and the batch size of each stretch.
    """
    found: list[tuple[int, int, int]] = []
    for phase in schedule.phases:
        first, last = max(phase.first_epoch, done), phase.first_epoch + phase.epochs
        if first >= last:
            continue
        if found and found[-1][2] == phase.batch_size:
            found[-1] = (found[-1][0], last, phase.batch_size)
        else:
            found.append((first, last, phase.batch_size))
    return found
