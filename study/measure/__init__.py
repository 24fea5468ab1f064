"""Measurements on finished minimisers."""
