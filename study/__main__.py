"""``python -m study``."""

import sys

from study.command_line.main import main

if __name__ == "__main__":
    sys.exit(main())
