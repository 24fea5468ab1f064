"""The commands, each a frozen dataclass of its options with a ``run`` that gives the exit code."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from study.errors import SettingsError


@dataclass(frozen=True)
class StudyOptions:
    """Options of the commands that make a study."""

    preset: str | None = None
    """smoke, quick, cpu or paper; 'python -m study list' tells their sizes; default: quick, or that
    of --extend"""
    data: str | None = None
    """synthetic (drawn by the project), tfds, or the path of a zip, a folder with one sub-folder
    a class, or a prepared TFDS directory; default: the preset's"""
    seeds: int | None = None
    """paired seeds; default: the preset's"""
    devices: int | None = None
    """also train on that many devices under MirroredStrategy"""
    logical_devices: bool = False
    """let the devices be logical ones of this processor, to try it without GPUs"""
    jobs: int | None = None
    """runs side by side; default: one a GPU with two cores each, but one at a time where times on
    one GPU and on several are compared; without GPUs one a core, as memory allows"""
    out: Path | None = None
    """the study directory; default: runs/PRESET, or runs/EXPERIMENT-PRESET"""
    extend: Path | None = None
    """published results to begin with: their settings hold, their runs and measurements are taken
    over, and what is asked for beyond them, such as more --seeds, is made; default for --out:
    runs/NAME-extended"""
    pictures: int | None = None
    """train and validate on a subset of that many pictures"""
    image_size: int | None = None
    """side of the pictures in pixels, a multiple of 32"""
    patience: int | None = None
    """epochs without a lower validation loss that end a run"""
    max_epochs: int | None = None
    """epochs that end a run in any case"""
    base_rate: float | None = None
    """learning rate of the smallest batch size; the other rates are multiples of it"""
    batch_sizes: tuple[str, ...] | None = None
    """batch sizes of the study, such as 32,256"""
    model: str | None = None
    """plain, dropout or batch-normalisation"""
    target: float | None = None
    """validation loss at which the runs of an experiment that trains to one end"""
    reshuffle: bool = False
    """a new order of the pictures in every epoch"""
    no_reshuffle: bool = False
    """one order of the pictures in all epochs, as in the article (the default)"""
    heat_map_seeds: int | None = None
    """seeds of the cells that only the heat map needs, at most --seeds; 0 leaves them out"""
    search_seeds: int | None = None
    """seeds of the other models, to find which made the article's figures, at most --seeds; 0 for
    none"""
    measured_pictures: int | None = None
    """pictures that a measurement takes at most (sharpness, lines, planes, gradients)"""
    dry_run: bool = False
    """print the runs, their sizes and an estimate of the time, and stop; trains and writes nothing,
    but other data than the drawn ones are prepared (tfds: downloaded) to count their pictures"""
    debug: bool = False
    """show the traceback of an error"""


@dataclass(frozen=True)
class Reproduce(StudyOptions):
    """Reproduce the article: data, all runs, all measurements, the report.

    Interrupted and called again, it goes on where it was.
    """

    def run(self) -> int:
        """Makes the study of the article."""
        from study.command_line.make_study import make_study

        return make_study(self, "article")


@dataclass(frozen=True)
class Run(StudyOptions):
    """Run one declared experiment; 'python -m study list' names them."""

    experiment: tyro.conf.Positional[str] = tyro.MISSING
    """name of the experiment"""

    def run(self) -> int:
        """Makes a study of the experiment."""
        from study.command_line.make_study import make_study

        return make_study(self, self.experiment)


@dataclass(frozen=True)
class Status:
    """Show how far a study has come."""

    directory: tyro.conf.Positional[Path]
    """a study directory"""
    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Prints the state of every run."""
        from study.command_line.inspect_study import show_status

        return show_status(self.directory)


@dataclass(frozen=True)
class Report:
    """Make the report of a study again, from what is stored."""

    directory: tyro.conf.Positional[Path]
    """a study directory"""
    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Gathers, summarises and writes the page."""
        from study.command_line.inspect_study import make_report_again

        return make_report_again(self.directory)


