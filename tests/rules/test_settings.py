"""Settings: the environment, a stage's own over it, one file; what is unknown stops the start by name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from backbone import STAGES
from backbone.ground import Surroundings
from backbone.process.settings import Settings, SettingsError
from backbone.time_source import HandMoved
from critsit.stages import build
from notifier.channels import MailboxEntry
from notifier.settings import channels_of


def test_nothing_set_is_the_embedded_default() -> None:
    settings = Settings.load(environ={})
    assert settings.kafka is None
    assert settings.database_url is None
    assert settings.topic_prefix == "critsit"


def test_an_unknown_variable_with_our_prefix_stops_the_start_with_its_name() -> None:
    with pytest.raises(SettingsError, match="CRITSIT_KAFAK"):
        Settings.load(environ={"CRITSIT_KAFAK": "localhost:9092"})
    with pytest.raises(SettingsError, match="INTAKE_COLOUR"):
        Settings.load("intake", environ={"INTAKE_COLOUR": "red"})
    with pytest.raises(SettingsError, match="ROUTER_READS_INTKAE"):
        Settings.load(environ={"ROUTER_READS_INTKAE": "postgresql://reader@intake/x"})


def test_what_clients_tests_and_kubernetes_set_is_no_unknown_setting() -> None:
    Settings.load(
        environ={
            "CRITSIT_URL": "http://x", "CRITSIT_KEY": "k", "CRITSIT_TEST_KAFKA": "a:1", "CRITSIT_REQUIRE_KAFKA": "1",
            "INTAKE_SERVICE_HOST": "10.0.0.1", "INTAKE_SERVICE_PORT": "80", "INTAKE_PORT": "tcp://10.0.0.1:80",
            "INTAKE_PORT_80_TCP_ADDR": "10.0.0.1", "PATH": "/bin",
        }
    )  # fmt: skip


def test_a_stages_own_variable_stands_over_the_common_one_and_only_for_that_stage() -> None:
    env = {"CRITSIT_LOG_LEVEL": "warning", "ROUTER_LOG_LEVEL": "debug"}
    assert Settings.load("router", environ=env).log_level == "debug"
    assert Settings.load("intake", environ=env).log_level == "warning"
    assert Settings.load(environ=env).log_level == "warning"


def test_every_stage_may_have_a_database_of_its_own_and_a_role_for_reading() -> None:
    env = {
        "CRITSIT_DATABASE_URL": "postgresql://all/x",
        "INTAKE_DATABASE_URL": "postgresql://intake/x",
        "NOTIFIER_READS_INTAKE": "postgresql://reader@intake/x",
    }
    settings = Settings.load("notifier", environ=env)
    assert settings.url_of("notifier") == "postgresql://all/x"
    assert settings.url_of("intake") == "postgresql://intake/x"
    assert settings.url_of("intake", reader="notifier") == "postgresql://reader@intake/x"
    assert settings.url_of("intake", reader="router") == "postgresql://intake/x"


def test_without_a_database_the_error_says_which_variable_is_missing() -> None:
    with pytest.raises(SettingsError, match="CRITSIT_DATABASE_URL"):
        Settings.load(environ={}).url_of("intake")
    assert Settings.load(environ={}).with_database("postgresql://y/z").url_of("intake") == "postgresql://y/z"


def test_a_secret_is_never_printed() -> None:
    settings = Settings.load(
        environ={
            "CRITSIT_ADMIN_KEY": "hush-hush", "CRITSIT_DATABASE_URL": "postgresql://u:hush-hush@h/d",
            "CRITSIT_WEBHOOK_SECRETS": "hush-hush,hush-hush2", "INTAKE_DATABASE_URL": "postgresql://u:hush-hush@h/d",
        }
    )  # fmt: skip
    assert "hush" not in repr(settings)
    assert "hush" not in settings.model_dump_json()
    assert settings.secret("admin_key") == "hush-hush"
    assert [s.get_secret_value() for s in settings.webhook_secrets] == ["hush-hush", "hush-hush2"]


def test_a_wrong_value_is_told_with_its_variable_and_without_the_value() -> None:
    with pytest.raises(SettingsError, match="CRITSIT_SMTP_PORT") as told:
        Settings.load(environ={"CRITSIT_SMTP_PORT": "hush"})
    assert "hush" not in str(told.value)


def test_a_file_gives_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "critsit.toml"
    file.write_text('log_level = "error"\nkafka = "k:9092"\n[intake]\nport = 9001\ndatabase_url = "postgresql://i/i"\n')
    env = {"CRITSIT_CONFIG": str(file), "CRITSIT_KAFKA": "other:9092"}
    settings = Settings.load("intake", environ=env)
    assert (settings.log_level, settings.kafka, settings.port) == ("error", "other:9092", 9001)
    assert settings.url_of("intake") == "postgresql://i/i"
    assert Settings.load("router", environ=env).port is None


def test_an_unknown_key_in_the_file_is_told_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "critsit.toml"
    file.write_text('colour = "red"\n')
    with pytest.raises(SettingsError, match=r"colour in .*critsit\.toml"):
        Settings.load(environ={"CRITSIT_CONFIG": str(file)})
    with pytest.raises(SettingsError, match="can't be read"):
        Settings.load(environ={"CRITSIT_CONFIG": str(tmp_path / "none.toml")})


def test_the_command_line_stands_over_everything() -> None:
    assert Settings.load(environ={"CRITSIT_PORT": "1"}, port=2, host=None).port == 2


def test_settings_are_made_by_keywords_and_then_nothing_of_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRITSIT_KAFKA", "elsewhere:9092")
    settings = Settings(database_url="postgresql://u@h/d", admin_key="k")  # type: ignore[arg-type]
    assert settings.kafka is None
    assert settings.url_of("router") == "postgresql://u@h/d"
    assert settings.secret("admin_key") == "k"
    assert settings.page_step_seconds == 60


def test_a_stages_settings_are_its_own_over_the_common_ones() -> None:
    env = {"CRITSIT_PAGE_STEP_SECONDS": "30", "NOTIFIER_PAGE_STEP_SECONDS": "5", "CRITSIT_TWILIO_SMS_FROM": "+15550100"}
    together = Settings.load(environ=env)
    for stage, seconds in (("notifier", 5), ("intake", 30)):
        for settings in (Settings.load(stage, env), together.of(stage)):
            assert settings.page_step_seconds == seconds
            assert settings.twilio_sms_from == "+15550100"
    assert together.page_step_seconds == 30


def test_in_one_process_a_stage_is_told_what_it_is_told_alone(tmp_path: Path) -> None:
    file = tmp_path / "critsit.toml"
    file.write_text(
        'keep_days = 90\n[notifier]\nsmtp_host = "file"\nkeep_days = 100\ndatabase_url = "postgresql://n/n"\n'
        "[escalation]\nkeep_days = 110\n"
    )
    env = {
        "CRITSIT_CONFIG": str(file), "NOTIFIER_SMTP_HOST": "mail", "NOTIFIER_SMTP_PASSWORD": "hush-hush",
        "CRITSIT_ACCEPT_QUEUE": "7", "ROUTER_READS_INTAKE": "postgresql://r@i/i",
    }  # fmt: skip
    together = Settings.load(environ=env)
    assert "hush" not in repr(together) + together.model_dump_json()
    for stage in STAGES:
        alone = Settings.load(stage, env)
        assert together.of(stage).model_dump(exclude={"own"}) == alone.model_dump(exclude={"own"})
    assert together.of("notifier").smtp_host == "mail"
    assert together.with_database("postgresql://all/x").of("router").url_of("router") == "postgresql://all/x"
    file.write_text('[escalation]\nkeep_days = 1\nsmtp_password = ["hush-hush"]\n')
    with pytest.raises(SettingsError, match=r"escalation\.keep_days in .*critsit\.toml: has to be 60") as told:
        Settings.load(environ=env)
    assert "escalation.smtp_password in " in str(told.value)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("variable", ["CRITSIT_DATABASE_URL", "INTAKE_DATABASE_URL", "NOTIFIER_READS_INTAKE"])
def test_a_password_with_an_at_sign_that_is_not_escaped_is_a_sentence_without_it(variable: str) -> None:
    env = {"CRITSIT_DATABASE_URL": "postgresql://u@h/d"} | {variable: "postgresql://u:hush@hush@h/d"}
    with pytest.raises(SettingsError, match="is no address") as told:
        Settings.load("notifier", env).url_of("intake", reader="notifier")
    assert "hush" not in str(told.value)


def test_what_stands_for_a_stage_alone_is_heeded_where_it_is_built_with_the_others() -> None:
    env = {"CRITSIT_DATABASE_URL": "postgresql://u@h/d", "NOTIFIER_MAILBOX": "false"}
    with pytest.raises(SettingsError, match="nobody could be paged"):
        build(STAGES, Settings.load(environ=env), Surroundings(HandMoved(datetime(2026, 2, 4, tzinfo=UTC))))


@pytest.mark.parametrize("servers", ["bogus:port", "a:9092,", "a:0", "a:70000", "a b:9092", "kafka://a:9092", ":9092"])
def test_servers_of_kafka_that_are_none_are_told(servers: str) -> None:
    with pytest.raises(SettingsError, match=r"^CRITSIT_KAFKA: has to be host:port"):
        Settings.load(environ={"CRITSIT_KAFKA": servers})


@pytest.mark.parametrize("servers", ["a", "a:9092, b:9093", "[::1]:9092,10.0.0.1:9092", "[::1]", "kafka-0.kafka:9092"])
def test_servers_of_kafka_are_names_or_addresses(servers: str) -> None:
    assert Settings.load(environ={"CRITSIT_KAFKA": servers}).kafka == servers


@pytest.mark.parametrize("key", ["hush hush", " hush", "hush\r", "hüsh", "hush" * 129])
def test_an_admin_key_that_no_header_can_carry_locks_nobody_out_but_is_told(key: str) -> None:
    with pytest.raises(SettingsError, match=r"^CRITSIT_ADMIN_KEY: ") as told:
        Settings.load(environ={"CRITSIT_ADMIN_KEY": key})
    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    "line", ["port = true", "rate_limit = true", "keep_days = false", 'data = ""', 'host = ""', 'admin_key = ""']
)
def test_what_the_file_has_in_another_kind_is_not_taken_for_a_value(tmp_path: Path, line: str) -> None:
    file = tmp_path / "critsit.toml"
    file.write_text(f"{line}\nkafka_tls = true\nmailbox = true\n")
    with pytest.raises(SettingsError, match=rf"^{line.split()[0]} in .*critsit\.toml: "):
        Settings.load(environ={"CRITSIT_CONFIG": str(file)})


async def _keep(entry: MailboxEntry) -> None:
    raise AssertionError(entry)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_CA_FILE", "/nope.pem"), ("SMTP_CA_FILE", __file__), ("SMTP_FROM", "not an address"), ("SMTP_FROM", "a@"),
        ("SMTP_FROM", "critsit"), ("SMTP_FROM", "A <a@b.example>"), ("SMTP_FROM", "a@b.example\n"), ("WEBHOOK_SECRETS", "x"),
    ],
)  # fmt: skip
def test_what_no_page_could_leave_by_stops_the_start_with_its_name(name: str, value: str) -> None:
    env = {"CRITSIT_SMTP_HOST": "mail", "CRITSIT_SMTP_FROM": "critsit@provider.example"}
    assert set(channels_of(Settings.load(environ=env), _keep)) == {"mailbox", "email"}
    with pytest.raises(SettingsError, match=f"^CRITSIT_{name}[: ]"):
        channels_of(Settings.load(environ=env | {f"CRITSIT_{name}": value}), _keep)
