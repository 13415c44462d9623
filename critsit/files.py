"""Reads the files that a command is given: JSON or YAML (1.2), one or a folder of them; `-` is stdin.

A file that is not there is a wrong use; one that can't be read as what it should be is a fault of the file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .ending import MISUSED, NO, end

if TYPE_CHECKING:
    from services.catalogue.model import Catalogue

SUFFIXES = (".yaml", ".yml", ".json")


class Unreadable(ValueError):
    """The file's text is not what it should be; the words say where. Never worth a retry."""


def text_of(path: Path) -> str:
    """A file's text, UTF-8. Ends the command where there is none; raises Unreadable where it is not text."""
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        end(MISUSED, f"{path} can't be read: {error.strerror}.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 (byte {error.start})") from None


def parsed(path: Path) -> object:
    """What a file says. Raises Unreadable."""
    text = text_of(path)
    if path.suffix != ".json" and not (str(path) == "-" and text.lstrip()[:1] in ("{", "[")):
        from services.yaml_text import read_yaml

        try:
            return read_yaml(text)
        except ValueError as error:
            raise Unreadable(str(error)) from None
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Unreadable(f"not readable as JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise Unreadable("not readable as JSON: it is nested too deep") from None
    except ValueError as error:
        raise Unreadable(f"not readable as JSON: {error}") from None


def read(path: Path) -> object:
    """What a file says; ends the command with a sentence where it can't be read."""
    try:
        return parsed(path)
    except Unreadable as error:
        end(NO, f"{path}: {error}.")


def files_in(folder: Path) -> list[Path]:
    """The YAML and JSON files of a folder, by name; a file stands for itself. Ends the command where there are none."""
    if not folder.is_dir():
        return [folder]
    found = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    return found or end(MISUSED, f"{folder} holds no {', '.join(SUFFIXES)} file.")


def catalogue_at(folder: Path | None, faulty: int = NO) -> Catalogue:
    """The catalogue in a folder, or the shipped one; ends the command with all of its faults, and `faulty`, where it
    has any."""
    from services.catalogue.parse import CatalogueFaults, load

    try:
        return load(folder)
    except CatalogueFaults as error:
        end(faulty, f"The catalogue in {folder} can't be used: {error}")
    except OSError as error:
        end(MISUSED, f"There is no catalogue in {folder}: {error.filename}: {error.strerror}.")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number of JSON")
