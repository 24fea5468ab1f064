"""Data: every source of pictures, prepared once, cached, and split as in the article."""
