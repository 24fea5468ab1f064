"""``bench``: how fast this machine trains."""

import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console

from study.bench.conclusion import conclude
from study.bench.document import bench_document
from study.bench.grid import measure_grid, measured_peaks
from study.bench.interruption import UntilInterrupted
from study.bench.request import (
    BenchRequest,
    check_request,
    default_devices,
    for_target,
    unused_words,
)
from study.bench.target import target_runs
from study.command_line.bench_peers import check_peers, measure_peers
from study.command_line.bench_tables import print_grid, print_peaks, print_targets
from study.command_line.number_lists import positive_numbers, whole_numbers
from study.command_line.preparing import prepared
from study.command_line.terminal import console
from study.conduct.machine import usable_machine
from study.data.dataset import Dataset, split
from study.data.load import EMBEDDED_NAMES
from study.errors import INTERRUPTED, SettingsError
from study.model import check_image_size, get_variant
from study.store.bench_document import BENCH_DOCUMENT, make_bench_folder, write_bench
from study.store.study_directory import SUMMARY_DOCUMENT, StudyDirectory
from study.train.settings import check_run_settings

if TYPE_CHECKING:
    from study.command_line.commands import Bench

_DRAWN_PICTURES = 2_400
_RATES, _MAX_EPOCHS, _SEEDS = ("0.01,0.02,0.04,0.08",), 100, 1
# options -> the one without which they do nothing
_NEEDED = {
    **dict.fromkeys(("rates", "max_epochs", "seeds"), "target"),
    **dict.fromkeys(("only", "study"), "peers"),
}


def run_bench(options: "Bench") -> int:
    """Measures, prints tables, writes ``bench.json`` and its page.

    After Ctrl-C it does so with what was measured before, but leaves earlier results in place.

    Returns:
        The exit code: 0, or 1 when a part of it measured nothing (the tables say why), or 130
        after Ctrl-C.

    Raises:
        StudyError: what came does not fit; nothing has been measured then.
        KeyboardInterrupt: before anything was measured.
    """
    terminal = console()
    machine, notice = usable_machine(devices=None, logical=False)
    if notice:
        terminal.print(notice, markup=False)
    gpus = len(machine["gpus"])
    request = bench_request(options, machine)
    check_request(request, gpus)
    if options.peers:
        check_peers(request, options.study)
    elif options.devices is None and (unused := unused_words(gpus, request.devices)):
        terminal.print(unused, markup=False)
    dataset = prepared(options.data, request.image_size, _pictures(options), terminal)
    _check_sizes(request, dataset)
    make_bench_folder(options.out)
    measure = measure_peers if options.peers else _measure
    until = UntilInterrupted()
    measured = measure(options, request, dataset, terminal, until)
    if until.interrupted:
        if not any(measured.get(part) for part in ("grid", "peers", "counts")):
            raise KeyboardInterrupt
        measured["conclusion"] = f"Interrupted before its end. {measured['conclusion']}"
    command = shlex.join(["python", "-m", "study", *sys.argv[1:]])
    if until.interrupted and (options.out / BENCH_DOCUMENT).exists():
        terminal.print(
            f"Not stored: {options.out} keeps the results of another benchmark.", markup=False
        )
    else:
        _store(options, bench_document(request, dataset, command, machine, **measured), terminal)
    terminal.print(measured["conclusion"], markup=False)
    return INTERRUPTED if until.interrupted else int(_found_nothing(measured))


def _found_nothing(measured: Mapping[str, Any]) -> bool:
    """Whether nothing came of the grid, of the runs to a target, or of the comparisons."""
    targets = measured.get("targets") or []
    parts = [
        [row["problem"] for row in measured.get("grid") or []],
        [row["problem"] and row["lowest_loss"] is None for row in targets],
        [row["problem"] for name in ("peers", "counts") for row in measured.get(name) or []],
    ]
    return any(part and all(part) for part in parts)


