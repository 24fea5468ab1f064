"""Keskar's remedies for large batches, as training steps of the same network.

Keskar et al. 2017, section 4: data augmentation, robust training, conservative training. (Their
fourth, dynamic sampling, is a schedule: ``study/train/batch_growth.py``.) Each is a Keras model
made of another's layers, so weights, checkpoints and measurements are the same; everything that
a step draws depends on a seed and on the optimizer's count of updates alone. So a run goes on
exactly where it was, and N devices compute what one does.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from study.errors import SettingsError
from study.layers.counted_rows import CountedRows, counted_rows
from study.train.augmentation import augment
from study.train.remedy import (
    Augmentation,
    ConservativeTraining,
    Remedy,
    RobustTraining,
    check_remedy,
)


def with_remedy(model: keras.Model, remedy: Remedy | None, seed: int = 0) -> CountedRows:
    """The same network with the training step of a remedy; compile what is returned.

    Call it where the model was built: in the scope of its strategy. Layers and weights are
    shared, and the step announces the rows that count (``study.layers.counted_rows``).

    Args:
        model: a functional model, such as ``build_model`` gives; for robust training with a layer
            "rescaling" that takes its input to the scale from 0 to 1.
        remedy: None for plain training.
        seed: of the augmentation.

    Raises:
        SettingsError: the remedy's numbers or the model do not fit.
    """
    if remedy is None:
        return CountedRows(model.input, model.output, name=model.name)
    check_remedy(remedy)
    if isinstance(remedy, Augmentation):
        augmented = _AugmentedModel(model.input, model.output, name=model.name)
        augmented.remedy, augmented.seed = remedy, seed
        return augmented
    if isinstance(remedy, ConservativeTraining):
        conservative = _ConservativeModel(model.input, model.output, name=model.name)
        conservative.remedy = remedy
        return conservative
    robust = _RobustModel(model.input, model.output, name=model.name)
    robust.remedy = remedy
    robust.split_at("rescaling")
    return robust


class _AugmentedModel(CountedRows):
    remedy: Augmentation
    seed: int

    def train_step(self, data: Any) -> Any:
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        x = augment(x, self.remedy, self.seed, self.optimizer.iterations.value)
        return super().train_step((x, y, weights))


class _ConservativeModel(CountedRows):
    remedy: ConservativeTraining

    def train_step(self, data: Any) -> Any:
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
            if step == 0:
                # what is reported is the loss before the batch, as in plain training
                first_outputs = outputs
                _track_loss(self, loss, x)
            gradients = _gradients(tape, loss, trained)
            # each replica's part: Keras adds the replicas' gradients up
            pull = self.remedy.penalty / self.distribute_strategy.num_replicas_in_sync
            gradients = [
                gradient + pull * (variable - start)
                for gradient, variable, start in zip(gradients, trained, before, strict=True)
            ]
            self.optimizer.apply(gradients, self.trainable_weights)
        return self.compute_metrics(x, y, first_outputs, sample_weight=weights)


class _RobustModel(CountedRows):
    remedy: RobustTraining

    def split_at(self, name: str) -> None:
        """Makes models of the layers up to the one of this name and of those after it."""
        if name not in [layer.name for layer in self.layers]:
            raise SettingsError(
                f"robust training moves what layer {name!r} gives, and model {self.name!r} has "
                "none of that name; name the layer that scales pictures to 0 to 1 so."
            )
        middle = self.get_layer(name).output
        # in a tuple, so that Keras counts their layers and weights once
        self.halves = _Halves(keras.Model(self.input, middle), keras.Model(middle, self.output))

    def train_step(self, data: Any) -> Any:
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        trained = [variable.value for variable in self.trainable_weights]
        pictures = self.halves.front(x, training=True)

        def loss_of(values: Any) -> tuple[Any, Any]:
            outputs = self.halves.back(values, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=True)
            return outputs, loss

        with counted_rows(weights):
            with tf.GradientTape() as tape:
                tape.watch(pictures)
                clean_outputs, clean_loss = loss_of(pictures)
            slope, *clean = _gradients(tape, clean_loss, [pictures, *trained])
            moved = tf.clip_by_value(pictures + self.remedy.epsilon * tf.sign(slope), 0, 1)
            with tf.GradientTape() as tape:
                _, moved_loss = loss_of(moved)
            adversarial = _gradients(tape, moved_loss, trained)
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


def _gradients(tape: tf.GradientTape, loss: Any, sources: list[Any]) -> list[Any]:
    found = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return [tf.convert_to_tensor(gradient) for gradient in found]


def _track_loss(model: keras.Model, loss: Any, x: Any) -> None:
    """Adds a batch to ``logs["loss"]`` as Keras's own step does."""
    # Keras scales the loss for the sum over the replicas
    whole = loss * model.distribute_strategy.num_replicas_in_sync
    model._loss_tracker.update_state(whole, sample_weight=tf.shape(x)[0])
