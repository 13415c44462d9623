"""Reads a catalogue: a folder of YAML pages, or the JSON that one was frozen as.

A catalogue that contradicts itself is refused with every fault; its version is the hash of its content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.durations import write_duration
from services.faults import Fault, faults_of_shape
from services.yaml_text import read_yaml

from .later import REOPENED_WITHIN
from .model import Catalogue
from .work_order import work_order_terms

SHIPPED = Path(__file__).parent / "enterprise"
PAGES = ("catalogue", "services", "rules", "work_order", "proactive")


class CatalogueFaults(ValueError):
    """The catalogue can't be used; all of its faults are in `faults`. Not worth a retry."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
        self.faults = faults


_SHAPE: TypeAdapter[Catalogue] = TypeAdapter(Catalogue)


@lru_cache(maxsize=8)
def load(folder: Path | None = None) -> Catalogue:
    """The catalogue in `folder`, or the shipped one. Raises CatalogueFaults; OSError where a page can't be read.

    What is refused here and not in `from_json` was allowed once: incidents may be open under such a catalogue.
    """
    pages = {}
    for page in PAGES:
        path = (folder or SHIPPED) / f"{page}.yaml"
        try:
            pages[page] = read_yaml(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CatalogueFaults([Fault(f"/{page}", None, "fault", str(error))]) from error
    catalogue = from_json(pages)
    if catalogue.later.reopen_within > REOPENED_WITHIN:
        words = f"an incident is reopened within {write_duration(REOPENED_WITHIN)} at most"
        raise CatalogueFaults([Fault("/catalogue/later/reopen_within", None, "fault", words)])
    return catalogue


def from_json(raw: Mapping[str, Any]) -> Catalogue:
    """The catalogue of frozen pages, as `Catalogue.raw` has them. Raises CatalogueFaults."""
    version = hashlib.sha256(json.dumps(raw, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
    return _from_json(version, json.dumps(raw))


@lru_cache(maxsize=8)
def _from_json(version: str, text: str) -> Catalogue:
    raw = json.loads(text)
    try:
        body = dict(raw["catalogue"])
        windows = tuple((_minutes(a), _minutes(b)) for a, b in body.pop("business_hours"))
        services = [_with(service) for service in raw["services"]["services"]]
        severities = tuple(severity["id"] for severity in body["severities"])
        bookable = raw["proactive"].get("services", {})
        per_location = [name for name, service in bookable.items() if service["per_location"]]
        terms = work_order_terms(
            {**raw["work_order"], "severities": severities, "bookable": tuple(bookable), "per_location": per_location}
        )
        catalogue = _SHAPE.validate_python(
            {**body, "business_hours": windows, "services": services, "rules": raw["rules"], "work_order": terms,
             "proactive": raw["proactive"], "version": version, "raw": raw}
        )  # fmt: skip
    except ValidationError as error:
        raise CatalogueFaults(faults_of_shape(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CatalogueFaults([Fault("", None, "fault", f"not a catalogue: {error!r}")]) from error
    faults = contradictions(catalogue)
    if faults:
        raise CatalogueFaults(faults)
    return catalogue


def contradictions(catalogue: Catalogue) -> list[Fault]:
    """Names that are used and are not there: severities, product groups, portals, services, rules."""
    faults = []

    def known(where: str, what: str, name: str | None, names: object) -> None:
        if name is not None and name not in names:  # type: ignore[operator]
            faults.append(Fault(where, None, "fault", f"{name!r} is not a {what} of this catalogue"))

    known("/catalogue/review/service", "service", catalogue.review.service, {s.id for s in catalogue.services})
    known("/catalogue/root_cause/products", "product group", catalogue.root_cause.products, catalogue.groups.by_name)
    for index, service in enumerate(catalogue.services):
        where = f"/services/{index}"
        known(where + "/rule", "rule", service.rule, catalogue.rules)
        for kind in ("first_response", "crisis_manager", "status_update", "escalates_to", "executives"):
            for n, entry in enumerate(getattr(service, kind)):
                known(f"{where}/{kind}/{n}/rule", "rule", entry.rule, catalogue.rules)
                known(
                    f"{where}/{kind}/{n}/products",
                    "product group",
                    getattr(entry, "products", None),
                    catalogue.groups.by_name,
                )
                for severity in entry.severities:
                    known(f"{where}/{kind}/{n}/severities", "severity", severity, catalogue.rank)
        for n, call in enumerate(service.escalates_to):
            for who in call.to:
                known(f"{where}/escalates_to/{n}/to", "team", who, catalogue.teams)
        for n, condition in enumerate(service.conditions):
            here = f"{where}/conditions/{n}"
            known(here, "product group", getattr(condition, "group", None), catalogue.groups.by_name)
            known(here, "portal", getattr(condition, "portal", None), catalogue.portals)
            known(here, "severity", getattr(condition, "outside_severity", None), catalogue.rank)
            known(here, "rule", getattr(condition, "rule", None), catalogue.rules)
            known(here, "rule", getattr(condition, "confirm_rule", None), catalogue.rules)
    last = catalogue.services[-1] if catalogue.services else None
    if last is None or last.conditions or not last.first_response:
        faults.append(Fault("/services", None, "fault", "the last service fits everything and has all first responses"))
    else:
        for severity in catalogue.severities:
            if not any(severity.id in t.severities and t.products is None for t in last.first_response):
                faults.append(
                    Fault("/services", None, "fault", f"no first response at severity {severity.id} by default")
                )
    return faults


def _with(service: Mapping[str, Any]) -> dict[str, Any]:
    """`with` is a word of the language."""
    found = dict(service)
    for kind in ("first_response", "crisis_manager", "status_update"):
        found[kind] = [{("with_" if k == "with" else k): v for k, v in t.items()} for t in service.get(kind, [])]
    return found


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
