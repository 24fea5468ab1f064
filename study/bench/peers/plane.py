"""Which points, of the landscape and elsewhere, are compared. No TensorFlow here."""

PLANE = 25
"""Points along each axis of the plane that the goal speaks of."""
EVERY = 8
"""Every so many of them, from the first to the last, are timed: few, but over the whole plane.

Their number is one of whole groups, as that of nearly all points of the plane is.
"""
SAMPLE = len(range(0, PLANE, EVERY))
POINTS = 32
"""Weight vectors at which the full-data loss is timed: as many as ``ManyPoints`` takes together."""
