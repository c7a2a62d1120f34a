"""Finds modules that production would import but that do not ship, with the chain of imports to each.

Nothing is run or installed. The entry file is parsed, then the files it imports, and so on. What ships is read from the
upload list or the Dockerfile, and what is installed from the requirements.
"""


class CannotTell(Exception):  # noqa: N818 - not an error in the code being checked
    """The check lacks information. The message says what is missing and what to do."""
