"""Which points of the landscape are compared. No TensorFlow here."""

PLANE = 25
"""Points along each axis of the plane that the goal speaks of."""
EVERY = 6
"""Every so many of them, from the first to the last, are timed: few, but over the whole plane."""
SAMPLE = len(range(0, PLANE, EVERY))
