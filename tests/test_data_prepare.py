from collections import Counter

import numpy as np
import pytest

from study.data.prepare import Preparation
from study.data.source import EMPTY, NO_JFIF, UNDECODABLE, Listing, UnusableError
from tests.make_pictures import flat

SIZE = 4


def listing(count: int, bad=(), read=None) -> Listing:
    """Picture ``index`` is of grey level ``index % 250``; those in ``bad`` have no JFIF header."""
    files = [flat(level, 3, 3, "PNG") for level in range(250)]

    def one(index: int) -> bytes:
        if index in bad:
            raise UnusableError(NO_JFIF)
        return files[index % 250]

    labels = (np.arange(count) % 2).astype(np.uint8)
    return Listing(("cat", "dog"), labels, read or one, dropped=Counter({(EMPTY, "cat"): 1}))


def rows(preparation: Preparation, progress=lambda *_: None):
    return list(preparation.rows(progress))


def test_all_pictures_come_in_order():
    preparation = Preparation(listing(700, bad={0, 5, 64, 699}), SIZE, None, 0)
    found = rows(preparation)
    assert [index for index, _ in found] == [n for n in range(700) if n not in {0, 5, 64, 699}]
    assert all((image == index % 250).all() for index, image in found)
    assert found[0][1].shape == (SIZE, SIZE, 3)
    assert preparation.dropped == {(EMPTY, "cat"): 1, (NO_JFIF, "cat"): 2, (NO_JFIF, "dog"): 2}


def test_undecodable_pictures_are_counted_by_class():
    preparation = Preparation(listing(10, read=lambda index: b"text"), SIZE, None, 0)
    assert rows(preparation) == []
    assert preparation.dropped[UNDECODABLE, "cat"] == preparation.dropped[UNDECODABLE, "dog"] == 5


def test_a_subset_is_reproducible_and_in_order():
    def subset(count: int, seed: int) -> list[int]:
        return [index for index, _ in rows(Preparation(listing(600), SIZE, count, seed))]

    first = subset(150, 1)
    assert len(first) == 150
    assert first == sorted(set(first))
    assert first == subset(150, 1)
    assert first != subset(150, 2)
    # A larger subset of the same seed holds the smaller one.
    assert set(first) <= set(subset(200, 1))
    assert max(first) > 500


def test_a_subset_is_filled_up_and_counts_what_it_met():
    bad = set(range(0, 600, 3))
    preparation = Preparation(listing(600, bad=bad), SIZE, 100, 1)
    found = {index for index, _ in rows(preparation)}
    assert len(found) == 100
    assert not found & bad
    order = np.random.default_rng(1).permutation(600).tolist()
    last = max(order.index(index) for index in found)
    met = len(bad & set(order[:last]))
    assert preparation.dropped.total() == 1 + met
    assert 20 < met < 90


def test_fewer_than_asked_for():
    assert len(rows(Preparation(listing(50, bad={3}), SIZE, 80, 0))) == 49


@pytest.mark.parametrize("pictures", [None, 130, 900])
def test_progress_ends_at_its_total(pictures):
    said = []
    preparation = Preparation(listing(300, bad={7, 299}), SIZE, pictures, 0)
    rows(preparation, lambda *arguments: said.append(arguments))
    assert said[-1][1] == said[-1][2] == min(300, pictures or 300)
    assert [done for _, done, _ in said] == sorted(done for _, done, _ in said)


def test_an_error_in_a_thread_reaches_the_caller():
    def broken(index: int) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rows(Preparation(listing(300, read=broken), SIZE, None, 0))
