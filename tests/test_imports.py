"""Imports run one way, and TensorFlow is loaded only where it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OF_CONDUCT = {
    "study.conduct",
    "study.data",
    "study.experiments",
    "study.measure",
    "study.model",
    "study.store",
    "study.train",
}
# package or file -> packages of ours that it may import
ALLOWED = {
    "callbacks": {"callbacks"},
    "study/conduct": OF_CONDUCT,
    "study/data": {"study.data", "study.errors", "study.store.atomic"},
    "study/experiments": {"study.experiments", "study.errors"},
    "study/layers": {"study.layers"},
    "study/model.py": {"study.layers"},
    # names alone, for code that is not ours
    "study/parts": {"study.layers", "study.measure", "study.summarise", "study.train"},
    "study/store": {"study.store", "study.errors"},
    "study/train": {
        "callbacks",
        "study.train",
        "study.data",
        "study.layers",
        "study.model",
        "study.store",
    },
    "study/measure": {
        "callbacks",
        "study.measure",
        "study.layers",
        "study.train",
        "study.model",
        "study.store",
        "study.experiments",
    },
    "study/bench": OF_CONDUCT | {"callbacks", "study.bench"},
    "study/summarise": {
        "study.summarise",
        "study.experiments",
        "study.store",
        "study.train.settings",
        "study.train.outcome",
    },
    # the settings alone, a leaf of what carries a study out
    "reports": {
        "reports",
        "study.conduct.settings",
        "study.store",
        "study.experiments",
        "study.summarise",
    },
}
FOR_ALL = {"study.errors", "study.words"}
HEAVY = ("tensorflow", "keras")


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def ours(name: str) -> bool:
    return name.split(".")[0] in ("study", "callbacks", "reports", "tests")


def is_within(name: str, allowed: set[str]) -> bool:
    return any(
        name == other or name.startswith(other + ".") or other.startswith(name + ".")
        for other in allowed
    )


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_imports_run_one_way(package: str) -> None:
    place = ROOT / package
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    assert files
    for path in files:
        for name in filter(ours, imported(path)):
            assert is_within(name, ALLOWED[package] | FOR_ALL), f"{path} imports {name}"


def test_every_package_has_its_rule() -> None:
    packages = {f"study/{path.parent.name}" for path in (ROOT / "study").glob("*/__init__.py")}
    # the command line may import everything
    assert packages - set(ALLOWED) == {"study/command_line"}


def test_only_the_command_line_knows_the_reports() -> None:
    for path in sorted((ROOT / "study").rglob("*.py")):
        if "reports" in {name.split(".")[0] for name in imported(path)}:
            assert path.parent.name == "command_line", path


def test_reports_never_train() -> None:
    for path in sorted((ROOT / "reports").rglob("*.py")):
        assert not {name.split(".")[0] for name in imported(path)} & {*HEAVY, "callbacks"}, path


def test_keras_callbacks_do_not_shadow_ours() -> None:
    for folder in ("callbacks", "study", "reports", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            assert "keras.callbacks" not in imported(path), path


@pytest.mark.parametrize(
    "module",
    [
        "study.command_line.main",
        "study.command_line.make_study",
        "study.command_line.bench",
        "callbacks",
        "study.parts",
        "reports.page",
        "reports.bench_page",
    ],
)
def test_modules_that_do_without_tensorflow(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(m in sys.modules for m in {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=120)
    assert done.returncode == 0, f"{module} imports TensorFlow or Keras"
