"""Keras callbacks that watch how weights travel; usable in anybody's ``model.fit``.

They need Keras 3 on TensorFlow, NumPy and SciPy, and nothing of the rest of this repository.
Every name is imported when it is first asked for, so ``import callbacks`` alone is cheap and
does not load TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callbacks.batch_update_norm import BatchUpdateNorm
    from callbacks.epoch_distance import EpochDistance, LayerDistance
    from callbacks.epoch_timing import EpochTiming
    from callbacks.gradient_noise import GradientNoiseScale, NoiseScale, noise_scale
    from callbacks.hessian import HessianSpectrum, hessian_spectrum
    from callbacks.noise_at_rest import NoiseScaleAtRest
    from callbacks.sharpness import SharpnessResult, epsilon_sharpness
    from callbacks.sharpness_callback import EpsilonSharpness

_MODULES = {
    "BatchUpdateNorm": "callbacks.batch_update_norm",
    "EpochDistance": "callbacks.epoch_distance",
    "EpochTiming": "callbacks.epoch_timing",
    "EpsilonSharpness": "callbacks.sharpness_callback",
    "GradientNoiseScale": "callbacks.gradient_noise",
    "HessianSpectrum": "callbacks.hessian",
    "LayerDistance": "callbacks.epoch_distance",
    "NoiseScale": "callbacks.gradient_noise",
    "NoiseScaleAtRest": "callbacks.noise_at_rest",
    "SharpnessResult": "callbacks.sharpness",
    "epsilon_sharpness": "callbacks.sharpness",
    "hessian_spectrum": "callbacks.hessian",
    "noise_scale": "callbacks.gradient_noise",
}

__all__ = [
    "BatchUpdateNorm",
    "EpochDistance",
    "EpochTiming",
    "EpsilonSharpness",
    "GradientNoiseScale",
    "HessianSpectrum",
    "LayerDistance",
    "NoiseScale",
    "NoiseScaleAtRest",
    "SharpnessResult",
    "epsilon_sharpness",
    "hessian_spectrum",
    "noise_scale",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
