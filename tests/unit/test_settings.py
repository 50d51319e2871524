"""A mistake in the settings is one sentence that names the variable; a secret never shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load
from bot.store.connect import connect

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "5ec4e7", "INBOX_API_TOKEN": "ibt_1"}


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment with what is required and nothing else, in a directory without a `.env`."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def sentence(env: pytest.MonkeyPatch, **wrong: str | None) -> str:
    """What the operator reads about these settings."""
    for name, value in wrong.items():
        if value is None:
            env.delenv(name)
        else:
            env.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        load()
    return str(error.value)


def test_what_is_required_is_enough(env: pytest.MonkeyPatch) -> None:
    settings = load()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert (settings.slack_api_base_url, settings.inbox_api_base_url) == (
        "https://slack.com/api/",
        "https://inboxapp.com/api",
    )
    assert (settings.host, settings.port, settings.log_level, settings.log_format) == (
        "0.0.0.0",
        3000,
        "INFO",
        "console",
    )
    assert (settings.inbox_api_version, settings.bot_data_dir, settings.bot_admins) == ("auto", Path(".data"), ())
    unset = (settings.redis_url, settings.notify_channel, settings.inbox_webhook_secret, settings.inbox_account_link_id)
    assert set(unset) == {None}
    assert not settings.socket_mode


MISTAKES: list[tuple[str, str | None]] = [
    ("SLACK_BOT_TOKEN", None),
    ("SLACK_BOT_TOKEN", ""),
    ("SLACK_BOT_TOKEN", "xoxb two"),
    ("SLACK_BOT_TOKEN", "xoxb-\n1"),
    ("SLACK_SIGNING_SECRET", None),
    ("SLACK_SIGNING_SECRET", "sécret"),
    ("SLACK_APP_TOKEN", "xapp 1"),
    ("SLACK_BOT_TOKEN", "xapp-1-A1"),
    ("SLACK_APP_TOKEN", "xoxb-1-2"),
    ("NOTIFY_CHANNEL", "#support"),
    ("NOTIFY_CHANNEL", "support"),
    ("NOTIFY_CHANNEL", "U0SARAH"),
    ("NOTIFY_CHANNEL", "https://acme.slack.com/team/U0SARAH"),
    ("SLACK_API_BASE_URL", "slack.com/api"),
    ("INBOX_API_TOKEN", None),
    ("INBOX_API_TOKEN", "two words"),
    ("INBOX_API_BASE_URL", "ftp://inboxapp.com"),
    ("INBOX_API_BASE_URL", "https://"),
    ("INBOX_API_BASE_URL", "http://[::1"),
    ("SLACK_API_BASE_URL", "https://slack .com/api"),
    ("SLACK_API_BASE_URL", "https://slack.com/api/?team=T1"),
    ("INBOX_API_BASE_URL", "https://inboxapp.com/api?x=1"),
    ("INBOX_API_BASE_URL", "https://inboxapp.com/api/v2#team"),
    ("INBOX_API_BASE_URL", "https://inboxapp.com:99999/api"),
    ("INBOX_API_BASE_URL", "https://inboxapp.com:https/api"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
    ("BOT_ADMINS", "@ana"),
    ("BOT_ADMINS", "ana@acme.example"),
    ("BOT_ADMINS", "U1 U2"),
    ("BOT_ADMINS", "u0ana"),
    ("BOT_ADMINS", "U1;U2"),
    ("BOT_ADMINS", "C0SUPPORT"),
    ("BOT_ADMINS", "U1,Bo Smith"),
    ("BOT_ADMINS", "<!subteam^S0LEADS>"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "redis://localhost/?event_dispatcher=x"),
    ("HTTPS_PROXY", "socks5://127.0.0.1:1080"),
    ("ALL_PROXY", "nonsense://x"),
    ("SSL_CERT_FILE", "/nowhere/authorities.pem"),
    ("INBOX_API_VERSION", "v3"),
    ("PORT", "http"),
    ("PORT", "70000"),
    ("PORT", "-1"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
]


@pytest.mark.parametrize(("name", "value"), MISTAKES)
def test_each_mistake_is_one_sentence_that_names_the_variable(
    env: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    words = sentence(env, **{name: value})
    assert words.startswith(f"{name} is {'wrong' if value else 'not set'}: ")
    assert words.endswith(".")
    assert "\n" not in words
    assert "validation error" not in words


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, value in MISTAKES if value and "TOKEN" in name])
def test_a_wrong_secret_is_not_repeated(env: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert value not in sentence(env, **{name: value})


def test_the_sentence_says_where_to_find_what_is_missing(env: pytest.MonkeyPatch) -> None:
    assert "OAuth & Permissions" in sentence(env, SLACK_BOT_TOKEN=None)
    env.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert "Basic Information" in sentence(env, SLACK_SIGNING_SECRET=None)
    env.setenv("SLACK_SIGNING_SECRET", "s")
    assert "Settings → API" in sentence(env, INBOX_API_TOKEN=None)


def test_every_mistake_is_named_in_a_sentence_of_its_own(env: pytest.MonkeyPatch) -> None:
    words = sentence(
        env, SLACK_BOT_TOKEN=None, SLACK_SIGNING_SECRET=None, INBOX_API_TOKEN=None, NOTIFY_CHANNEL="#x", PORT="x"
    )
    named = [line.split()[0] for line in words.splitlines()]
    assert named == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "INBOX_API_TOKEN", "NOTIFY_CHANNEL", "PORT"]


def test_what_redis_and_the_way_out_need_is_looked_at_with_all_the_rest(env: pytest.MonkeyPatch) -> None:
    words = sentence(
        env, REDIS_URL="redis://h?x=1", BOT_ADMINS="@ana", PORT="x", HTTPS_PROXY="http://", SSL_CERT_FILE="/nowhere"
    )
    named = [line.split()[0] for line in words.splitlines()]
    assert named == ["REDIS_URL", "BOT_ADMINS", "PORT", "HTTPS_PROXY", "SSL_CERT_FILE"]


def test_a_proxy_that_is_for_others_is_none_of_our_business(env: pytest.MonkeyPatch) -> None:
    env.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    env.setenv("HTTPS_PROXY", "proxy.example.com:3128")
    assert load().all_proxy is not None
    env.delenv("HTTPS_PROXY")
    env.setenv("NO_PROXY", "slack.com, inboxapp.com")
    assert load().all_proxy is not None
    assert sentence(env, NO_PROXY="slack.com").startswith("ALL_PROXY is wrong: ")


@pytest.mark.parametrize(
    ("pasted", "people"),
    [
        ("<@U0ANA|ana>", ("U0ANA",)),
        ("<@U0ANA>,W0BO", ("U0ANA", "W0BO")),
        ('"U1","U2"', ("U1", "U2")),
        ("'U1', 'U2',", ("U1", "U2")),
        ("https://acme.slack.com/team/U0ANA", ("U0ANA",)),
    ],
)
def test_an_admin_is_an_id_a_mention_or_the_link_of_a_profile(
    env: pytest.MonkeyPatch, pasted: str, people: tuple[str, ...]
) -> None:
    env.setenv("BOT_ADMINS", pasted)
    assert load().bot_admins == people


def test_swapped_tokens_are_told_where_they_belong(env: pytest.MonkeyPatch) -> None:
    bot, app = sentence(env, SLACK_BOT_TOKEN="xapp-1", SLACK_APP_TOKEN="xoxb-1").splitlines()
    assert "belongs into SLACK_APP_TOKEN" in bot
    assert "OAuth & Permissions" in bot
    assert "belongs into SLACK_BOT_TOKEN" in app
    assert "Basic Information" in app


@pytest.mark.parametrize(
    "pasted",
    [
        "C0SUPPORT",
        "https://acme.slack.com/archives/C0SUPPORT",
        "https://acme.slack.com/archives/C0SUPPORT/p1700000000000100?thread_ts=1.2",
        "https://acme.enterprise.slack.com/archives/C0SUPPORT",
        "https://app.slack.com/client/T0ACME/C0SUPPORT",
    ],
)
def test_the_channel_is_its_id_or_its_link(env: pytest.MonkeyPatch, pasted: str) -> None:
    env.setenv("NOTIFY_CHANNEL", pasted)
    assert load().notify_channel == "C0SUPPORT"


def test_a_channel_s_name_is_told_where_the_id_stands(env: pytest.MonkeyPatch) -> None:
    assert "bottom of the channel's details" in sentence(env, NOTIFY_CHANNEL="#support")


@pytest.mark.parametrize("around", ["'{}'", '"{}"', "{}\r", " {} ", '"{}"\r'])
def test_quotes_and_line_ends_do_not_belong_to_a_value(env: pytest.MonkeyPatch, around: str) -> None:
    for name, value in {**GOOD, "PORT": "4000", "BOT_ADMINS": "U1,U2", "LOG_FORMAT": "json", "REDIS_URL": ""}.items():
        env.setenv(name, around.format(value))
    settings = load()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert (settings.port, settings.bot_admins, settings.log_format) == (4000, ("U1", "U2"), "json")
    assert settings.redis_url is None


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost",
        "redis://localhost:port",
        "redis+sentinel://host:26379",
        "redis+sentinel://h:x/m",
        "redis+sentinel://h/m/db",
        "redis+other://h/m",
        "redis://localhost/mydb",
        "redis://:12#3@localhost:6379",
        "redis://:12/3@localhost:6379",
        "redis://localhost?max_connections=-1",
        "unix://",
    ],
)
def test_a_redis_url_that_makes_no_sense_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^REDIS_URL is wrong: .*\.$"):
        connect(url)


@pytest.mark.parametrize("bytes_", [b"SLACK_BOT_TOKEN=\xff\xfe\n", "PORT=1\n".encode("utf-16")])
def test_an_env_file_that_is_no_text_is_named(env: pytest.MonkeyPatch, tmp_path: Path, bytes_: bytes) -> None:
    (tmp_path / ".env").write_bytes(bytes_)
    words = sentence(env)
    assert words.startswith(".env cannot be read")
    assert words.endswith(".")


def test_socket_mode_needs_no_signing_secret(env: pytest.MonkeyPatch) -> None:
    env.delenv("SLACK_SIGNING_SECRET")
    env.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert load().socket_mode


def test_secrets_are_absent_from_what_a_log_might_show(env: pytest.MonkeyPatch) -> None:
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-hidden",
        "SLACK_SIGNING_SECRET": "hidden-signing",
        "SLACK_APP_TOKEN": "xapp-hidden",
        "INBOX_API_TOKEN": "ibt_hidden",
        "INBOX_WEBHOOK_SECRET": "hidden-webhook",
        "REDIS_URL": "redis://:hidden@localhost",
    }
    for name, value in secrets.items():
        env.setenv(name, value)
    settings = load()
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hidden" not in shown
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == secrets["REDIS_URL"]


def test_the_environment_comes_before_the_file(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=4000\nLOG_FORMAT=json\nSOMETHING_ELSE=1\n")
    env.setenv("PORT", "5000")
    assert (load().port, load().log_format) == (5000, "json")


def test_an_empty_variable_is_an_unset_one(env: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields.keys() - {key.lower() for key in GOOD}:
        env.setenv(name.upper(), "")
    assert (load().port, load().redis_url, load().socket_mode) == (3000, None, False)


def test_what_people_write_differently_is_understood(env: pytest.MonkeyPatch) -> None:
    env.setenv("BOT_ADMINS", " U1, U2 ,,U3")
    env.setenv("LOG_LEVEL", "debug")
    env.setenv("SLACK_API_BASE_URL", "http://127.0.0.1:8000/api")
    settings = load()
    assert settings.bot_admins == ("U1", "U2", "U3")
    assert settings.log_level == "DEBUG"
    assert settings.slack_api_base_url == "http://127.0.0.1:8000/api/"
