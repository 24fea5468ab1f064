"""How much of what the machine could do at best the sides of a comparison reach."""

from collections.abc import Mapping
from typing import Any

from study.bench.limit import fastest, picture_cost


def with_shares(
    row: Mapping[str, Any], image_size: int, peak: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A comparison with ``first_share_of_limit`` and ``second_share_of_limit``.

    Args:
        row: what ``compare`` gives of two sides that train the network.
        image_size: pixels a side.
        peak: ``operations_a_second`` and ``bytes_a_second`` of the threads of a side; None where
            the sides do something else than training.

    Returns:
        The row with the median speed of each side over the roofline's; None without speeds or
        peak. The sides' laps are epochs with validation, the roofline's pictures are trained on
        alone.
    """
    if peak is None or row["problem"]:
        return {**row, "first_share_of_limit": None, "second_share_of_limit": None}
    cost = picture_cost(image_size)
    limit = fastest(cost, peak["operations_a_second"], peak["bytes_a_second"])
    return {
        **row,
        **{
            f"{side}_share_of_limit": row[f"{side}_speed"]["median"] / limit
            for side in ("first", "second")
        },
    }
