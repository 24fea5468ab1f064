"""The mean loss against ``model.evaluate``, finite differences and a loop of ``set_weights``."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import callbacks.rows
from callbacks.objective import MeanLoss
from callbacks.vectors import as_vector
from tests.oracles import central_difference, evaluate_at
from tests.small_models import dense

ROWS = 23


@pytest.fixture
def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(ROWS, 6)).astype(np.float32)


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2, ROWS).astype(np.uint8)


def rich_model() -> keras.Model:
    """Nested, with batch normalisation, dropout, and losses on weights and on activities."""
    inner = keras.Sequential(
        [
            keras.Input((6,)),
            dense(5, 1, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.1)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=3),
        ]
    )
    inputs = keras.Input((6,))
    output = dense(1, 2, activation="sigmoid", activity_regularizer=keras.regularizers.L2(0.1))
    model = keras.Model(inputs, output(inner(inputs)))
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


def test_value_is_what_evaluate_reports(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    model.fit(inputs, labels, epochs=2, verbose=0)
    found = MeanLoss(model, inputs, labels).loss_and_accuracy()
    wanted = model.evaluate(inputs, labels, batch_size=ROWS, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 4, 22, 23, 24, None])
def test_chunks_do_not_matter(
    inputs: np.ndarray, labels: np.ndarray, batch_size: int | None
) -> None:
    model = rich_model()
    whole = MeanLoss(model, inputs, labels, batch_size=ROWS)
    parts = MeanLoss(model, inputs, labels, batch_size=batch_size)
    weights = whole.weights()
    value, gradient = whole.value_and_gradient(weights)
    other_value, other_gradient = parts.value_and_gradient(weights)
    np.testing.assert_allclose(other_value, value, rtol=1e-6)
    np.testing.assert_allclose(other_gradient, gradient, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts.loss_and_accuracy(), whole.loss_and_accuracy(), rtol=1e-6)


def test_large_data_are_read_in_blocks(
    inputs: np.ndarray, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = rich_model()
    whole = MeanLoss(model, inputs, labels, batch_size=4)
    wanted = whole.value_and_gradient(whole.weights())
    monkeypatch.setattr(callbacks.rows, "RESIDENT_BYTES", 100)
    monkeypatch.setattr(callbacks.rows, "BLOCK_BYTES", 250)
    parts = MeanLoss(model, inputs, labels, batch_size=4)
    sizes = [len(y) for _, y in parts.rows.blocks()]
    assert sizes == [8, 8, 7]
    found = parts.value_and_gradient(whole.weights())
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], wanted[1], atol=1e-12)


def test_gradient_against_finite_differences(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels, batch_size=7)
    weights = objective.weights()
    gradient = objective.value_and_gradient(weights)[1]
    assert gradient.dtype == np.float64 and gradient.shape == (objective.size,)
    numerical = central_difference(objective.value, weights, 1e-2)
    np.testing.assert_allclose(gradient, numerical, atol=2e-4)


def test_any_weights_against_set_weights(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    random = np.random.default_rng(2)
    for _ in range(3):
        # moving variances must stay positive
        moved = [np.abs(w + random.normal(size=w.shape, scale=0.3)) for w in model.get_weights()]
        wanted = evaluate_at(model, moved, inputs, labels)
        np.testing.assert_allclose(objective.loss_and_accuracy(moved), wanted, rtol=1e-5)


def test_vectors_are_the_trainable_weights_in_order(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    arrays = [variable.numpy() for variable in model.trainable_variables]
    np.testing.assert_array_equal(objective.weights(), as_vector(arrays))
    changed = objective.weights() + 0.1
    for variable in model.trainable_variables:
        variable.assign_add(0.1 * np.ones(variable.shape))
    wanted = model.evaluate(inputs, labels, verbose=0)[0]
    np.testing.assert_allclose(objective.value(changed), wanted, rtol=1e-5)


def test_moving_averages_are_read_at_each_call(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    before = objective.value(objective.weights())
    model.layers[1].layers[1].moving_mean.assign(np.full(5, 3.0))
    after = objective.value(objective.weights())
    assert abs(after - before) > 1e-2
    np.testing.assert_allclose(after, model.evaluate(inputs, labels, verbose=0)[0], rtol=1e-5)


def test_nothing_of_the_model_changes(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    model.fit(inputs, labels, verbose=0)
    before = [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]
    metrics = [variable.numpy() for variable in model.metrics_variables]
    objective = MeanLoss(model, inputs, labels)
    objective.value_and_gradient(objective.weights() + 1)
    objective.loss_and_accuracy(model.get_weights())
    after = [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]
    np.testing.assert_equal(after, before)
    np.testing.assert_equal([variable.numpy() for variable in model.metrics_variables], metrics)


def compiled(outputs: int, loss: str | keras.losses.Loss) -> keras.Model:
    inputs = keras.Input((6,))
    model = keras.Model(
        inputs, dense(outputs, 1, activation="softmax" if outputs > 1 else None)(inputs)
    )
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize("one_hot", [True, False])
def test_accuracy_of_several_classes(inputs: np.ndarray, one_hot: bool) -> None:
    targets = np.random.default_rng(3).integers(0, 3, ROWS)
    if one_hot:
        model, targets = compiled(3, "categorical_crossentropy"), np.eye(3)[targets]
    else:
        model = compiled(3, "sparse_categorical_crossentropy")
    found = MeanLoss(model, inputs, targets, batch_size=5).loss_and_accuracy()
    np.testing.assert_allclose(found, model.evaluate(inputs, targets, verbose=0), rtol=1e-5)


def test_accuracy_without_meaning(inputs: np.ndarray) -> None:
    targets = np.random.default_rng(3).normal(size=(ROWS, 1))
    assert np.isnan(MeanLoss(compiled(1, "mse"), inputs, targets).loss_and_accuracy()[1])


def test_several_inputs_and_outputs(inputs: np.ndarray) -> None:
    named = {name: keras.Input((6,), name=name) for name in ("left", "right")}
    joined = keras.layers.Concatenate()([named["left"], named["right"]])
    model = keras.Model(named, {"one": dense(2, 1)(joined), "two": dense(1, 2)(named["left"])})
    model.compile("sgd", {"one": "mse", "two": "mae"})
    x = {"left": inputs, "right": inputs[::-1].copy()}
    y = {"one": inputs[:, :2], "two": inputs[:, 3:4]}
    loss, accuracy = MeanLoss(model, x, y, batch_size=5).loss_and_accuracy()
    wanted = model.evaluate(x, y, batch_size=ROWS, verbose=0, return_dict=True)
    np.testing.assert_allclose(loss, wanted["loss"], rtol=1e-6)
    assert np.isnan(accuracy)


class Rows(keras.Model):
    """A model whose ``call`` knows no ``training`` and whose loss is its own."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = keras.layers.Embedding(10, 3, embeddings_initializer="ones")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.embedding(inputs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None) -> tf.Tensor:
        return tf.reduce_mean(tf.square(y_pred))


