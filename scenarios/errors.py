"""What goes wrong when an input is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager


class BadInput(ValueError):
    """One sentence that names the file, the field and the offending value.

    The command line prints it, without a traceback, and exits with status 2.
    """


@contextmanager
def blame(source: str, field: str = "") -> Iterator[None]:
    """Turn what is wrong with a scenario into one sentence that begins with its file and field."""
    try:
        yield
    except BadInput as error:
        text = str(error)
        raise BadInput(text if text.startswith(f"{source}:") else f"{source}: {text}") from None
    except ValueError as error:
        raise BadInput(": ".join(part for part in (source, field, str(error)) if part)) from None
