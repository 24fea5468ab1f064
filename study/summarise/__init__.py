"""From the stored frames to tables, effects, verdicts and summary.json."""
