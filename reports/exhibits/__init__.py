"""What stands in each section: one function for each kind of figure, see ``KINDS``."""
