"""What goes wrong when an input is wrong."""


class BadInput(ValueError):
    """One sentence that names the file, the field and the offending value.

    The command line prints it, without a traceback, and exits with status 2.
    """
