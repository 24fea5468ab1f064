"""The study: data, model, training, measurements, store, summary and the command line."""
