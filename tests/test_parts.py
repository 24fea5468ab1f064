"""The parts for other people's code: their examples run, and they are saved and loaded."""

import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import study.parts
from study.parts import GhostBatchNormalization, ScheduledRate, step_decay

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "study" / "parts" / "README.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
# what an example prints -> the example
EXAMPLES = {
    r"loss before and after: 0\.\d+ 0\.\d+": (README, "GhostBatchNormalization(ghost_size=32)"),
    r"rates of the updates: \[0.02, 0.05, 0.08, 0.008, 0.0008\]": (GUIDE, 'scaled_rate("linear"'),
    r"128, 256, 256\]\nupdates: 44 losses: 6\ndistance.*\[(\d\.\d+, ){5}\d\.\d+\]": (
        GUIDE,
        "growing_batches(len(x)",
    ),
    r"epochs: 16 drops after: \(8,\) updates: 32": (GUIDE, "adapt_regime(len(x)"),
    r"(?s)Augmentation loss: 0.*ConservativeTraining loss: 0.*RobustTraining loss: 0": (
        GUIDE,
        "with_remedy(network",
    ),
    r"shapes of the direction: \[\(8, 16\), \(16,\), \(16, 1\), \(1,\)\]": (GUIDE, "landscape("),
    r"largest eigenvalues: \[.*\] residuals: \[(?s:.*)standard error: \d": (
        GUIDE,
        "hessian_spectrum(",
    ),
    r"factor e of the updates: 0\.\d+\nerror on the 3 later": (GUIDE, "compare_laws("),
    r"critical batch size: 4\d\d\..*\nnot reached: \(2048": (GUIDE, "fit_critical_batch("),
}


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)


@pytest.mark.parametrize("printed", EXAMPLES)
def test_examples_run(printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    page, word = EXAMPLES[printed]
    (example,) = [block for block in blocks(page) if word in block]
    exec(compile(example, "example", "exec"), {"__name__": "__main__"})
    assert re.search(printed, capsys.readouterr().out)


def test_every_example_is_run() -> None:
    # the first of the README is that of the callbacks
    assert len(EXAMPLES) == len(blocks(GUIDE)) + len(blocks(README)) - 1


@pytest.mark.parametrize("name", study.parts.__all__)
def test_every_name_is_explained(name: str) -> None:
    part = getattr(study.parts, name)
    assert part.__doc__ and name in dir(study.parts)
    assert re.search(rf"`(Schedule\.)?{name}\b", GUIDE), name


def test_no_other_name() -> None:
    with pytest.raises(AttributeError, match="'batch_norm'"):
        study.parts.batch_norm  # noqa: B018


def test_saved_in_one_process_and_loaded_in_another(tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((4,)), GhostBatchNormalization(4, 0.9), keras.layers.Dense(1)]
    )
    schedule = step_decay(20, 8, 0.1, 4, [2]).with_warm_up("gradual", 1, 0.01)
    model.compile(keras.optimizers.SGD(ScheduledRate(schedule), momentum=0.9), "mse")
    x = np.random.default_rng(0).normal(2, 3, (20, 4)).astype(np.float32)
    model(x, training=True)
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(9)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=x, outputs=model(x))
    code = f"""
import keras, numpy
from study.parts import GhostBatchNormalization, ScheduledRate
model = keras.models.load_model(r"{tmp_path / "model.keras"}")
data = numpy.load(r"{tmp_path / "data.npz"}")
numpy.testing.assert_array_equal(model(data["x"]), data["outputs"])
assert isinstance(model.layers[0], GhostBatchNormalization)
# nine updates are done: the rate has dropped
numpy.testing.assert_allclose(float(model.optimizer.learning_rate), 0.02, rtol=1e-6)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
