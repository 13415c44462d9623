"""Where a database is: `postgresql://user:password@host[:port][,host[:port]…]/database[?sslmode=…&target_session_attrs=…]`.

The driver reads it as libpq does. What is written of a password is taken as it is: secrets come with any character.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_ADDRESS = re.compile(
    r"postgres(?:ql)?(?:\+\w+)?://(?:(?P<user>[^:/@]*)(?::(?P<password>[^@]*))?@)?"
    r"(?P<hosts>[^/?]*)(?:/(?P<database>[^?]*))?(?:\?(?P<more>.*))?"
)
_HOST = re.compile(r"(?:\[[0-9a-fA-F:.%\w]+\]|[^:\[\],@]*)(?::(?P<port>\d{1,5}))?")


def driver_url(url: str) -> str:
    """The address as the driver takes it. Raises ValueError where it is none."""
    found = _read(url)
    who = ":".join(quote(unquote(part), safe="") for part in found.group("user", "password") if part is not None)
    rest = url[found.start("hosts") :]
    return f"postgresql://{who}@{rest}" if found["user"] is not None else f"postgresql://{rest}"


def place(url: str) -> tuple[str, str, str]:
    """The database that an address leads to, whoever goes there: hosts, name, options. Raises ValueError."""
    found = _read(url)
    return found["hosts"], found["database"] or "", found["more"] or ""


def leads_to_postgresql(url: str) -> bool:
    """Whether it is an address at all."""
    try:
        _read(url)
    except ValueError:
        return False
    return True


def _read(url: str) -> re.Match[str]:
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise ValueError("it is no postgresql://user:password@host/database")
    for host in found["hosts"].split(","):
        one = _HOST.fullmatch(host)
        if one is None or (one["port"] and not 0 < int(one["port"]) < 65536):
            raise ValueError(f"“{host}” is no host with a port")
    return found
