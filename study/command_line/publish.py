"""``publish``: results fit to be committed, and the README that shows them."""

import shutil
from pathlib import Path
from typing import Any

from study.command_line.finish import finish_study, model_of_runs
from study.command_line.terminal import console, size
from study.conduct.conditions import condition_runs
from study.conduct.plan import planned_runs
from study.conduct.settings import StudySettings, settings_from_dict
from study.errors import StoreError
from study.store.atomic import write_atomically, write_json, write_text
from study.store.bench_document import BENCH_DOCUMENT, read_bench, write_bench
from study.store.published import (
    PUBLISHED,
    check_name,
    published_bench,
    published_document,
    published_frames,
    run_commits,
)
from study.store.run_folder import TAKEN_OVER, read_document
from study.store.study_directory import MODEL_FILE, SAMPLES_FILE, StudyDirectory
from study.store.taken_over import taken_over_now

ROOT = Path(__file__).parents[2]
README = "README.md"


def publish(source: Path, name: str, into: Path, readme: Path, show: bool = False) -> int:
    """Publishes a study as ``into/name`` and, where asked, shows it in the project's README.

    A study that is still being made can be published; page and README then say so.

    Args:
        source: a study directory, which is only read; or the published folder itself, whose page
            and README are then made again.
        name: small letters, digits and hyphens.
        into: folder of the published results.
        readme: the project's README; results of that name that it shows already are renewed.
        show: show these results beside those that it shows.

    Returns:
        The exit code 0.

    Raises:
        StudyError: ``source`` is no study, ``name`` does not fit, or the target holds other things.
    """
    directory, target = StudyDirectory(source), StudyDirectory(into / check_name(name))
    document = directory.read()
    if target.path != directory.path:
        _copy(directory, document, target, name)
    elif PUBLISHED not in document:
        raise StoreError(f"{source} holds a study, no published results; publish it elsewhere.")
    finish_study(target)
    _renew(target, name, readme, show)
    terminal = console()
    files = [path for path in sorted(target.path.rglob("*")) if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    terminal.print(f"Published: {target.path} ({len(files)} files, {size(total)})", markup=False)
    return 0


def _copy(
    directory: StudyDirectory, document: dict[str, Any], target: StudyDirectory, name: str
) -> None:
    from study.store.results import read_results, write_results
    from study.summarise.collect import collect
    from study.summarise.times import with_typical_times

    settings = settings_from_dict(document["settings"])
    if target.path.exists() and any(target.path.iterdir()):
        if not target.exists() or PUBLISHED not in target.read():
            raise StoreError(
                f"{target.path} holds other things than published results; choose another name."
            )
        _check_same(target, settings)
    if directory.runs.exists():
        runs = planned_runs(settings)
        frames = collect(directory, runs, settings.experiment, condition_runs(settings))
        folders = [directory.runs / run.id for run in runs]
        commits = run_commits(folders)
        if TAKEN_OVER in document:
            document = {**document, TAKEN_OVER: taken_over_now(document, folders)}
    else:
        frames = with_typical_times(read_results(directory.path))
        commits = document.get(PUBLISHED, {}).get("commits", [])
    model = _model_of(directory, settings)
    measured = (directory.path / BENCH_DOCUMENT).exists()
    bench = published_bench(read_bench(directory.path)) if measured else None
    samples = directory.path / SAMPLES_FILE
    # of embedded data alone: those pictures are ours
    ours = samples.exists() and document.get("data", {}).get("embedded") is True
    pictures = samples.read_bytes() if ours else None
    # only now: what came may have been damaged
    _make_room(target)
    write_results(target, published_frames(frames))
    target.write(published_document(document, name, commits))
    if model is not None:
        write_json(target.path / MODEL_FILE, model)
    if bench is not None:
        write_bench(target.path, bench)
    else:
        (target.path / BENCH_DOCUMENT).unlink(missing_ok=True)
    if pictures is not None:
        write_atomically(target.path / SAMPLES_FILE, lambda file: file.write(pictures))
    else:
        (target.path / SAMPLES_FILE).unlink(missing_ok=True)


def _make_room(target: StudyDirectory) -> None:
    """Makes the folder of the published results, with an empty one for the frames."""
    shutil.rmtree(target.results, ignore_errors=True)
    try:
        target.results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {target.results}: {error.strerror}; expected a folder that "
            "may be written. Choose another with --into."
        ) from error


def _check_same(target: StudyDirectory, settings: StudySettings) -> None:
    """Refuses to put another study in the place of published results."""
    published = target.read()["settings"]
    for name, words in (("experiment", "experiment"), ("fingerprint", "fingerprint of the data")):
        there, came = published.get(name), getattr(settings, name)
        if there != came:
            raise StoreError(
                f"{target.path} holds another study ({words}: {there} there, {came} here); choose "
                "another name, or delete that folder to publish this study in its place."
            )


def _model_of(directory: StudyDirectory, settings: StudySettings) -> Any:
    model, path = model_of_runs(directory, settings), directory.path / MODEL_FILE
    return read_document(path) if model is None and path.exists() else model


def _renew(target: StudyDirectory, name: str, readme: Path, show: bool) -> None:
    from reports.read import read_study
    from reports.readme import blocks_of, results_block, with_block

    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if show or name in blocks_of(text):
        block = results_block(read_study(target.path))
        write_text(readme, with_block(text, name, block))
