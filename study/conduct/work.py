"""What a worker does: train a run, measure its minimiser, compare two minimisers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from study.conduct.protocol import WorkerConfiguration
from study.conduct.settings import measures_from_dict
from study.data.load import open_prepared
from study.errors import DiskError, reason_of
from study.store.measurements import forget_failed_measurement, record_failed_measurement
from study.store.run_folder import record_failure
from study.train.devices import prepare_devices
from study.train.network import measured_model
from study.train.run import split_examples, train_run
from study.train.settings import RunSettings, run_settings_from_dict

Tell = Callable[[dict[str, Any]], None]


class Workplace:
    """The devices and the pictures of one worker process."""

    def __init__(self, configuration: WorkerConfiguration) -> None:
        devices = prepare_devices(
            configuration.replicas,
            configuration.threads,
            configuration.logical,
            configuration.in_pieces,
            configuration.gpus,
        )
        self.devices = replace(devices, whole_epochs=configuration.whole_epochs)
        self._made_on = {
            "threads": configuration.threads,
            "jobs": configuration.jobs,
            "hardware": configuration.hardware,
        }
        self._runs = Path(configuration.study) / "runs"
        self._measures = measures_from_dict(configuration.measures)
        self._train, self._validation = split_examples(open_prepared(Path(configuration.data)))

    def carry_out(self, task: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """Does a task, telling events as it goes; what is stored already is not done again.

        Returns:
            What the conductor is told at the end, plain values.
        """
        settings = run_settings_from_dict(task["run"])
        if task["kind"] == "train":
            return self._train_run(settings, tell)
        folder = self._runs / settings.id
        try:
            self._measure(task, settings, tell)
        except DiskError:
            # this stops the study; it is no fault of the measurement
            raise
        except Exception as error:
            record_failed_measurement(folder, task["failure"], reason_of(error))
            raise
        forget_failed_measurement(folder, task["failure"])
        return {}

    def _measure(self, task: dict[str, Any], settings: RunSettings, tell: Tell) -> None:
        from study.measure.further import measure_further
        from study.measure.minimiser import measure_minimiser
        from study.measure.pairs import compare_minimisers

        model = measured_model(settings, self.devices)
        folder = self._runs / settings.id

        def progress(done: int, total: int) -> None:
            tell({"event": "progress", "done": done, "total": total})

        if task["kind"] == "measure":
            measure_minimiser(
                model,
                folder,
                self._train,
                self._measures if task["along"] else replace(self._measures, along_levels=()),
                [(space, epsilon) for space, epsilon in task["sharpness"]],
                task["landscape"],
                settings.batch_size,
                progress,
                task["at"],
            )
            measure_further(
                model, folder, self._train, self._measures, task["further"], task["at"], progress
            )
        else:
            other = run_settings_from_dict(task["other"])
            compare_minimisers(
                model,
                self._runs / other.id,
                folder,
                other.batch_size,
                self._train,
                self._validation,
                self._measures,
                progress,
                task["at"],
            )

    def _train_run(self, settings: RunSettings, tell: Tell) -> dict[str, Any]:
        folder = self._runs / settings.id
        try:
            document = train_run(
                settings, self._train, self._validation, folder, self.devices, tell, self._made_on
            )
        except DiskError:
            # as above
            raise
        except Exception as error:
            record_failure(folder, settings.as_dict(), settings.id, reason_of(error))
            raise
        outcome = document.get("outcome", {})
        return {
            "status": document["status"],
            "epochs": outcome.get("epochs"),
            "pictures_per_second": outcome.get("pictures_per_second"),
        }
