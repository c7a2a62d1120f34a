"""The modules of the standard library, by version of Python."""

from __future__ import annotations

import sys

# The public modules of Python 3.13, for interpreters before 3.10, which do not list their own.
_PUBLIC = (
    "__future__ __main__ _thread abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 "
    "cProfile calendar cmath cmd code codecs codeop collections colorsys compileall concurrent configparser "
    "contextlib contextvars copy copyreg csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest "
    "email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools "
    "gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib "
    "importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox marshal math "
    "mimetypes mmap modulefinder msvcrt multiprocessing netrc nt ntpath nturl2path numbers opcode operator "
    "optparse os pathlib pdb pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint profile "
    "pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource "
    "rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver "
    "sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess symtable "
    "sys sysconfig syslog tabnanny tarfile tempfile termios test textwrap this threading time timeit tkinter "
    "token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest "
    "urllib uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xml xmlrpc zipapp zipfile "
    "zipimport zlib zoneinfo"
)
# The first and the last minor version that has a module.
_SINCE = {"graphlib": 9, "zoneinfo": 9, "tomllib": 11, "annotationlib": 14, "compression": 14}
_LAST = (
    (9, "formatter parser symbol"),
    (10, "binhex _bootlocale"),
    (11, "asynchat asyncore distutils imp smtpd"),
    (12, "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd"),
    (12, "sunau telnetlib uu xdrlib"),
)
_UNTIL = {name: minor for minor, names in _LAST for name in names.split()}


def standard_modules(minor: int) -> set[str]:
    """The top modules of Python 3.minor."""
    known = {*_PUBLIC.split(), *getattr(sys, "stdlib_module_names", ()), *_SINCE, *_UNTIL}
    return {name for name in known if _SINCE.get(name, 0) <= minor <= _UNTIL.get(name, minor)}
