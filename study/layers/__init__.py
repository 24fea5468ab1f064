"""What networks are made of: layers that the papers need, and how a processor computes them.

``study.parts`` exports the layers that are usable in any model.
"""
