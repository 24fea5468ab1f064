"""Scripts that time parts of the project on their own, and the records of what came out."""
