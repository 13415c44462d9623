"""The catalogue as `GET /v1/catalogue` shows it: severities, services and their terms, rules, what can be booked."""

from __future__ import annotations

from typing import Any

from services.durations import write_duration

from .model import Catalogue
from .service import Service, Target


def public(catalogue: Catalogue) -> dict[str, Any]:
    """The whole catalogue in plain JSON."""
    return {
        "name": catalogue.name,
        "version": catalogue.version,
        "severities": [
            {"id": s.id, "impact": s.impact, "coverage": s.coverage, "attention": s.attention, "meaning": s.meaning}
            for s in catalogue.severities
        ],
        "services": [_service(service, catalogue.language.own) for service in catalogue.services],
        "portals": list(catalogue.portals),
        "kinds": list(catalogue.kinds),
        "rules": {
            name: {"section": rule.section, "text": rule.text, "ours": rule.ours}
            for name, rule in catalogue.rules.items()
        },
        "proactive": {
            "ask": catalogue.proactive.get("ask"),
            "rules": catalogue.proactive.get("rules", []),
            "services": catalogue.proactive.get("services", {}),
        },
    }


def _service(service: Service, own: str) -> dict[str, Any]:
    return {
        "id": service.id, "title": service.title, "section": service.section, "rule": service.rule,
        "queue": service.queue, "only_in": own if service.one_language is not None else None,
        "first_response": [_target(t) for t in service.first_response],
        "crisis_manager": [_target(t) for t in service.crisis_manager],
        "status_update": [_target(t) for t in service.status_update],
        "escalates_to": [{"severities": list(c.severities), "to": list(c.to), "rule": c.rule} for c in service.escalates_to],
        "executives": [{"severities": list(c.severities), "sides": list(c.sides), "rule": c.rule} for c in service.executives],
        "notes": dict(service.notes),
    }  # fmt: skip


def _target(target: Target) -> dict[str, Any]:
    return {
        "severities": list(target.severities), "products": target.products, "rule": target.rule,
        "target": write_duration(target.target) if target.target is not None else None, "with": target.with_,
    }  # fmt: skip
