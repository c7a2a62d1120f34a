"""Names every module that would be imported in production and does not ship, with the chain of imports to it.

Nothing is run or installed: the entry's file is parsed, then what it imports, and so on, in the repository; what ships
is read from the upload list or the Dockerfile, and what is installed from the requirements.
"""


class CannotTell(Exception):  # noqa: N818 - it is no error of the code that is checked
    """Something has to be known first. The message says what, and what to do."""
