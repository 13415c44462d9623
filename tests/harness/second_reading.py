"""A second reading of the decision, written from the contract's words alone and sharing no line with the first.

It is slow, plain and of no use for anything else; where the two disagree, one of them has misread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

Json = Mapping[str, Any]

_SEVERITY = {"critical_down": "1", "critical_degraded": "A", "moderate": "B", "minimal": "C"}
_URGENT = ("1", "A")
_NOT_RAPID = {"azure/media-services", "azure/stack", "azure/storsimple", "github/ae",
              "azure/communication-services", "azure/billing"}  # fmt: skip
_AN_HOUR = {"azure/storsimple", "github/ae", "azure/communication-services", "azure/billing"}
_HOTFIX = ("office", "office/*", "dynamics/ax", "dynamics/crm", "exchange-server", "sql-server", "system-center",
           "system-center/*", "windows-server", "windows-client", "windows-embedded")  # fmt: skip
_ENGLISH = ("event-management", "rapid-response")


@dataclass
class Reading:
    """One incident under one contract, read at its submission."""

    incident: Json
    contract: Json | None
    submitted: datetime
    flags: set[str] = field(default_factory=set)
    event: Json | None = None
    under_way: bool = False
    solution: Json | None = None

    def read(self) -> dict[str, Any]:
        """What a simulation has to answer; clocks as name → target."""
        severity, place, review = _SEVERITY[self.incident["impact"]], self._place(), self._in_doubt()
        self._reporter()
        service, below = ("base", "base") if review else self._service(severity)
        if service == "event-management" and not self.under_way:
            severity = "B"
        speaks = None if below == "event-management" and not self.under_way else below
        if self.incident.get("requested_severity") not in (None, severity):
            self.flags.add("severity-differs")
        language = self._language(service, place)
        self._papers(service)
        queue = "entitlement-review" if review else {"base": "problem-resolution"}.get(service, service)
        narrow = speaks in _ENGLISH
        urgent = severity in _URGENT
        teams = {"cloud-operations"} if urgent and narrow else set()
        if severity == "1" or (urgent and speaks == "event-management"):
            teams.add("product-teams")
        return {
            "severity": severity, "service": service, "language": language,
            "queue": queue if review or language == "en" else f"{queue}/{language}",
            "coverage": "24x7" if urgent else "business-hours", "escalates_to": teams,
            "executives": {"provider", "customer"} if severity == "1" or (urgent and narrow) else set(),
            "flags": self.flags, "clocks": self._clocks(severity, speaks, {} if review else self._exhibit()),
        }  # fmt: skip

    @property
    def _product(self) -> str:
        return self.incident.get("product") or ""

    @property
    def _kind(self) -> str:
        return str(self.incident.get("kind", "problem"))

    def _through(self, portal: str) -> bool:
        return self.incident.get("channel") == "portal" and self.incident.get("portal") == portal

    def _has(self, service: str) -> bool:
        return self.contract is not None and service in self.contract["services"]

    def _who(self) -> list[Json]:
        reporter = self.incident["reporter"]
        email, phone = (reporter.get("email") or "").casefold(), reporter.get("phone")
        return [
            contact
            for contact in (self.contract["contacts"] if self.contract else ())
            if (email and contact.get("email", "").casefold() == email) or (phone and contact.get("phone") == phone)
        ]

    def _place(self) -> Json | None:
        if self.contract is None:
            return None
        places: dict[str, Json] = {place["id"]: place for place in self.contract["locations"]}
        host = next(place for place in places.values() if place["role"] == "host")
        if self.incident.get("location"):
            if self.incident["location"] not in places:
                self.flags.add("unknown-location")
            return places.get(self.incident["location"], host)
        own = [contact["location"] for contact in self._who() if contact.get("location")]
        return places[own[0]] if own else host

    def _in_doubt(self) -> bool:
        if self.contract is None:
            self.flags.add("no-contract")
            return True
        host = next(place for place in self.contract["locations"] if place["role"] == "host")
        day = self.submitted.astimezone(ZoneInfo(host["time_zone"])).date()
        first, last = (date.fromisoformat(self.contract["term"][end]) for end in ("from", "to"))
        doubt = set()
        if day < first or day > last:
            doubt.add("out-of-term")
        if self.incident.get("prerelease") and not _any(self.contract["allows_prerelease"], self._product):
            doubt.add("prerelease-unsupported")
        known = [one["id"] for one in self.contract["solutions"]]
        known += [one["solution"] for one in self.contract["events"] if "solution" in one]
        if self.incident.get("solution") and self.incident["solution"] not in known:
            self.flags.add("unknown-solution")
        self.flags |= doubt
        return bool(doubt)

    def _reporter(self) -> None:
        if self.contract is None or self.incident["channel"] == "monitoring":
            return
        own_portal = {"azure": "azure-portal", "office365": "office365-admin", "github": "github"}
        for contact in self._who():
            roles = contact["roles"]
            if "reactive-contact" in roles or "administrator" in roles:
                return
            cloud = own_portal.get(self._product.split("/")[0]) if "/" in self._product else None
            if "cloud-administrator" in roles and cloud is not None and self._through(cloud):
                return
        self.flags.add("contact-unverified")

    def _service(self, severity: str) -> tuple[str, str]:
        """The service that takes it, and the one whose times hold where an exhibit is silent."""
        if not self._mission_critical():
            found = next(name for name, fits in self._others(flags=True) if fits())
            return found, found
        for name, fits in self._others(flags=False):
            self.event, self.under_way = None, False
            if fits() and (name != "event-management" or self.under_way or severity == "B"):
                return "mission-critical", name
        raise AssertionError("the base package fits")

    def _mission_critical(self) -> bool:
        if not self._has("mission-critical") or self.contract is None:
            return False
        named = [one for one in self.contract["solutions"] if one["id"] == self.incident.get("solution")]
        found = named or [one for one in self.contract["solutions"] if _any(one["products"], self._product)]
        if len(found) > 1:
            self.flags.add("solution-ambiguous")
            return False
        self.solution = found[0] if found else None
        return bool(found)

    def _others(self, *, flags: bool) -> list[tuple[str, Callable[[], bool]]]:
        product, kind = self._product, self._kind

        def or_flag(fits: bool, flag: str, *, meant: bool) -> bool:
            if meant and not fits and flags:
                self.flags.add(flag)
            return meant and fits

        rapid = self._has("rapid-response") and kind == "problem" and _azure(product) and product not in _NOT_RAPID
        users = self.contract.get("office365_users") if self.contract else None
        email = (self.incident["reporter"].get("email") or "").casefold()
        hotfix = _any(_HOTFIX, product) and product != "system-center/configuration-manager"
        return [
            ("event-management", lambda: self._event(flags=flags)),
            ("rapid-response", lambda: or_flag(self._through("azure-portal"), "portal-required", meant=rapid)),
            ("office365-engineering", lambda: self._has("office365-engineering") and product.startswith("office365/")
             and (users is None or email in [user.casefold() for user in users])),
            ("cybersecurity", lambda: or_flag(self._has("cybersecurity"), "cybersecurity-not-bought",
                                              meant=kind == "security")),
            ("github", lambda: product.startswith("github/")),
            ("developer", lambda: self._has("developer") and kind == "development"),
            ("advisory", lambda: kind == "advisory"),
            ("hotfix", lambda: or_flag(hotfix, "hotfix-not-eligible", meant=kind == "hotfix")),
            ("base", lambda: True),
        ]  # fmt: skip

    def _event(self, *, flags: bool) -> bool:
        if not self._has("event-management") or self.contract is None:
            return False
        form = (self.incident.get("form") or {}).get("id")
        near: list[tuple[bool, datetime, str, Json]] = []
        for one in self.contract["events"]:
            start, end = (datetime.fromisoformat(one[edge]) for edge in ("starts_at", "ends_at"))
            named = self.incident.get("solution") is not None and one.get("solution") == self.incident["solution"]
            meant = _any(one["products"], self._product) or (named and _azure(self._product))
            meant = meant and one.get("confirmed_at") is not None
            if meant and start - timedelta(days=14) <= self.submitted < end + timedelta(days=7):
                near.append((not start <= self.submitted < end, start, one["id"], one))
        took = sorted(one for one in near if self._through("azure-portal") and one[3]["form"] == form)
        if took:
            self.event, self.under_way = took[0][3], not took[0][0]
        elif flags and any(not outside for outside, *_ in near):
            self.flags.add("form-required")
        return bool(took)

    def _language(self, service: str, place: Json | None) -> str:
        asked = (self.incident.get("language") or "en").split("-")[0].lower()
        if service in _ENGLISH:
            if asked != "en":
                self.flags.add("english-only")
            return "en"
        spoken = [tag.split("-")[0].lower() for tag in place["languages"]] if place else []
        return asked if asked in spoken else "en"

    def _papers(self, service: str) -> None:
        if service == "rapid-response" and self.contract and not self.contract["topology_on_file"]:
            self.flags.add("topology-missing")
        if service == "event-management" and self.event and self.event.get("details_on_file") is False:
            self.flags.add("event-details-missing")

    def _exhibit(self) -> Json:
        exhibit: Json = self.solution["exhibit"] if self.solution else {}
        return exhibit

    def _clocks(self, severity: str, speaks: str | None, exhibit: Json) -> dict[str, timedelta]:
        def own(clock: str, otherwise: int) -> timedelta:
            text = exhibit.get(clock, {}).get(severity)
            return timedelta(minutes=int(text[2:-1]) if text else otherwise)

        quick = _azure(self._product) and self._product not in _AN_HOUR
        first = {"1": 15 if quick else 60, "A": 60, "B": 120, "C": 240}[severity]
        if severity in _URGENT and speaks in _ENGLISH and _azure(self._product):
            first = 15
        clocks = {"first_response": own("first_response", first)}
        if severity in _URGENT:
            usual = 30 if speaks == "event-management" else int(clocks["first_response"].total_seconds() // 60)
            clocks["crisis_manager"] = own("crisis_manager", usual)
            clocks["status_update"] = own("status_update", {"1": 60, "A": 240}[severity])
        return clocks


def _azure(product: str) -> bool:
    return product.startswith("azure/")


def _any(globs: Any, product: str) -> bool:
    return any(fnmatchcase(product, glob) for glob in globs)
