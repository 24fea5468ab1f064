"""What the benchmark's command refuses, and documents of it that are missing or damaged."""

from pathlib import Path

import pytest

from reports.bench_page import write_bench_page
from reports.read import read_study
from study.command_line.bench import bench_request
from study.command_line.commands import Bench
from study.errors import SettingsError, StoreError
from study.store.bench_document import write_bench
from tests.made_up_bench import bench
from tests.make_study import make_frames, make_settings, make_study_directory


def test_threads_of_runs_on_gpus_are_not_to_be_set() -> None:
    machine = {"cores": 4, "gpus": ["a GPU"]}
    with pytest.raises(SettingsError, match="--threads on a machine with GPUs"):
        bench_request(Bench(threads=2), machine)
    assert bench_request(Bench(), machine).threads == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--batch-sizes", "512"], "larger than the training set"),
        (["--devices", "x"], "--devices 'x'"),
        (["--threads", "0"], "--threads 0"),
        (["--image-size", "33"], "multiple of 32"),
        (["--model", "vgg"], "unknown model"),
        (["--rates", "0.1"], "--rates does nothing without --target"),
        (["--max-epochs", "7"], "--max-epochs does nothing without --target"),
        (["--seeds", "2"], "--seeds does nothing without --target"),
        (["--only", "torch"], "--only does nothing without --peers; add that, or leave --only out"),
        (["--study", "x"], "--study does nothing without --peers"),
        (["--peers", "--target", "0.5"], "--target with --peers, which trains to no loss"),
        (["--peers", "--only", "report", "--study", "no/study"], "no/study does not exist"),
        (["--peers", "--only", "torch", "--study", "x"], "--study does nothing without sharpness"),
        (["--peers", "--devices", "1"], "--devices with --peers, which compares on one device"),
    ],
)
def test_what_does_not_fit_gives_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    assert bench(tmp_path / "bench", *more) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1 and words in err
    assert not (tmp_path / "bench").exists()


def test_damaged_documents_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is missing; 'python -m study bench"):
        write_bench_page(tmp_path)
    write_bench(tmp_path, {"schema": 99})
    with pytest.raises(StoreError, match="no benchmark of this version"):
        write_bench_page(tmp_path)
    write_bench(tmp_path, {"schema": 1, "conclusion": ""})
    with pytest.raises(StoreError, match=r"bench\.json is damaged"):
        write_bench_page(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}'])
def test_a_study_with_a_damaged_benchmark_tells_how_to_mend_it(
    tmp_path: Path, content: str
) -> None:
    study = make_study_directory(
        tmp_path / "study", frames=make_frames(1, landscape_points=3), settings=make_settings(1)
    )
    (study / "bench.json").write_text(content)
    with pytest.raises(StoreError, match=r"study/bench\.json ") as caught:
        read_study(study)
    assert f"'python -m study bench --out {study}' makes it again" in str(caught.value)
    assert "without the file, a study's report leaves its section out" in str(caught.value)
    assert "reproduce" not in str(caught.value)
