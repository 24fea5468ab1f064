"""What the tests of the command line share."""

SMALL = ["--preset", "smoke", "--pictures", "320"]


def is_one_line_error(err: str) -> bool:
    return err.startswith("error: ") and err.count("\n") == 1 and "Traceback" not in err
