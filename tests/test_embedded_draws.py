"""Random numbers by hash: laws, independence, purity; and the shapes and blur built on them."""

import numpy as np
import pytest

from study.data.embedded.degradation import blur
from study.data.embedded.draws import Draws, mix
from study.data.embedded.shapes import cone, cover, ellipse, interpolate, triangle_wave


@pytest.fixture(scope="module")
def draws():
    return Draws(4, np.arange(20_000))


def test_mix_is_splitmix64():
    # first outputs of the published generator, started at 0 and at 1234567
    golden = 0x9E3779B97F4A7C15
    states = np.array([golden, (1234567 + golden) % 2**64], dtype=np.uint64)
    assert [int(value) for value in mix(states)] == [0xE220A8397B1DCDAF, 6457827717110365317]


def test_uniform_fills_its_range_evenly(draws):
    values = draws.uniform("a", 2.0, 4.0)
    assert values.dtype == np.float32
    assert values.min() >= 2
    assert values.max() < 4
    counts, _ = np.histogram(values, bins=20, range=(2, 4))
    # chi-squared with 19 degrees of freedom: above 43.8 once in 1,000
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8


def test_normal_has_its_mean_and_deviation(draws):
    values = draws.normal("b", 3.0, 0.5)
    assert abs(values.mean() - 3) < 0.02
    assert abs(values.std() - 0.5) < 0.01
    assert np.abs(values - 3).max() < 0.5 * 3.5


def test_names_indices_and_seeds_are_independent(draws):
    first = draws.uniform("a")
    pairs = [
        draws.uniform("b"),
        np.roll(first, 1),
        Draws(5, np.arange(20_000)).uniform("a"),
    ]
    for other in pairs:
        # deviation of a correlation of 20,000 independent pairs: 0.007
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.03


def test_choice_and_chance_keep_to_their_weights(draws):
    places = draws.choice("c", [1, 0, 3])
    assert set(np.unique(places)) == {0, 2}
    assert abs((places == 2).mean() - 0.75) < 0.02
    assert abs(draws.chance("d", 0.2).mean() - 0.2) < 0.02


def test_lattice_and_grain_depend_on_their_own_picture_only():
    all_three, last = Draws(0, np.arange(3)), Draws(0, np.array([2]))
    np.testing.assert_array_equal(all_three.lattice("x", 4)[2:], last.lattice("x", 4))
    np.testing.assert_array_equal(all_three.grain("y", 8)[2:], last.grain("y", 8))
    assert all_three.lattice("x", 4).shape == (3, 5, 5)


def _grid(size):
    line = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(2 / size) - 1
    return np.meshgrid(line, line)


def test_covers_have_the_area_of_their_shapes():
    x, y = _grid(200)
    pixel = 2 / 200
    area = cover(ellipse(x, y, 0.6, 0.3), pixel).sum() * pixel**2
    assert area == pytest.approx(np.pi * 0.6 * 0.3, rel=0.01)
    limb = cone(x, y, (-0.4, 0.0), (0.4, 0.0), 0.2, 0.2)
    area = cover(limb, pixel).sum() * pixel**2
    assert area == pytest.approx(np.pi * 0.2**2 + 0.8 * 0.4, rel=0.01)


def test_interpolation_passes_through_its_corners():
    lattice = Draws(0, np.arange(2)).lattice("z", 3)
    field = interpolate(lattice, 301)
    assert field.shape == (2, 301, 301)
    np.testing.assert_allclose(field[:, 0, 0], lattice[:, 0, 0], atol=1e-3)
    np.testing.assert_allclose(field[:, -1, -1], lattice[:, 3, 3], atol=1e-3)


def test_triangle_wave_has_period_one():
    phase = np.array([-1.0, 0.0, 0.25, 0.5, 1.0, 7.75], dtype=np.float32)
    np.testing.assert_allclose(triangle_wave(phase), [1, 1, 0.5, 0, 1, 0.5])


def test_blur_keeps_flat_pictures_and_spreads_a_point():
    flat = np.full((2, 3, 32, 32), 0.3, dtype=np.float32)
    deviation = np.array([0.0, 0.02], dtype=np.float32)[:, None, None, None]
    np.testing.assert_allclose(blur(flat, deviation), flat, rtol=1e-5)
    point = np.zeros((2, 3, 32, 32), dtype=np.float32)
    point[:, :, 16, 16] = 1
    blurred = blur(point, deviation)
    np.testing.assert_allclose(blurred[0], point[0], atol=1e-6)
    assert blurred[1, 0, 16, 16] < 0.6
    assert blurred[1, 0].sum() == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(blurred[1, 0], blurred[1, 0].T, atol=1e-6)
