"""docker-compose.yml without Docker: its very commands and environments, started as processes on loopback.

Only names of hosts, ports and mounted paths are changed; what is an image of somebody else's is given from outside.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from backbone.postgres.cluster import binaries
from tests.harness.postgres import free_port

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def read(environ: Mapping[str, str]) -> dict[str, Any]:
    """The file's services with their variables filled in. Raises KeyError with the words of one that is required."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return _VARIABLE.sub(lambda found: _value(found, environ), value)
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        return value

    services: dict[str, Any] = fill(YAML(typ="safe").load(text)["services"])
    return services


def _value(found: re.Match[str], environ: Mapping[str, str]) -> str:
    name, kind, words = found.groups()
    value = environ.get(name, "")
    if not value and kind == "?":
        raise KeyError(f"{name}: {words}")
    return value or (words if kind == "-" else "")


@dataclass(slots=True)
class Compose:
    """The services, and where each host of theirs is here: `places` from `host:port` to a port of loopback."""

    services: dict[str, Any]
    places: dict[str, int]
    folder: Path
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, service in self.services.items():
            for port in _ports(service):
                self.places.setdefault(f"{name}:{port}", free_port())

    def url(self, service: str) -> str:
        """Where a service of one port listens here."""
        return next(
            f"http://127.0.0.1:{here}" for place, here in self.places.items() if place.startswith(f"{service}:")
        )

    def here(self, text: str, name: str) -> str:
        """A text of the file, as the service `name` would read it, with every place where it is here."""
        for place, port in self.places.items():
            host, there = place.split(":")
            text = re.sub(rf"(?<![\w.-]){re.escape(place)}(?!\d)", f"127.0.0.1:{port}", text)
            text = text.replace(f"host={host} port={there}", f"host=127.0.0.1 port={port}")
            if host == name:
                text = re.sub(rf"127\.0\.0\.1:{there}(?!\d)", f"127.0.0.1:{port}", text)
        return text.replace("0.0.0.0", "127.0.0.1")

    def command(self, name: str, words: list[str]) -> list[str]:
        """A command of the file as it is run here."""
        own = {place.split(":")[1]: str(port) for place, port in self.places.items() if place.startswith(f"{name}:")}
        found = [own.get(word, self.here(word, name)) for word in words]
        return [self._mounted(name, word) for word in found]

    def environment(self, name: str) -> dict[str, str]:
        """The service's own variables over what every process here needs; nothing of ours that critsit would read."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CRITSIT", "PG")) and k != "CI"}
        given = {k: self.here(str(v), name) for k, v in self.services[name].get("environment", {}).items()}
        for host, port in ((place.split(":")[0], str(port)) for place, port in self.places.items()):
            for variable, value in given.items():
                if value == host and (number := variable.replace("_HOST", "_PORT")) in given:
                    given |= {variable: "127.0.0.1", number: port}
        return kept | given

    async def start(self, name: str) -> None:
        """Start a service's command; its lines go to a file of its name."""
        words = self.command(name, self.services[name]["command"])
        program = {"critsit": [sys.executable, "-W", "ignore", "-m", "critsit"], "prom/prometheus": ["prometheus"]}
        image = self.services[name]["image"].partition(":")[0]
        if words[0] == "psql":
            words[0] = str(binaries() / "psql")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *program.get(image, []), *words, env=self.environment(name), cwd=ROOT, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip

    async def completed(self, name: str, within: float = 60) -> int:
        """A one-off job's exit code."""
        await self.start(name)
        async with asyncio.timeout(within):
            return await self.processes.pop(name).wait()

    async def healthy(self, name: str, within: float = 60) -> None:
        """Wait until the service's own health check says yes."""
        _, *words = self.command(name, self.services[name]["healthcheck"]["test"])
        words[0] = {"python": sys.executable}.get(words[0], words[0])
        async with asyncio.timeout(within):
            while True:
                check = await asyncio.create_subprocess_exec(
                    *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
                )
                if await check.wait() == 0:
                    return
                if self.processes[name].returncode is not None:
                    raise RuntimeError(f"{name} ended: {self.said(name)[-2000:]}")
                await asyncio.sleep(0.1)

    def said(self, name: str) -> str:
        """What a service has printed."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    async def stop(self, within: float = 30) -> dict[str, int]:
        """SIGTERM to all that run, and their exit codes; SIGKILL to who does not end in time."""
        for process in self.processes.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        codes = {}
        for name, process in self.processes.items():
            try:
                async with asyncio.timeout(within):
                    codes[name] = await process.wait()
            except TimeoutError:
                process.kill()
                codes[name] = await process.wait()
        self.processes.clear()
        return codes

    def _mounted(self, name: str, word: str) -> str:
        for volume in self.services[name].get("volumes", []):
            source, target = volume.split(":")[:2]
            there = str(self.folder / source) if not source.startswith(".") else str(self._copied(name, ROOT / source))
            if word.partition("=")[2].startswith(target) or word.startswith(target):
                return word.replace(target, there)
        return word

    def _copied(self, name: str, source: Path) -> Path:
        """What is mounted, copied, so that the places in it are those of here."""
        files = [source] if source.is_file() else [path for path in source.iterdir() if path.is_file()]
        folder = self.folder / f"{name}.mounted"
        folder.mkdir(exist_ok=True)
        for path in files:
            (folder / path.name).write_text(self.here(path.read_text("utf-8"), name), "utf-8")
        return folder / source.name if source.is_file() else folder


def _ports(service: Mapping[str, Any]) -> list[str]:
    return [published.rpartition(":")[2] for published in service.get("ports", [])]
