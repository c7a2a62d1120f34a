"""Finds modules that production would import but that do not ship, with the chain of imports to each.

Nothing is run or installed. The file that the service starts is parsed, then the files it imports, and so on. What
ships is read from the Dockerfile, the function's folder or a list, and what is installed from the requirements.
"""


class CannotTell(Exception):  # noqa: N818 - not an error in the code being checked
    """The question cannot be asked. The message says why and what to do."""
