"""Settings: from the environment (`CRITSIT_…`, a stage's own `INTAKE_…` over it) or one TOML file (`CRITSIT_CONFIG`).

An unknown variable with our prefix stops the start with its name; a secret is never printed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from .. import STAGES
from ..postgres.address import leads_to_postgresql

PREFIX = "CRITSIT_"

#: Variables with our prefix that are no settings of a process: the clients', the tests', and the file's own name.
_OTHERS = frozenset(PREFIX + name for name in ("CONFIG", "URL", "KEY", "TEST_KAFKA", "REQUIRE_KAFKA"))
#: What Kubernetes sets by itself for a Service of that name (INTAKE_PORT=tcp://…, INTAKE_SERVICE_HOST).
_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_[0-9]+_(TCP|UDP)")
_READS = re.compile(rf"[A-Z]+_READS_(?P<name>{'|'.join(STAGES).upper()})")

#: A server of Kafka's: a name or an address, IPv6 in brackets.
_SERVER = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:,/\[\]]+)(?::(?P<port>[0-9]{1,5}))?")

#: Fields, each with what it is told and where that stands.
_Told = dict[str, tuple[Any, str]]


class SettingsError(Exception):
    """A setting that is not there, not known, or not what it has to be; the words name it. Never worth a retry."""


def _parts(value: object) -> object:
    if isinstance(value, str):
        return [part for part in re.split(r"[,\s]+", value.strip()) if part]
    return value


Listed = Annotated[tuple[str, ...], BeforeValidator(_parts)]
SecretsListed = Annotated[tuple[SecretStr, ...], BeforeValidator(_parts)]


class Settings(BaseModel):
    """What a process is told. Every field is `CRITSIT_<FIELD>`, `<STAGE>_<FIELD>`, or a key of the TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    #: Absent: the embedded PostgreSQL under `data`.
    database_url: SecretStr | None = None
    #: Bootstrap servers; absent: the log in PostgreSQL alone carries.
    kafka: str | None = None
    kafka_tls: bool = False
    #: Files in PEM: who vouches for the broker (absent: whom the system trusts), and our own certificate and its key.
    kafka_ca_file: str | None = None
    kafka_cert_file: str | None = None
    kafka_key_file: str | None = None
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    kafka_mechanism: Literal["scram-sha-512", "scram-sha-256", "plain"] = "scram-sha-512"
    topic_prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,100}$")] = "critsit"
    admin_key: SecretStr | None = None
    #: Where people and senders reach us: links in pages start with it. No slash at its end. Not set: where we listen.
    public_url: str = "http://127.0.0.1:8080"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    data: Path = Path("data")
    catalogue: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    #: Requests a second for each key; absent: as many as it likes.
    rate_limit: Annotated[float, Field(gt=0)] | None = None
    #: Requests that may wait in the accept queue before more are refused with 429.
    accept_queue: Annotated[int, Field(ge=1)] = 5_000

    smtp_host: str | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_from: str | None = None
    smtp_tls: Literal["starttls", "implicit", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_ca_file: str | None = None

    #: As Standard Webhooks writes them (`whsec_…`), the newest first, two while they are changed over.
    webhook_secrets: SecretsListed = ()
    webhook_private_hosts: Listed = ()

    twilio_base_url: str = "https://api.twilio.com"
    twilio_account: str | None = None
    twilio_token: SecretStr | None = None
    twilio_sms_from: str | None = None
    twilio_voice_from: str | None = None

    #: Seconds that a page waits for an answer before the next step of its ladder.
    page_step_seconds: Annotated[float, Field(gt=0)] = 60
    #: Whether the built-in mailbox receives; None: when no real channel is configured.
    mailbox: bool | None = None
    #: Days that the stages keep a closed incident, but for intake; 0: for ever. It may be reopened for 30, so not below 60.
    keep_days: Annotated[int, Field(ge=0, le=36_500)] = 400

    #: A stage's own database, where it is not `database_url`.
    databases: dict[str, SecretStr] = Field(default_factory=dict)
    #: "reader/name": the URL by which a stage reads another's log, where it is not that stage's own.
    readers: dict[str, SecretStr] = Field(default_factory=dict)
    #: Where one process is several stages: what each of them is told of its own.
    own: dict[str, Settings] = Field(default_factory=dict)

    @field_validator("*", mode="before")
    @classmethod
    def _a_number(cls, value: object, told: ValidationInfo) -> object:
        """A file's `true` is no 1."""
        kind = cls.model_fields[str(told.field_name)].annotation
        if isinstance(value, bool) and bool not in (kind, *get_args(kind)):
            raise ValueError("can't be true or false")
        return value

    @field_validator("host", "data", mode="before")
    @classmethod
    def _not_empty(cls, value: object) -> object:
        if value == "":
            raise ValueError("is empty")
        return value

    @field_validator("kafka")
    @classmethod
    def _servers(cls, value: str | None) -> str | None:
        for server in value.split(",") if value else ():
            found = _SERVER.fullmatch(server.strip())
            if found is None or not 0 < int(found["port"] or 1) <= 65535:
                raise ValueError("has to be host:port, several with commas between them")
        return value

    @field_validator("admin_key")
    @classmethod
    def _a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch("[!-~]{1,512}", value.get_secret_value()):
            raise ValueError(
                "holds what no header can carry: a key is plain ASCII without blanks, 512 characters at most"
            )
        return value

    @field_validator("public_url", "twilio_base_url")
    @classmethod
    def _a_url(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("has to be a URL that starts with http:// or https://")
        return value.rstrip("/")

    @field_validator("keep_days")
    @classmethod
    def _past_reopening(cls, value: int) -> int:
        if 0 < value < 60:
            raise ValueError("has to be 60 days at least, or 0 to keep all for ever")
        return value

    @classmethod
    def load(cls, stage: str | None = None, environ: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Read the environment and the TOML file; `given` (the command line's options) stands over both.

        `stage` None is all four in one process: `of` is what each of them is told. Raises SettingsError, whose words name
        the variable.
        """
        env = dict(os.environ if environ is None else environ)
        common, own = _from_file(env.get("CRITSIT_CONFIG"))
        databases = {each: told.pop("database_url")[0] for each, told in own.items() if "database_url" in told}
        readers: dict[str, str] = {}
        for name, value in _ours(env, PREFIX):
            _over(own, common, _field(name.removeprefix(PREFIX).lower(), name), value, name)
        for each in STAGES:
            for name, value in _ours(env, f"{each.upper()}_"):
                if reads := _READS.fullmatch(name):
                    readers[f"{each}/{reads['name'].lower()}"] = value
                elif (field := _field(name.removeprefix(f"{each.upper()}_").lower(), name)) == "database_url":
                    databases[each] = value
                else:
                    own[each][field] = value, name
        if stage is not None:
            common |= own[stage]
        for field, value in given.items():
            if value is not None:
                _over(own, common, field, value, PREFIX + field.upper())
        common |= {"databases": (databases, "databases"), "readers": (readers, "readers")}
        if stage is None:
            common["own"] = {each: cls._made(told) for each, told in own.items() if told}, "own"
        return cls._made(common)

    @classmethod
    def _made(cls, told: _Told) -> Self:
        try:
            return cls(**{field: value for field, (value, _) in told.items()})
        except ValidationError as error:
            raise SettingsError("; ".join(_say(item, told) for item in error.errors())) from None

    def of(self, stage: str) -> Self:
        """What one stage of this process is told: its own over the rest."""
        own = self.own.get(stage)
        return self if own is None else self.model_copy(update={f: getattr(own, f) for f in own.model_fields_set})

    def url_of(self, name: str, *, reader: str | None = None) -> str:
        """The database URL of a stage, or that by which `reader` reads the stage's log. Raises SettingsError."""
        url = self.readers.get(f"{reader}/{name}") or self.databases.get(name) or self.database_url
        if url is None:
            raise SettingsError(f"CRITSIT_DATABASE_URL is not set, nor {name.upper()}_DATABASE_URL.")
        if not leads_to_postgresql(url.get_secret_value()):
            raise SettingsError(
                "A DATABASE_URL or a …_READS_… is no address: it has to be postgresql://user:password@host/database."
            )
        return url.get_secret_value()

    @property
    def key_file(self) -> Path:
        """Where the admin key is kept that is made where none is set: beside the data."""
        return self.data.expanduser().resolve() / "admin.key"

    def address(self, port: int) -> str:
        """The URL of who listens on that port; an IPv6 address stands in brackets (RFC 3986, 3.2.2)."""
        return f"http://[{self.host}]:{port}" if ":" in self.host else f"http://{self.host}:{port}"

    def with_database(self, url: str) -> Self:
        """The same settings with the database that has just been started."""
        return self.model_copy(update={"database_url": SecretStr(url)})

    def secret(self, field: str) -> str | None:
        """A secret's text, for the one who has to use it; None where it is not set."""
        value = getattr(self, field)
        return value.get_secret_value() if isinstance(value, SecretStr) else None


def _over(own: Mapping[str, _Told], common: _Told, field: str, value: Any, where: str) -> None:
    """Tell all stages something that stands over what was told before."""
    common[field] = value, where
    for told in own.values():
        told.pop(field, None)


def _field(field: str, name: str) -> str:
    """The field that something named `name` sets. Raises SettingsError where there is none."""
    if field not in Settings.model_fields or field in ("databases", "readers", "own"):
        raise SettingsError(f"{name} is not a setting that critsit knows.")
    return field


def _ours(env: Mapping[str, str], prefix: str) -> list[tuple[str, str]]:
    """The variables with a prefix that are meant for settings; an empty one is not set."""
    return sorted(
        (name, value)
        for name, value in env.items()
        if name.startswith(prefix)
        and name not in _OTHERS
        and not _KUBERNETES.search(name)
        and not value.startswith(("tcp://", "udp://"))
        and value != ""
    )


def _from_file(path: str | None) -> tuple[_Told, dict[str, _Told]]:
    """What the TOML file tells all, and what each stage's table tells that one."""
    own: dict[str, _Told] = {name: {} for name in STAGES}
    if not path:
        return {}, own
    try:
        read = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"CRITSIT_CONFIG names {path}, which can't be read: {error}") from None

    def told(table: Mapping[str, Any], prefix: str = "") -> _Told:
        return {_field(field, where := f"{prefix}{field} in {path}"): (value, where) for field, value in table.items()}

    tables = {stage: read.pop(stage) for stage in STAGES if isinstance(read.get(stage), dict)}
    return told(read), own | {stage: told(table, f"{stage}.") for stage, table in tables.items()}


def _say(item: Any, told: _Told) -> str:
    field = str(item["loc"][0]) if item["loc"] else ""
    where = told[field][1] if field in told else PREFIX + field.upper()
    return f"{where}: {str(item['msg']).removeprefix('Value error, ')}"
