"""The roster as the directory has it, built anew only when something there has changed."""

from __future__ import annotations

from backbone.directory.directory import Directory
from services.roster import Roster


class CurrentRoster:
    """Answers the roster; the same value until the directory changes."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._revision = -1
        self._roster = Roster()

    def __call__(self) -> Roster:
        """People, rotations and overrides of this moment."""
        if self._revision != self._directory.revision:
            self._revision = self._directory.revision
            people, rotations, overrides = (
                tuple(stored.value for stored in self._directory.all(kind))
                for kind in ("person", "rotation", "override")
            )
            self._roster = Roster(people=people, rotations=rotations, overrides=overrides)
        return self._roster
