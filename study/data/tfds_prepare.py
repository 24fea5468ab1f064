"""Finds or makes TFDS's own prepared ``cats_vs_dogs``: prepared, ``manual_dir``, then download.

``python -m study.data.tfds_prepare DATA_DIR`` makes it, in a process of its own: only TFDS's
builder needs TensorFlow, which would otherwise take hold of every GPU in the calling process.
"""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from study.data.source import Progress
from study.data.tfds_directory import find_prepared
from study.errors import DataError

ARCHIVE_NAME = "kagglecatsanddogs_5340.zip"
URL = (
    "https://download.microsoft.com/download/3/E/1/"
    f"3E1C3F21-ECDB-4869-8368-6DEBA77B919F/{ARCHIVE_NAME}"
)
PROBE_SECONDS = 10.0
_INSTEAD = "Or give the archive, a folder or a prepared directory: --data PATH."


def data_directory() -> Path:
    """TFDS's ``data_dir``: ``$TFDS_DATA_DIR`` or ``~/tensorflow_datasets``."""
    given = os.environ.get("TFDS_DATA_DIR")
    return (Path(given) if given else Path("~/tensorflow_datasets")).expanduser().absolute()


def prepared_cats_vs_dogs(progress: Progress) -> Path:
    """The prepared directory, made first where it is missing (823 MB of download, minutes).

    The archive is looked for in ``downloads/manual`` and ``downloads`` of the data directory
    before anything is downloaded.

    Raises:
        DataError: no network, or TFDS failed.
    """
    root = data_directory()
    found = find_prepared(root / "cats_vs_dogs")
    if found is not None:
        return found
    if not _archive_at_hand(root):
        _probe()
    progress("TFDS prepares cats_vs_dogs (minutes)", 0, 0)
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "study.data.tfds_prepare", str(root)],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = find_prepared(root / "cats_vs_dogs")
    if done.returncode or found is None:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise DataError(
            f"TFDS could not prepare cats_vs_dogs in {root}: "
            f"{said[-1] if said else 'no reason given'}. {_INSTEAD}"
        )
    return found


def _archive_at_hand(root: Path) -> bool:
    downloads = root / "downloads"
    return (downloads / "manual" / ARCHIVE_NAME).is_file() or any(
        path.suffix == ".zip" for path in downloads.glob("*kagglecatsanddogs*")
    )


def _probe() -> None:
    """Fails within seconds where there is no network; TFDS alone tries for minutes."""
    request = urllib.request.Request(URL, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
            return
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        place = data_directory() / "downloads" / "manual" / ARCHIVE_NAME
        raise DataError(
            f"TFDS cats_vs_dogs is not prepared in {data_directory()} and cannot be downloaded "
            f"({reason}). Put the archive at {place}. {_INSTEAD}"
        ) from error


def _prepare(root: str) -> None:
    import tensorflow_datasets as tfds

    tfds.builder("cats_vs_dogs", data_dir=root).download_and_prepare()


if __name__ == "__main__":
    try:
        _prepare(sys.argv[1])
    except Exception as error:
        # The caller shows the last line; TFDS raises errors of many kinds, some of many lines.
        sys.exit(" ".join(f"{type(error).__name__}: {error}".split()))
