"""Keskar's remedies for large batches, as training steps of the same network.

Keskar et al. 2017, appendix E: data augmentation, conservative and robust training. (Dynamic
sampling, which they propose, is a schedule: ``study/train/batch_growth.py``.) Each is a Keras model
made of another's layers, so weights, checkpoints and measurements are the same; everything that
a step draws depends on a seed and on the optimizer's count of updates alone. So a run goes on
exactly where it was, and N devices compute what one does.
"""

from dataclasses import asdict, dataclass
from typing import Any

import keras
import tensorflow as tf

from study.errors import SettingsError
from study.layers.counted_rows import CountedRows, counted_rows
from study.train.augmentation import augment
from study.train.remedy_settings import (
    Augmentation,
    ConservativeTraining,
    Remedy,
    RobustTraining,
    check_remedy,
)


def with_remedy(model: keras.Model, remedy: Remedy | None, seed: int = 0) -> CountedRows:
    """The same network with the training step of a remedy; compile what is returned.

    Call it where the model was built: in the scope of its strategy. Layers and weights are
    shared, and the step announces the rows that count (``study.layers.counted_rows``). What is
    returned can be saved and loaded like any Keras model, once this module is imported.

    Args:
        model: a functional model or a Sequential one of known input shape; for augmentation with
            one input of pictures (rows, height, width, channels), for robust training with one
            input and a layer "rescaling" that takes it to the scale from 0 to 1.
        remedy: None for plain training.
        seed: of the augmentation.

    Raises:
        SettingsError: the remedy's numbers or the model do not fit.
    """
    inputs, outputs = _ends(model)
    if remedy is None:
        return CountedRows(inputs, outputs, name=model.name)
    check_remedy(remedy)
    kind = {
        Augmentation: AugmentedModel,
        ConservativeTraining: ConservativeModel,
        RobustTraining: RobustModel,
    }[type(remedy)]
    trained = kind(inputs, outputs, name=model.name)
    trained.take(remedy, seed)
    return trained


class _WithRemedy(CountedRows):
    """A model that is saved and loaded with its remedy."""

    law: type[Remedy]
    seed: int

    def take(self, remedy: Any, seed: int) -> None:
        self.remedy, self.seed = remedy, seed

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "remedy": asdict(self.remedy), "seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "_WithRemedy":
        network = {name: value for name, value in config.items() if name not in ("remedy", "seed")}
        model: _WithRemedy = super().from_config(network, custom_objects)
        model.take(cls.law(**config["remedy"]), config["seed"])
        return model


@keras.saving.register_keras_serializable("batch_size_study")
class AugmentedModel(_WithRemedy):
    """Trains on pictures that are changed at random."""

    law = Augmentation
    remedy: Augmentation

    def take(self, remedy: Augmentation, seed: int) -> None:
        """Takes the law of the changes, and the seed."""
        shapes = [tuple(tensor.shape) for tensor in self.inputs]
        if len(shapes) != 1 or len(shapes[0]) != 4 or None in shapes[0][1:]:
            raise SettingsError(
                f"augmentation changes pictures (rows, height, width, channels) of known size, and "
                f"model {self.name!r} takes {shapes}; give it one input of such pictures."
            )
        super().take(remedy, seed)
        # XLA, which Keras chooses on one GPU, cannot turn pictures
        self.supports_jit = False

    def train_step(self, data: Any) -> Any:
        """A step of the optimizer for a batch: see ``with_remedy``."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        x = augment(x, self.remedy, self.seed, self.optimizer.iterations.value)
        return super().train_step((x, y, weights))


@keras.saving.register_keras_serializable("batch_size_study")
class ConservativeModel(_WithRemedy):
    """Takes several steps on each batch, held near the weights before it."""

    law = ConservativeTraining
    remedy: ConservativeTraining

    def train_step(self, data: Any) -> Any:
        """A step of the optimizer for a batch: see ``with_remedy``."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        trained = [variable.value for variable in self.trainable_weights]
        before = [tf.identity(variable) for variable in trained]
        first_outputs = None
        for step in range(self.remedy.steps):
            with counted_rows(weights), tf.GradientTape() as tape:
                outputs = self(x, training=True)
                loss = self.compute_loss(
                    x=x, y=y, y_pred=outputs, sample_weight=weights, training=True
                )
                # an optimizer that scales losses (mixed precision) divides gradients again
                scaled = self.optimizer.scale_loss(loss)
            if step == 0:
                # what is reported is the loss before the batch, as in plain training
                first_outputs = outputs
                _track_loss(self, loss, x)
            gradients = _gradients(tape, scaled, trained)
            # each replica's part: Keras adds the replicas' gradients up
            pull = self.remedy.penalty / self.distribute_strategy.num_replicas_in_sync
            pull = self.optimizer.scale_loss(pull)
            gradients = [
                gradient + pull * (variable - start)
                for gradient, variable, start in zip(gradients, trained, before, strict=True)
            ]
            self.optimizer.apply(gradients, self.trainable_weights)
        return self.compute_metrics(x, y, first_outputs, sample_weight=weights)