@dataclass(frozen=True)
class Publish:
    """Publish the results of a study, fit to be committed: no weights, no pictures, no paths.

    Copies them to reports/published/NAME with a page and a README; a study that is not finished
    is shown as such. Called on the published folder itself, it makes page and README again.
    """

    directory: tyro.conf.Positional[Path]
    """a study directory, or published results"""
    name: tyro.conf.Positional[str]
    """name of the published results"""
    readme: bool = False
    """also show the tables of these results in the project's README, before those shown already"""
    into: Path | None = None
    """folder of the published results; default: reports/published of this checkout"""
    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Copies, summarises and writes page and README."""
        from study.command_line.publish import README, ROOT, publish

        into = self.into or ROOT / "reports" / "published"
        return publish(self.directory, self.name, into, ROOT / README, show=self.readme)


@dataclass(frozen=True)
class Remedies:
    """Tell what closes the gap between small and large batches, over several studies.

    One page: how much of the gap each remedy closes and what it costs. Studies on different data
    are told apart.
    """

    directories: tyro.conf.Positional[tuple[Path, ...]]
    """study directories or published results, such as
    reports/published/*/ --leave-out reports/published/devices-32px"""
    leave_out: tyro.conf.UseAppendAction[tuple[Path, ...]] = ()
    """one of them that shall not be part of it; may be given several times"""
    out: Path = Path("runs/remedies")
    """folder of the page"""
    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Reads the studies and writes the page."""
        from study.command_line.remedies import tie_together

        return tie_together(self.directories, self.leave_out, self.out)


@dataclass(frozen=True)
class ListAll:
    """List the experiments, presets, models and data sources, or the claims of an experiment."""

    experiment: str | None = None
    """show this experiment's claims and how each is tested"""
    claim: str | None = None
    """show one claim alone (of the article, unless --experiment names another)"""
    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Prints the lists."""
        from study.command_line.listing import show_claims, show_list

        if self.experiment is None and self.claim is None:
            return show_list()
        return show_claims(self.experiment or "article", self.claim)


@dataclass(frozen=True)
class Doctor:
    """Check whether this machine is ready."""

    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Prints every check; exit code 1 when one has failed."""
        from study.command_line.doctor import examine

        return examine()


@dataclass(frozen=True)
class Data:
    """Prepare a data set and describe it: counts, classes, what was dropped and why."""

    source: tyro.conf.Positional[str]
    """synthetic, tfds, or a path"""
    image_size: int = 128
    """side of the pictures in pixels"""
    pictures: int | None = None
    """a subset of that many"""
    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Prints the description."""
        from study.command_line.describe_data import describe

        if self.pictures is not None and self.pictures < 1:
            raise SettingsError(f"--pictures {self.pictures}; expected 1 or more.")
        return describe(self.source, self.image_size, self.pictures)


@dataclass(frozen=True)
class Bench:
    """Measure how fast this machine trains, by batch size and number of devices.

    Ends with the batch size (and, with --target, the learning rate) to use here.
    """

    devices: tuple[str, ...] | None = None
    """counts of devices, such as 1,2,4; default: as many GPUs as divide every batch size and fewer,
    else 1 CPU and 2 logical ones, which measure no several devices"""
    batch_sizes: tuple[str, ...] = ("32,64,128,256",)
    """batch sizes, such as 32,256"""
    image_size: int = 64
    """side of the pictures in pixels, a multiple of 32"""
    model: str = "plain"
    """plain, dropout or batch-normalisation"""
    repeats: int = 5
    """timed epochs of each cell, after one that is not; with --peers: pairs of laps"""
    data: str = "synthetic"
    """synthetic, tfds, or a path, as for 'reproduce'"""
    pictures: int | None = None
    """a subset of that many; default: 2,400 of the drawn ones, else all"""
    threads: int | None = None
    """threads of a run on a processor; default: one a core"""
    target: float | None = None
    """also measure the time to this validation loss, by batch size and rate; on logical devices
    only where --devices names them"""
    rates: tuple[str, ...] | None = None
    """with --target: learning rates that are tried; default: 0.01,0.02,0.04,0.08"""
    max_epochs: int | None = None
    """with --target: epochs after which a run to it is given up; default: 100"""
    seeds: int | None = None
    """with --target: runs to it of each batch size and rate; default: 1"""
    peers: bool = False
    """compare with plain Keras, PyTorch (where it is installed), TFDS and simpler ways instead"""
    only: tuple[str, ...] | None = None
    """with --peers: these comparisons alone, such as article,torch"""
    study: Path | None = None
    """with --peers: a study directory, to time 'report' on a copy of it and to count what searches
    for the sharpness need at its minimisers; both are skipped without"""
    out: Path = Path("runs/bench")
    """where bench.json and index.html go; a study directory gets a section in its report instead"""
    debug: bool = False
    """show the traceback of an error"""

    def run(self) -> int:
        """Measures, prints the tables, writes bench.json and the page."""
        from study.command_line.bench import run_bench

        return run_bench(self)
