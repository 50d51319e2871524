"""The settings, read once from the environment and `.env`; a mistake becomes one sentence that names the variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError
from bot.redis_url import check_url

_CHANNEL: Final = re.compile(r"(?:https://\S+/(?:archives|client/[TE][A-Z0-9]+)/)?([CG][A-Z0-9]{2,})(?:[/?#]\S*)?")
_PERSON: Final = re.compile(r"(?:https://\S+/team/|<@)?([UW][A-Z0-9]+)(?:\|[^>]*)?>?")
_BOT_TOKEN: Final = "the bot token (xoxb-…) from your Slack app's OAuth & Permissions page"  # noqa: S105 - where it is
_APP_TOKEN: Final = "the app-level token (xapp-…) from your Slack app's Basic Information page"  # noqa: S105 - where it is
_WHERE: Final = {
    "SLACK_BOT_TOKEN": f"copy {_BOT_TOKEN}.",
    "SLACK_SIGNING_SECRET": (
        "copy it from your Slack app's Basic Information page, or set SLACK_APP_TOKEN to use Socket Mode."
    ),
    "INBOX_API_TOKEN": "make one in Inbox under Settings → API → New API token.",
}


class Settings(BaseSettings):
    """One field per environment variable (the same name in upper case). Secrets never show in `repr`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True)

    slack_bot_token: SecretStr
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = Field(default=None, validate_default=True)
    slack_api_base_url: str = "https://slack.com/api/"
    inbox_api_token: SecretStr
    inbox_api_base_url: str = "https://inboxapp.com/api"
    inbox_api_version: Literal["auto", "v1", "v2"] = "auto"
    inbox_webhook_secret: SecretStr | None = None
    inbox_account_link_id: str | None = None
    notify_channel: str | None = None
    redis_url: SecretStr | None = None
    bot_data_dir: Path = Path(".data")
    bot_data_sync: Literal["always", "everysec"] = "always"
    metrics_token: SecretStr | None = None
    audit_days: int = Field(default=90, ge=1, le=3650)
    conversation_days: int = Field(default=365, ge=8, le=3650)
    bot_admins: Annotated[tuple[str, ...], NoDecode] = ()
    host: str = "0.0.0.0"  # noqa: S104  # pinned default: a container must be reachable
    port: int = Field(default=3000, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    sentry_dsn: SecretStr | None = None
    otel_exporter_otlp_endpoint: str | None = None
    no_proxy: str | None = None
    https_proxy: SecretStr | None = None  # secret, as a password may be in it
    http_proxy: SecretStr | None = None
    all_proxy: SecretStr | None = Field(default=None, validate_default=True)  # last: checked with the others
    ssl_cert_file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`docker --env-file` keeps quotes, and a file from Windows ends its lines in CR: both go."""
        bare = {name: _bared(value) if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in bare.items() if value != ""}

    @field_validator("bot_admins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(filter(None, (part.strip(" \t\"'") for part in value.split(","))))

    @field_validator("bot_admins")
    @classmethod
    def _are_people(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Their ids, also from a mention or from the link of a profile."""
        found = [_PERSON.fullmatch(one) for one in value]
        if not all(found):
            raise ValueError(
                "it must be members' ids (U…), separated by commas, which each copies from their profile in Slack: "
                "⋮ → Copy member ID"
            )
        return tuple(one[1] for one in found if one)

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("slack_api_base_url", "inbox_api_base_url", "otel_exporter_otlp_endpoint")
    @classmethod
    def _is_a_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        if set(value) & {"?", "#"}:
            raise ValueError("must end in the path, as in https://host/path: leave out ? or # and what follows it")
        parts = urlsplit(value)
        if parts.port == 0 or not parts.hostname or not value.isascii() or any(one.isspace() for one in value):
            raise ValueError("must name a host, as in https://host/path")
        return value

    @field_validator("slack_api_base_url")
    @classmethod
    def _ends_in_a_slash(cls, value: str) -> str:
        return value.rstrip("/") + "/"

    @field_validator("slack_bot_token", "inbox_api_token", "slack_app_token", "slack_signing_secret", "metrics_token")
    @classmethod
    def _is_one_word(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and (
            not (word := value.get_secret_value()).isascii() or not word.isprintable() or " " in word
        ):
            raise ValueError("must be one word without spaces or line breaks")
        return value

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _is_its_own_kind(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        word = value.get_secret_value() if value else ""
        if info.field_name == "slack_bot_token" and word.startswith("xapp-"):
            raise ValueError(f"it holds what belongs into SLACK_APP_TOKEN, and wants {_BOT_TOKEN}")
        if info.field_name == "slack_app_token" and word.startswith("xox"):
            raise ValueError(f"it holds what belongs into SLACK_BOT_TOKEN, and wants {_APP_TOKEN}")
        return value

    @field_validator("slack_signing_secret")
    @classmethod
    def _http_needs_it(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("slack_app_token", ...) is None:
            raise PydanticCustomError("missing", "")
        return value

    @field_validator("notify_channel")
    @classmethod
    def _is_a_channel(cls, value: str | None) -> str | None:
        """The id, also from the channel's link."""
        found = channel_of(value) if value else None
        if value and not found:
            raise ValueError(
                "it must be a channel's id (C…), which stands at the very bottom of the channel's details in Slack, or "
                "the channel's link"
            )
        return found

    @field_validator("redis_url")
    @classmethod
    def _names_a_redis(cls, value: SecretStr | None) -> SecretStr | None:
        with _as_said():
            if value:
                check_url(value.get_secret_value())
        return value

    @field_validator("all_proxy")
    @classmethod
    def _is_a_way_out(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Of the proxies those that are used: the environment may name others for other programs."""
        named = [info.data.get("http_proxy"), info.data.get("https_proxy"), value]
        if any(named):
            from bot.network import Network  # not before it is needed: it imports what TLS needs

            http, https, rest = (one.get_secret_value() if one else "" for one in named)
            ways = Network(http, https, rest, info.data.get("no_proxy") or "")
            with _as_said():
                for name in ("slack_api_base_url", "inbox_api_base_url"):
                    ways.proxy(info.data.get(name, ""))
        return value

    @field_validator("ssl_cert_file")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        if value:
            from bot.network import Network

            with _as_said():
                Network(certificates=value).tls()
        return value

    @property
    def socket_mode(self) -> bool:
        return self.slack_app_token is not None


def channel_of(named: str) -> str | None:
    """The channel's id, where `named` is that or the channel's link."""
    found = _CHANNEL.fullmatch(named)
    return found[1] if found else None


@contextmanager
def _as_said() -> Iterator[None]:
    """A `SettingsError` becomes one mistake beside the others, in its own words."""
    try:
        yield
    except SettingsError as error:
        raise PydanticCustomError("said", "{words}", {"words": str(error)}) from None


def load() -> Settings:
    """The settings from the environment and `.env`. Raises `SettingsError` with a line, one sentence, a mistake."""
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        raise SettingsError("\n".join(map(_sentence, error.errors(include_input=False, include_url=False)))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read ({error}): it must be UTF-8 text that the bot may read.") from None


def _sentence(mistake: ErrorDetails) -> str:
    name = str(mistake["loc"][0]).upper()
    if mistake["type"] == "said":
        return mistake["msg"]
    if mistake["type"] == "missing":
        return f"{name} is not set: {_WHERE[name]}"
    return f"{name} is wrong: {mistake['msg'].removeprefix('Value error, ')}; see .env.example."


def _bared(value: str) -> str:
    bare = value.strip()
    return bare[1:-1].strip() if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" else bare
