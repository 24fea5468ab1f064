"""From the stored frames of a study to what a report shows: tables, effects, verdicts."""

from study.summarise.summary import summarise

__all__ = ["summarise"]
