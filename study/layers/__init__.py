"""Keras layers that the papers need, usable in any model; ``study.parts`` exports them."""
