"""From declared settings to finished runs: the plan, the workers that carry it out, progress."""
