"""What a study leaves on disk: atomic files, run folders, the study directory, its results."""
