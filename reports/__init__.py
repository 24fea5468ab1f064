"""The page of a study: figures, tables, verdicts, from what is stored. Nothing is trained here."""
