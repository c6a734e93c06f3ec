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
        text = str(error)
        if field and not text.removeprefix("unknown key '").startswith(field):
            text = f"{field}: {text}"
        raise BadInput(f"{source}: {text}") from error
