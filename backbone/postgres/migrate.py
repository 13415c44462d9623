"""Migrations: Alembic, one environment for all stages, each schema with its own `alembic_version`.

Under an advisory lock, so that two that migrate at once wait for one another.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config

from .. import STAGES
from .address import driver_url


def config_of(stage: str, url: str) -> Config:
    """Alembic's configuration for one stage: its own versions, our one `env.py`."""
    versions = Path(importlib.import_module(f"{stage}.migrations").__path__[0])
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(versions))
    config.attributes["stage"] = stage
    config.attributes["url"] = driver_url(url)
    return config


def migrate(url: str, stages: Iterable[str] = STAGES) -> None:
    """Bring each stage's schema in the database at `url` to the newest revision. Blocking: call it before the loops."""
    for stage in stages:
        command.upgrade(config_of(stage, url), "head")
