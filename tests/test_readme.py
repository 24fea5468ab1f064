"""What the README says of the project is true: its example runs, its commands and files exist."""

import re
import subprocess
import sys

import pytest

from study.command_line.main import main
from study.experiments.presets import PRESETS
from tests.readme_text import FINDINGS, README, ROOT


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_example_of_the_callbacks_runs() -> None:
    # the next one is run in tests/test_parts.py
    example = blocks("python")[0]
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"distance from the initial weights: \d+\.\d+", lines[0])
    assert re.search(r"sharpness after epochs 1 and 6: \[\d+\.\d+, \d+\.\d+\]", done.stdout)
    assert re.match(r"noise scale of the last epoch, in examples: (\d+\.\d+|nan)", lines[-1])


def test_first_two_commands_are_make_reproduce_and_make_test() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert commands[:2] == ["make reproduce", "make test"]
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"make (\w+)", " ".join(commands)):
        assert re.search(rf"^{name}:", targets, flags=re.MULTILINE), name


def commands_named() -> list[str]:
    return sorted(set(re.findall(r"python -m study (\w+)", README)))


@pytest.mark.parametrize("command", commands_named())
def test_every_command_named_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"study {command}" in capsys.readouterr().out


def test_every_option_named_exists(capsys: pytest.CaptureFixture[str]) -> None:
    printed = ""
    for command in ("reproduce", "list", "data", "bench", "publish", "remedies"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        printed += capsys.readouterr().out
    for option in sorted(set(re.findall(r"`(--[a-z-]+)", README))):
        assert option in printed, option


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_table_of_presets_agrees_with_them(name: str) -> None:
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `{name}`")]
    preset = PRESETS[name]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[2] == (f"{preset.pictures:,}" if preset.pictures else "23,262")
    assert cells[3] == str(preset.image_size)
    assert cells[4] == f"`{preset.model}`"


def test_results_stand_behind_everything_that_explains_them() -> None:
    places = [README.index(f"## {name}") for name in ("Start", "What came out", "Sizes")]
    places += [README.index("## How verdicts come about"), README.index("<!-- results:")]
    assert places == sorted(places)


def test_headings_named_exist() -> None:
    texts = {"": FINDINGS, "../README.md": README}
    texts["../benchmarks/README.md"] = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)#]*)#([^)]+)\)", FINDINGS)
    links += [("../README.md", name) for name in re.findall(r"\]\(#([^)]+)\)", README)]
    assert len(links) > 4
    for path, name in links:
        headings = re.findall(r"^#+ (.*)$", texts[path], flags=re.MULTILINE)
        names = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert name in names, (path, name)


def test_files_named_exist() -> None:
    for text, folder in ((README, ROOT), (FINDINGS, ROOT / "reports")):
        for path in re.findall(r"\]\(([^)#]+)[#)]", text):
            if not path.startswith("http"):
                assert (folder / path).exists(), path
    for path in re.findall(r"`((?:study|reports|callbacks)/[\w/]+\.py)`", README):
        assert (ROOT / path).exists(), path