def bench_request(options: "Bench", machine: Mapping[str, Any]) -> BenchRequest:
    """The options, resolved.

    Args:
        options: as given.
        machine: ``cores`` and ``gpus``, as ``study.store.environment.hardware`` gives them: what
            this process may use.

    Raises:
        SettingsError: an option cannot be read, does not fit the model, or would do nothing.
    """
    _check_effects(options)
    check_image_size(options.image_size)
    get_variant(options.model)
    if options.threads is not None and options.threads < 1:
        raise SettingsError(f"--threads {options.threads}; expected 1 or more.")
    given, gpus = options.devices, len(machine["gpus"])
    if gpus and options.threads is not None:
        raise SettingsError(
            "--threads on a machine with GPUs, whose runs take what they need; leave it out, or "
            "hide the GPUs: CUDA_VISIBLE_DEVICES=-1 python -m study bench ..."
        )
    sizes = whole_numbers(options.batch_sizes, "--batch-sizes")
    counts = default_devices(gpus, sizes) if given is None else whole_numbers(given, "--devices")
    return BenchRequest(
        devices=counts,
        logical=not gpus,
        batch_sizes=sizes,
        image_size=options.image_size,
        model=options.model,
        repeats=options.repeats,
        threads=0 if gpus else options.threads or machine["cores"],
        target=options.target,
        rates=positive_numbers(options.rates or _RATES, "--rates"),
        max_epochs=_MAX_EPOCHS if options.max_epochs is None else options.max_epochs,
        seeds=_SEEDS if options.seeds is None else options.seeds,
    )


def _check_effects(options: "Bench") -> None:
    """Refuses options that would do nothing."""
    for name, needed in _NEEDED.items():
        if getattr(options, name) is not None and not getattr(options, needed):
            option = name.replace("_", "-")
            raise SettingsError(
                f"--{option} does nothing without --{needed}; add that, or leave --{option} out."
            )
    if options.peers and options.target is not None:
        raise SettingsError("--target with --peers, which trains to no loss; leave one out.")
    if options.peers and options.devices is not None:
        raise SettingsError("--devices with --peers, which compares on one device; leave one out.")
    asked = [name for word in options.only or () for name in word.split(",")]
    if options.study is not None and asked and not {*asked} & {"sharpness", "report"}:
        raise SettingsError(
            "--study does nothing without sharpness or report among --only; add one of them, or "
            "leave --study out."
        )


def _pictures(options: "Bench") -> int | None:
    if options.pictures is not None and options.pictures < 1:
        raise SettingsError(f"--pictures {options.pictures}; expected 1 or more.")
    if options.pictures is None and options.data in EMBEDDED_NAMES:
        return _DRAWN_PICTURES
    return options.pictures


def _check_sizes(request: BenchRequest, dataset: Dataset) -> None:
    from study.bench.grid import run_settings

    train, _ = split(dataset)
    for batch_size in request.batch_sizes:
        check_run_settings(run_settings(request, dataset, batch_size=batch_size), len(train))


def _measure(
    options: "Bench",
    request: BenchRequest,
    dataset: Dataset,
    terminal: Console,
    until: UntilInterrupted,
) -> dict[str, Any]:
    def tell(words: str) -> None:
        terminal.print(f"measuring {words} ...", style="dim", markup=False)

    tell("the machine's peaks")
    peaks = measured_peaks(request)
    print_peaks(peaks, terminal)
    grid = measure_grid(request, dataset, peaks, tell, until)
    print_grid(request, grid, terminal)
    targets = None
    if request.target is not None and not until.interrupted:
        aimed = for_target(request, named=options.devices is not None)
        if aimed.devices != request.devices:
            tell("the time to the target on 1 CPU alone (--devices 1,2: on logical ones too)")
        # none at all says as much as no target
        targets = target_runs(aimed, dataset, request.target, tell, until) or None
    if targets is not None:
        print_targets(request, targets, terminal)
    conclusion = conclude(request, grid, targets)
    return {"peaks": peaks, "grid": grid, "targets": targets, "conclusion": conclusion}


def _store(options: "Bench", document: dict[str, Any], terminal: Console) -> None:
    # the templates take a while to load, which no other command needs
    from reports.bench_page import write_bench_page
    from reports.page import write_report

    with StudyDirectory(options.out).writing():
        path = write_bench(options.out, document)
        of_study = (options.out / SUMMARY_DOCUMENT).exists()
        page = write_report(options.out) if of_study else write_bench_page(options.out)
    terminal.print(f"Results: {path.resolve()}", markup=False)
    terminal.print(f"Page:    {page.resolve()}", markup=False)
