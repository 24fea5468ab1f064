"""A schedule's learning rate as Keras's optimizers take it."""

from dataclasses import asdict
from typing import Any

import keras
import tensorflow as tf

from study.errors import SettingsError
from study.train.schedule import Phase, Schedule, WarmUp


@keras.saving.register_keras_serializable("batch_size_study")
class ScheduledRate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate of an update, from the optimizer's own count of updates alone.

    So a run that goes on from a checkpoint, which holds that count, gets the rates it would have
    had. Computed in float64 and given as float32. The optimizer has to count the updates of the
    schedule: those of ``fit`` with the schedule's batch sizes, partial last batches included.
    """

    def __init__(self, schedule: Schedule, steps_an_update: int = 1) -> None:
        """Lays the phases out along the updates.

        Args:
            schedule: of the run.
            steps_an_update: steps that the optimizer counts for each batch: those of
                ``ConservativeTraining``, 1 without it.

        Raises:
            SettingsError: ``schedule`` is none, or the steps are no whole number from 1.
        """
        if not isinstance(schedule, Schedule) or steps_an_update != max(int(steps_an_update), 1):
            raise SettingsError(
                f"a rate by {schedule!r} with {steps_an_update} steps an update; expected a "
                "Schedule, such as step_decay makes, and a whole number from 1."
            )
        self.schedule, self.steps_an_update = schedule, steps_an_update
        self._starts = [schedule.updates_before(phase.first_epoch) for phase in schedule.phases]
        self._rates = [phase.learning_rate for phase in schedule.phases]

    def __call__(self, step: Any) -> Any:
        """The rate of step ``step`` of the optimizer (from 0), a float32 scalar tensor."""
        step = tf.cast(tf.convert_to_tensor(step), tf.int64) // self.steps_an_update
        starts = tf.constant(self._starts, tf.int64)
        index = tf.reduce_sum(tf.cast(starts <= step, tf.int32)) - 1
        rate = tf.gather(tf.constant(self._rates, tf.float64), index)
        warm_up = self.schedule.warm_up
        if warm_up is not None:
            end = self.schedule.updates_before(warm_up.epochs)
            start = tf.constant(warm_up.start_rate, tf.float64)
            rise = (self._rates[0] - start) if warm_up.kind == "gradual" else tf.zeros_like(start)
            warm = start + rise * tf.cast(step, tf.float64) / end
            rate = tf.where(step < end, warm, rate)
        return tf.cast(rate, tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Plain values, for saving."""
        return {"schedule": asdict(self.schedule), "steps_an_update": self.steps_an_update}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ScheduledRate":
        """Builds it from ``get_config``."""
        values = config["schedule"]
        warm_up = values["warm_up"] and WarmUp(**values["warm_up"])
        phases = tuple(Phase(**phase) for phase in values["phases"])
        schedule = Schedule(values["examples"], phases, warm_up)
        return cls(schedule, config.get("steps_an_update", 1))
