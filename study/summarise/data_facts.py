"""What a study knows of its pictures."""

from collections.abc import Mapping
from typing import Any


def data_of(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """``data`` of a study's settings, {} where it is missing or of another kind."""
    data = settings.get("data")
    return data if isinstance(data, Mapping) else {}