def test_own_loss_and_sparse_gradients() -> None:
    model = Rows()
    rows = np.array([[0, 1], [1, 1], [2, 0]])
    model(rows)
    model.compile("sgd")
    objective = MeanLoss(model, rows, rows, batch_size=2)
    value, gradient = objective.value_and_gradient(objective.weights())
    assert value == pytest.approx(1)
    # the mean of 18 squares, each entry's gradient 2 / 18 as often as its row is looked up
    lookups = np.array([2, 3, 1, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(gradient, np.repeat(lookups, 3) / 9, rtol=1e-6)


def test_frozen_weights_are_left_out(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    model.layers[1].trainable = False
    model.compile("sgd", "binary_crossentropy")
    objective = MeanLoss(model, inputs, labels)
    assert objective.size == 6
    wanted = model.evaluate(inputs, labels, batch_size=ROWS, verbose=0, return_dict=True)
    np.testing.assert_allclose(objective.value(objective.weights()), wanted["loss"], rtol=1e-6)


def test_memory_maps_and_tensors(inputs: np.ndarray, labels: np.ndarray, tmp_path) -> None:
    model = rich_model()
    np.save(tmp_path / "inputs.npy", inputs)
    mapped = np.load(tmp_path / "inputs.npy", mmap_mode="r")
    wanted = MeanLoss(model, inputs, labels).loss_and_accuracy()
    assert MeanLoss(model, mapped, labels).loss_and_accuracy() == wanted
    tensors = tf.constant(inputs), tf.constant(labels)
    assert MeanLoss(model, *tensors).loss_and_accuracy() == wanted


def test_compiled_by_xla(inputs: np.ndarray, labels: np.ndarray) -> None:
    plain, fast = rich_model(), rich_model()
    fast.compile("sgd", "binary_crossentropy", jit_compile=True)
    wanted, found = (MeanLoss(model, inputs, labels, batch_size=16) for model in (plain, fast))
    weights = wanted.weights()
    np.testing.assert_allclose(
        found.value_and_gradient(weights)[1], wanted.value_and_gradient(weights)[1], atol=1e-6
    )


def test_errors_leave_the_weights(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    before = model.get_weights()
    objective = MeanLoss(model, inputs[:, :5], labels)
    with pytest.raises(ValueError, match=r"(?i)shape|incompatible"):
        objective.value_and_gradient(objective.weights())
    np.testing.assert_equal(model.get_weights(), before)


def uncompiled() -> keras.Model:
    inputs = keras.Input((6,))
    return keras.Model(inputs, dense(1, 1)(inputs))


def summing() -> keras.Model:
    return compiled(1, keras.losses.MeanSquaredError(reduction="sum"))


def test_models_that_will_not_do(inputs: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(TypeError, match=r"str came as the model"):
        MeanLoss("model", inputs, labels)
    with pytest.raises(ValueError, match=r"compile it with one first"):
        MeanLoss(uncompiled(), inputs, labels)
    with pytest.raises(ValueError, match=r"no weights yet"):
        MeanLoss(keras.Sequential([dense(1, 1)]), inputs, labels)
    with pytest.raises(ValueError, match=r"reduction='sum'"):
        MeanLoss(summing(), inputs, labels)


def summed(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(y - outputs))


def averaged(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(y - outputs))


def one_a_row(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(y - outputs), axis=-1)


def balanced(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Each class of a batch with the same weight in all."""
    shares = tf.where(y > 0.5, 1 / tf.reduce_sum(y), 1 / tf.reduce_sum(1 - y))
    return tf.reduce_sum(shares * tf.square(y - outputs)) / 2


class Summing(keras.losses.Loss):
    def call(self, y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return summed(y, outputs)


class SumsItself(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None) -> tf.Tensor:
        return summed(y, y_pred) + 3.0


def test_a_loss_that_sums_by_itself_is_refused(inputs: np.ndarray, labels: np.ndarray) -> None:
    y = labels[:, None].astype(np.float32)
    outputs = dense(1, 1, kernel_regularizer=keras.regularizers.L2(0.1))
    made = keras.Sequential([keras.Input((6,)), outputs])
    for loss in (summed, Summing(), ["mse", summed]):
        model = keras.Model(made.inputs, made.outputs * (2 if isinstance(loss, list) else 1))
        model.compile("sgd", loss)
        for size in (1, 8, None):
            targets = [y, y] if isinstance(loss, list) else y
            with pytest.raises(ValueError, match=r"depends on the batch size: it is .* a sum"):
                MeanLoss(model, inputs, targets, batch_size=size)
    own = SumsItself(made.inputs, made.outputs)
    own.compile("sgd")
    with pytest.raises(ValueError, match=r"depends on the batch size"):
        MeanLoss(own, inputs, y)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("loss", [averaged, one_a_row, balanced])
def test_means_of_any_kind_are_taken(inputs: np.ndarray, loss: object, kind: str) -> None:
    y = (np.arange(ROWS) % 5 == 0).astype(np.float32)[:, None]
    model = keras.Sequential([keras.Input((6,)), dense(1, 1, dtype=kind)])
    model.compile("sgd", loss)
    before = model.get_weights()
    objective = MeanLoss(model, inputs, y, batch_size=ROWS)
    wanted = float(loss(y, tf.cast(model(inputs), tf.float32)).numpy().mean())
    assert objective.value(objective.weights()) == pytest.approx(wanted, rel=0.02)
    np.testing.assert_equal(model.get_weights(), before)


def test_masked_places_and_a_loss_that_vanishes_are_taken() -> None:
    tokens = np.array([[1, 2, 0, 0], [3, 1, 2, 1], [2, 0, 0, 0]])
    inputs = keras.Input((4,), dtype="int32")
    hidden = keras.layers.Embedding(5, 3, mask_zero=True)(inputs)
    model = keras.Model(inputs, dense(1, 1)(hidden))
    model.compile("sgd", one_a_row)
    y = np.ones((3, 4, 1), np.float32)
    objective = MeanLoss(model, tokens, y)
    # the mean over the seven places that are not masked
    errors = np.square(model(tokens).numpy() - y)[tokens > 0]
    assert objective.value(objective.weights()) == pytest.approx(errors.mean(), rel=1e-5)
    model.compile("sgd", lambda y, outputs: 0 * averaged(y, outputs))
    assert MeanLoss(model, tokens, y).loss_and_accuracy()[0] == 0


def test_a_loss_for_one_number_of_rows_is_taken(inputs: np.ndarray) -> None:
    model = compiled(1, lambda y, outputs: tf.reduce_mean(tf.reshape(outputs - y, (ROWS,))))
    assert np.isfinite(MeanLoss(model, inputs, inputs[:, :1]).loss_and_accuracy()[0])


def test_data_that_will_not_do(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    with pytest.raises(ValueError, match=r"\[23, 22\] rows"):
        MeanLoss(model, inputs, labels[:-1])
    with pytest.raises(ValueError, match=r"at least 1"):
        MeanLoss(model, inputs[:0], labels[:0])
    with pytest.raises(ValueError, match=r"batch_size is 0"):
        MeanLoss(model, inputs, labels, batch_size=0)
    with pytest.raises(TypeError, match=r"shape \(rows, ...\)"):
        MeanLoss(model, inputs, 3.0)


def test_weights_that_will_not_do(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    with pytest.raises(ValueError, match=r"expected \(51,\)"):
        objective.value(np.zeros(3))
    with pytest.raises(ValueError, match=r"get_weights"):
        objective.loss_and_accuracy(model.get_weights()[1:])
