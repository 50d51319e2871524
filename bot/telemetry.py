"""Traces and error reports for whoever collects them. The packages are extras, imported only when configured.

What leaves here are kinds, references and stack traces without variables: no token, text or e-mail address.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any, Final

from bot.errors import SettingsError
from bot.settings import Settings

_SERVICE: Final = "inbox-bridge"
_sentry: ModuleType | None = None
_tracer: Any = None
_provider: Any = None


def start(settings: Settings) -> None:
    """Once per process. Raises `SettingsError` when an extra is configured and not installed, or wrong."""
    if settings.sentry_dsn is not None:
        _start_sentry(settings.sentry_dsn.get_secret_value())
    if settings.otel_exporter_otlp_endpoint is not None:
        _start_traces(settings.otel_exporter_otlp_endpoint)


def stop() -> None:
    """Send what is still here."""
    global _sentry, _tracer, _provider
    if _sentry is not None:
        _sentry.flush(2.0)
    if _provider is not None:
        _provider.shutdown()
    _sentry = _tracer = _provider = None


def report(error: BaseException, **tags: str) -> None:
    """An error that nobody expected."""
    if _sentry is not None:
        with _sentry.new_scope() as scope:
            scope.set_tags(tags)
            scope.capture_exception(error)


def span(name: str, **attributes: str) -> AbstractContextManager[object]:
    """A stretch of work, for the trace."""
    if _tracer is None:
        return nullcontext()
    found: AbstractContextManager[object] = _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False
    )
    return found


def _start_sentry(dsn: str) -> None:
    global _sentry
    try:
        import sentry_sdk
    except ImportError as error:
        raise SettingsError("SENTRY_DSN is set, but sentry-sdk is missing: pip install sentry-sdk.") from error
    try:
        sentry_sdk.init(
            dsn,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            default_integrations=False,
            before_send=_without_words,
        )
    except ValueError as error:
        raise SettingsError("SENTRY_DSN is wrong: copy it from the project's Client Keys in Sentry.") from error
    _sentry = sentry_sdk


def _without_words(event: Any, _: object) -> Any:
    """An exception's own text may quote what somebody wrote: its class and place say enough."""
    for one in event.get("exception", {}).get("values", []):
        one["value"] = ""
    return event


def _start_traces(endpoint: str) -> None:
    global _tracer, _provider
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is missing: "
            "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http."
        ) from error
    _provider = TracerProvider(resource=Resource.create({"service.name": _SERVICE}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    _tracer = _provider.get_tracer(_SERVICE)
