"""A bare FastAPI endpoint that validates the same body with a pydantic model and stores nothing: what accepts are held against.

`python -m tests.bench.bare PORT`.
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class BareReporter(BaseModel):
    """Who reports."""

    name: str
    email: str | None = None
    phone: str | None = None


class BareReport(BaseModel):
    """The same fields as a report's."""

    impact: str
    title: str
    reporter: BareReporter
    contract: str | None = None
    channel: str = "api"
    portal: str | None = None
    kind: str = "problem"
    product: str | None = None
    description: str | None = None
    language: str | None = None
    location: str | None = None


@app.post("/v1/incidents", status_code=201)
async def report(body: BareReport) -> dict[str, str]:
    """Validate, and store nothing."""
    return {"title": body.title}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
