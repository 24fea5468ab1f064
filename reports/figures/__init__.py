"""Figures: functions that take a frame and axes and return the axes; and their way into HTML."""
