"""The clock of a process: it follows the database's, and no jump that goes and comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backbone.time_source import WallClock

NOON = datetime(2026, 2, 4, 12, tzinfo=UTC)


@dataclass
class Machines:
    """A process and a database: the seconds that really went by, and how far each one's clock is off."""

    real: float = 0.0
    own_off: float = 0.0
    database_off: float = 0.0

    def __post_init__(self) -> None:
        self.clock = WallClock(lambda: NOON + timedelta(seconds=self.real + self.own_off), lambda: self.real)

    def passes(self, seconds: float, asking_takes: float = 0.0) -> None:
        """So long, with the database asked each five seconds."""
        for _ in range(int(seconds // 5)):
            self.real += 5
            asked_at = self.clock.now()
            self.real += asking_takes / 2
            said = NOON + timedelta(seconds=self.real + self.database_off)
            self.real += asking_takes / 2
            self.clock.agree_with(said, asked_at)

    @property
    def off(self) -> float:
        """How far the clock is off what really is, in seconds."""
        return round((self.clock.now() - NOON).total_seconds() - self.real, 3)


def test_the_first_answer_is_believed_at_once() -> None:
    machines = Machines(own_off=-3600)
    machines.passes(5)
    assert machines.off == 0


def test_a_jump_of_two_hours_that_comes_back_is_not_followed() -> None:
    machines = Machines()
    machines.passes(5)
    machines.database_off = machines.own_off = 7200
    machines.passes(25)
    assert machines.off == 0
    machines.database_off = machines.own_off = 0
    machines.passes(60)
    assert machines.off == 0


def test_a_jump_that_lasts_is_followed_and_so_is_its_end() -> None:
    machines = Machines()
    machines.passes(5)
    machines.database_off = 7200
    machines.passes(40)
    assert machines.off == 7200
    machines.database_off = 0
    machines.passes(40)
    assert machines.off == 0


def test_a_drift_is_followed_at_once() -> None:
    machines = Machines()
    machines.passes(5)
    machines.database_off = 1.5
    machines.passes(5)
    assert machines.off == 1.5


def test_a_slow_answer_moves_nothing() -> None:
    machines = Machines()
    machines.passes(60, asking_takes=1.9)
    assert machines.off == 0


def test_the_machine_s_own_clock_does_not_matter_once_the_database_was_asked() -> None:
    machines = Machines()
    machines.passes(5)
    machines.own_off = -7200
    machines.passes(60)
    assert machines.off == 0
