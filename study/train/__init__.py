"""One run: its settings, batches, devices, checkpoints, stop rule and outcome."""
