"""Comparisons: our ways beside others', in one run, lap by lap in turn."""
