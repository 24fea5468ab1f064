"""What is said of NumPy files that cannot be read."""


def array_problem(error: Exception) -> str:
    """Why a NumPy file cannot be read, in words for users.

    NumPy takes every file that it does not know for pickled objects, and advises to load these
    unsafely: nobody shall do that with what is damaged.
    """
    text = " ".join(str(error).split())
    return "it is no NumPy file, or holds objects" if "pickle" in text.lower() else text