@keras.saving.register_keras_serializable("batch_size_study")
class RobustModel(_WithRemedy):
    """Trains on pictures as they are and moved against the model."""

    law = RobustTraining
    remedy: RobustTraining

    def take(self, remedy: RobustTraining, seed: int) -> None:
        """Takes the numbers, and cuts the model in two where pictures are moved."""
        super().take(remedy, seed)
        self._split_at("rescaling")

    def _split_at(self, name: str) -> None:
        """Makes models of the layers up to the one of this name and of those after it."""
        if len(self.inputs) != 1:
            raise SettingsError(
                f"robust training moves pictures, and model {self.name!r} has "
                f"{len(self.inputs)} inputs; expected one."
            )
        if name not in [layer.name for layer in self.layers]:
            raise SettingsError(
                f"robust training moves what layer {name!r} gives, and model {self.name!r} has "
                "none of that name; name the layer that scales pictures to 0 to 1 so."
            )
        middle = self.get_layer(name).output
        # in a tuple, so that Keras counts their layers and weights once
        self.halves = _Halves(keras.Model(self.input, middle), keras.Model(middle, self.output))

    def train_step(self, data: Any) -> Any:
        """A step of the optimizer for a batch: see ``with_remedy``."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        trained = [variable.value for variable in self.trainable_weights]
        pictures = self.halves.front(x, training=True)

        def loss_of(values: Any) -> tuple[Any, Any, Any]:
            outputs = self.halves.back(values, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=True)
            return outputs, loss, self.optimizer.scale_loss(loss)

        with counted_rows(weights):
            with tf.GradientTape() as tape:
                tape.watch(pictures)
                clean_outputs, clean_loss, scaled = loss_of(pictures)
            slope, *clean = _gradients(tape, scaled, [pictures, *trained])
            moved = tf.clip_by_value(pictures + self.remedy.epsilon * tf.sign(slope), 0, 1)
            with tf.GradientTape() as tape:
                _, moved_loss, scaled = loss_of(moved)
            adversarial = _gradients(tape, scaled, trained)
        share = self.remedy.clean_share
        gradients = [
            share * one + (1 - share) * other for one, other in zip(clean, adversarial, strict=True)
        ]
        _track_loss(self, share * clean_loss + (1 - share) * moved_loss, x)
        self.optimizer.apply(gradients, self.trainable_weights)
        return self.compute_metrics(x, y, clean_outputs, sample_weight=weights)


@dataclass(frozen=True)
class _Halves:
    """Out of the sight of Keras, which would list these models among the layers."""

    front: keras.Model
    back: keras.Model


def _ends(model: keras.Model) -> tuple[Any, Any]:
    """Symbolic inputs and outputs, in the structure that the model takes and gives."""
    try:
        if isinstance(model, keras.Sequential):
            # its ``input`` is unknown until it has been called
            return model.inputs[0], model.outputs[0]
        return model.input, model.output
    except (AttributeError, ValueError) as error:
        raise SettingsError(
            f"{getattr(model, 'name', model)!r} is no functional model of known inputs; build it "
            "with keras.Input and keras.Model, or as a Sequential that begins with keras.Input."
        ) from error


def _gradients(tape: tf.GradientTape, loss: Any, sources: list[Any]) -> list[Any]:
    found = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return [tf.convert_to_tensor(gradient) for gradient in found]


def _track_loss(model: keras.Model, loss: Any, x: Any) -> None:
    """Adds a batch to ``logs["loss"]`` as Keras's own step does."""
    # Keras scales the loss for the sum over the replicas
    whole = loss * model.distribute_strategy.num_replicas_in_sync
    model._loss_tracker.update_state(whole, sample_weight=tf.shape(keras.tree.flatten(x)[0])[0])
