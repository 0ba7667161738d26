"""`python -m functions.doctor`: the merge doctor on any machine (cli/doctor.py)."""

import sys

from functions.cli.doctor import command

if __name__ == "__main__":
    sys.exit(command())
