"""`critsit up`, `serve`, `migrate` and `topics apply`: what starts critsit, and what makes ready for it.

At a terminal the log is in words and begins with warnings; everywhere else, and with --json, it is JSON. What can't start
says why in one sentence: 1 where something is in the way, 2 where a setting is wrong, 3 where the database or Kafka
can't be reached. Only `serve` waits for its database: what starts it again after a power cut would do so later and later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .ending import MISUSED, NO, UNREACHABLE, end, tell
from .options import Json, print_json, print_line

if TYPE_CHECKING:
    from backbone.process.settings import Settings

    from .run import Ready

PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes any that is free.")]
HostOption = Annotated[str | None, typer.Option(help="The address to listen on.")]


def up(
    port: PortOption = None,
    data: Annotated[
        str | None, typer.Option(metavar="PATH", help="Where the embedded PostgreSQL keeps its data.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the example contracts, people and policies, once.")
    ] = False,
    host: HostOption = None,
    json: Json = False,
) -> None:
    """Run all four stages in one process, on the embedded PostgreSQL where no DATABASE_URL names another."""
    settings = settings_of(None, port=port, data=data, host=host)
    if to_a_person(json):
        tell("critsit starts; the first time on new data takes some seconds.")
    _sold(settings, "intake", "router", "escalation")
    with told():
        from .run import up as run_up

        seed = None
        if demo:
            from .seed import seed_once

            seed = seed_once
        _run(run_up(settings, _ready_as_json if json else _ready, seed), settings, json)


def serve(
    stage: Annotated[str, typer.Argument(help="intake, router, escalation or notifier.")],
    host: HostOption = None,
    port: PortOption = None,
    json: Json = False,
) -> None:
    """Run one stage: 8081 intake, 8082 router, 8083 escalation, 8084 notifier."""
    _known(stage)
    settings = settings_of(stage, host=host)
    if stage != "notifier":  # which pages by what the others say
        _sold(settings, stage)
    with told():
        from .run import serve_stage

        _run(serve_stage(stage, settings, port, _listens_as_json if json else typer.echo), settings, json)


def to_a_person(json: bool) -> bool:
    """Whether somebody sits before what is told: at a terminal, and no JSON was asked for."""
    return sys.stderr.isatty() and not json


def _run(life: Coroutine[Any, Any, bool], settings: Settings, json: bool) -> None:
    """Run a process's whole life, and say how it ended to whoever watches."""
    from backbone.process.logging import configure_logging
    from backbone.web.serve import run

    plain = to_a_person(json)
    level = "warning" if plain and "log_level" not in settings.model_fields_set else settings.log_level
    configure_logging(level, plain=plain)
    was_ready = run(life)
    if plain or not was_ready:
        tell("critsit has ended." if was_ready else "Stopped before it was ready.", in_log="info")


def migrate(json: Json = False) -> None:
    """Bring the schemas of all four stages up to date (CRITSIT_DATABASE_URL, or each stage's own)."""
    from backbone import STAGES

    settings = settings_of(None)
    done = []
    with told():
        from backbone.postgres.migrate import migrate as bring_up

        for stage in STAGES:
            bring_up(settings.url_of(stage), [stage])
            done.append(stage)
            if not json:
                typer.echo(f"{stage}: migrated")
    if json:
        print_json({"migrated": done})


def topics_apply(json: Json = False) -> None:
    """Make the topics in Kafka (CRITSIT_KAFKA), and set them as they have to be."""
    settings = settings_of(None)
    with told():
        from backbone.kafka.broker import Broker
        from backbone.kafka.topics import apply

        from .stages import topics_of

        broker = Broker.of(settings)
        if broker is None:
            end(MISUSED, "CRITSIT_KAFKA is not set: it names Kafka's bootstrap servers.")
        # What the client would log of a broker that is away is in the sentence that this ends with.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        found: Any = asyncio.run(apply(broker, topics_of(settings)))
    if json:
        print_json({"applied": True, "topics": found})
    else:
        typer.echo("The topics are there.")


def settings_of(stage: str | None, **given: Any) -> Settings:
    """The settings from the environment and the command line; one sentence and exit 2 where one is wrong."""
    from backbone.process.settings import Settings, SettingsError

    try:
        return Settings.load(stage, **given)
    except SettingsError as error:
        end(MISUSED, str(error))


def _sold(settings: Settings, *stages: str) -> None:
    """Look at these stages' catalogues before anything is started; all faults and exit 2 where one can't be used."""
    from .files import catalogue_at

    for stage in stages:
        catalogue_at(settings.of(stage).catalogue, faulty=MISUSED)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Whatever keeps a process from starting, in one sentence."""
    from backbone.postgres.cluster import PostgresError
    from backbone.postgres.embedded import NoSuchName
    from backbone.process.settings import SettingsError
    from backbone.web.serve import NoSuchAddress, ServeError

    try:
        yield
    except (SettingsError, NoSuchAddress, NoSuchName) as error:
        end(MISUSED, str(error))
    except (PostgresError, ServeError) as error:
        end(NO, str(error))
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            end(NO, f"{error.filename} can't be used: {error.strerror}.")
        sentence = _away(error)
        if sentence is None:
            raise
        end(UNREACHABLE, sentence)


def _away(error: Exception) -> str | None:
    """A sentence for a database or a Kafka that can't be reached; None for what is our own fault."""
    from backbone.postgres.engine import is_passing

    if is_passing(error):
        return f"The database can't be reached: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    if type(error).__module__.startswith("aiokafka"):
        return f"Kafka can't be reached: {error}"
    return None


def _known(stage: str) -> None:
    from backbone import STAGES

    if stage not in STAGES:
        end(MISUSED, f"There is no stage {stage}: {', '.join(STAGES)}.")


def _ready(ready: Ready) -> None:
    typer.echo(f"critsit listens on {ready.url}")
    typer.echo(f"key: {ready.key}" + (f"  (kept in {ready.kept_in})" if ready.kept_in else ""))
    typer.echo("ready")


def _ready_as_json(ready: Ready) -> None:
    print_line({"url": ready.url, "key": ready.key, "kept_in": ready.kept_in})


def _listens_as_json(url: str) -> None:
    print_line({"url": url})
