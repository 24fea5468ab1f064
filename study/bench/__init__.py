"""Benchmarks: how fast this machine trains, and what others reach on it."""
