"""What every workflow script does around its one call: log to a file, and say a user's mistake in one line."""

import errno
import sys
from contextlib import contextmanager

from hardmag.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def job(log):
    """Send stdout and stderr to the log file; a UserError becomes a line `error: …` there and exit code 1."""
    with open(log, "w", buffering=1) as stream:
        sys.stdout = sys.stderr = stream
        try:
            yield
        except UserError as error:
            print(f"error: {error}")
            sys.exit(1)
        except OSError as error:
            if error.errno not in FULL:
                raise
            print(f"error: {error}; make room and run again, nothing that was finished is lost")
            sys.exit(1)
        finally:
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def files_of(named):
    """The files of a named input: a list. Of a list of one file that it learns of late Snakemake makes that file itself."""
    return [named] if isinstance(named, str) else list(named)
