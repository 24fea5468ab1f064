import subprocess
import urllib.error
import urllib.request

import pytest

from study.data import tfds_prepare
from study.data.tfds_prepare import ARCHIVE_NAME, data_directory, prepared_cats_vs_dogs
from study.errors import DataError


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_args, **_options):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def say_nothing(what, done, total):
    pass


def make_prepared(root):
    folder = root / "cats_vs_dogs" / "4.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").touch()
    return folder


def fake_child(monkeypatch, returncode: int, stderr: str, then=lambda: None) -> list[dict]:
    calls = []

    def run(command, **options):
        calls.append({"command": command, **options})
        then()
        return subprocess.CompletedProcess(command, returncode, "", stderr)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_what_is_prepared_needs_no_network(root, offline):
    folder = make_prepared(root)
    assert prepared_cats_vs_dogs(say_nothing) == folder


def test_default_data_directory(monkeypatch, tmp_path):
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_directory() == tmp_path / "tensorflow_datasets"


def test_without_network_it_says_what_to_do(root, offline):
    with pytest.raises(DataError, match=r"cannot be downloaded .Name or service") as error:
        prepared_cats_vs_dogs(say_nothing)
    assert str(root / "downloads" / "manual" / ARCHIVE_NAME) in str(error.value)
    assert "--data PATH" in str(error.value)


def test_archive_put_there_by_hand_needs_no_network(root, offline, monkeypatch):
    manual = root / "downloads" / "manual"
    manual.mkdir(parents=True)
    (manual / ARCHIVE_NAME).touch()
    said = []
    calls = fake_child(monkeypatch, 0, "", lambda: make_prepared(root))
    found = prepared_cats_vs_dogs(lambda *arguments: said.append(arguments))
    assert found == root / "cats_vs_dogs" / "4.0.1"
    assert calls[0]["command"][1:] == ["-m", "study.data.tfds_prepare", str(root)]
    # TensorFlow must not take hold of the GPUs there.
    assert calls[0]["env"]["CUDA_VISIBLE_DEVICES"] == "-1"
    assert said


def test_failure_of_tfds_is_one_line(root, monkeypatch):
    monkeypatch.setattr(tfds_prepare, "_probe", lambda: None)
    fake_child(monkeypatch, 1, "Traceback\n  lines\nNonMatchingChecksumError: wrong archive\n\n")
    with pytest.raises(DataError, match="NonMatchingChecksumError: wrong archive") as error:
        prepared_cats_vs_dogs(say_nothing)
    assert "\n" not in str(error.value)


def test_the_child_process_truly_runs_and_refuses_another_archive(root, offline):
    manual = root / "downloads" / "manual"
    manual.mkdir(parents=True)
    (manual / ARCHIVE_NAME).write_bytes(b"not the archive")
    with pytest.raises(DataError, match="NonMatchingChecksumError"):
        prepared_cats_vs_dogs(say_nothing)
