"""Whether a model still trains the weights that its compiled step was made for."""

import inspect
from typing import Any

import keras


def remember_trained(model: Any, function: Any) -> None:
    """Writes down which weights an observed step has trained, where compiling anew forgets it.

    Args:
        model: after a step.
        function: its training function, as Keras made it, or None.
    """
    if function is not None and not hasattr(function, "trained"):
        function.trained = list(model.trainable_variables)


def check_trained(model: Any) -> None:
    """Refuses a model whose layers were frozen or unfrozen since its step was compiled.

    Keras goes on with the compiled step, which trains the weights of before; a step that is
    compiled anew to be measured would train others, and the weights that are trainable now are
    not those that move. Keras itself warns.

    Args:
        model: about to be trained by ``fit``.

    Raises:
        ValueError: layers were frozen or unfrozen.
    """
    function = _own_function(model)
    if function is None or model.run_eagerly:
        return
    known = getattr(function, "trained", None)
    seen = known is not None
    # a step of its own may have another optimizer for weights that this one does not know
    all_known = known is not None or type(model).train_step is keras.Model.train_step
    if known is None and _is_traced(function):
        known = getattr(getattr(model, "optimizer", None), "_trainable_variables", None)
    if not known:
        return
    frozen = _without(known, model.trainable_variables)
    unfrozen = _without(model.trainable_variables, known) if all_known else []
    if frozen or unfrozen:
        raise ValueError(
            f"model {model.name!r} has compiled a training step; of the weights that "
            f"{'it trains' if seen else 'its optimizer knows'} {len(frozen)} are frozen now, and "
            f"{len(unfrozen)} others are trained, which a compiled step does not heed: call "
            "model.compile, with a new optimizer, after freezing or unfreezing layers."
        )


def _own_function(model: Any) -> Any:
    hook = getattr(model.train_function, "step_hook", None)
    return model.train_function if hook is None else hook.own_function


def _is_traced(function: Any) -> bool:
    if not inspect.isfunction(function):
        return False
    # Keras's function is a plain one around those that TensorFlow traces
    parts = inspect.getclosurevars(function).nonlocals.values()
    counts = (getattr(part, "experimental_get_tracing_count", None) for part in parts)
    return any(count() for count in counts if count is not None)


def _without(variables: list[Any], others: list[Any]) -> list[Any]:
    known = {id(variable) for variable in others}
    return [variable for variable in variables if id(variable) not in known]
