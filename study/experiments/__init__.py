"""The declared experiments: every module here that holds an ``EXPERIMENT`` adds one."""

import importlib
import pkgutil

from study.errors import SettingsError
from study.experiments.declare import Claim, Experiment


def _found() -> dict[str, Experiment]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    experiments = [
        vars(module)["EXPERIMENT"] for module in modules if hasattr(module, "EXPERIMENT")
    ]
    return {experiment.name: experiment for experiment in experiments}


EXPERIMENTS: dict[str, Experiment] = _found()


def get_experiment(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        SettingsError: there is none; the message names those that there are.
    """
    if name not in EXPERIMENTS:
        raise SettingsError(
            f"unknown experiment {name!r}: expected one of {', '.join(sorted(EXPERIMENTS))}."
        )
    return EXPERIMENTS[name]


def get_claim(experiment: str | Experiment, identifier: str) -> Claim:
    """The claim of that id, in capital letters or not.

    Raises:
        SettingsError: there is none; the message names those that there are.
    """
    declared = get_experiment(experiment) if isinstance(experiment, str) else experiment
    claims = {claim.id: claim for claim in declared.claims}
    if identifier.upper() not in claims:
        raise SettingsError(
            f"unknown claim {identifier!r} of {declared.name}: "
            f"expected one of {', '.join(claims) or 'none'}."
        )
    return claims[identifier.upper()]
