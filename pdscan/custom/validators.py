"""Validators by name, for detectors that users write: from a text to its canonical form.

``luhn`` (ISO/IEC 7812-1), ``date`` and ``date:%d.%m.%Y`` (formats of `datetime.strptime`), and
every module of python-stdnum by its name, such as ``de.idnr`` or ``isbn``; see
https://arthurdejong.org/python-stdnum/doc/ for the list.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import pkgutil
from collections.abc import Callable
from difflib import get_close_matches

import stdnum
import stdnum.exceptions
import stdnum.luhn

#: Gives the canonical form of a text, or None where the text is not valid.
Validator = Callable[[str], str | None]

_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d", "%Y/%m/%d")


def validator(name: str) -> Validator:
    """The validator called `name`; raises ValueError, with a suggestion, where there is none."""
    kind, _, argument = name.partition(":")
    if name == "luhn":
        return _luhn
    if kind == "date":
        return functools.partial(_date, (argument,) if argument else _DATES)
    module = name.removeprefix("stdnum.")
    try:
        found = importlib.import_module(f"stdnum.{module}")
        return functools.partial(_number, found.validate)
    except (ImportError, AttributeError, ValueError):
        known = ["luhn", "date", *_modules()]
        tails = {other.rpartition(".")[2]: other for other in known}
        close = get_close_matches(module, known, n=1)
        close += [tails[tail] for tail in get_close_matches(module, tails, n=1)]
        hint = f"did you mean {close[0]}?" if close else "luhn, date or a module of python-stdnum"
        raise ValueError(f"no validator is called {name!r}; {hint}") from None


def _luhn(text: str) -> str | None:
    digits = "".join(char for char in text if char not in " -")
    return digits if stdnum.luhn.is_valid(digits) else None


def _date(formats: tuple[str, ...], text: str) -> str | None:
    for form in formats:
        try:
            return datetime.datetime.strptime(text.strip(), form).date().isoformat()
        except ValueError:
            continue
    return None


def _number(validate: Callable[[str], str], text: str) -> str | None:
    try:
        return validate(text)
    except stdnum.exceptions.ValidationError:
        return None


@functools.cache
def _modules() -> tuple[str, ...]:
    found = pkgutil.walk_packages(stdnum.__path__, "stdnum.")
    return tuple(module.name.removeprefix("stdnum.") for module in found if not module.ispkg)
