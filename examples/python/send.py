"""Sends two audit events with the standard logging module."""

import logging
import os
import sys

from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExportResult, SimpleLogRecordProcessor

if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter


class Exporter(OTLPLogExporter):  # reads OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS and so on itself
    failed = False

    def export(self, batch):
        result = super().export(batch)
        Exporter.failed |= result is not LogRecordExportResult.SUCCESS
        return result


# The simple processor returns when the event is on auditlog's disk. The batch
# processor is faster, and drops events when its queue is full: with it, call
# provider.shutdown() before the program ends.
provider = LoggerProvider()
provider.add_log_record_processor(SimpleLogRecordProcessor(Exporter()))
audit = logging.getLogger("audit")
audit.setLevel(logging.INFO)
audit.addHandler(LoggingHandler(logger_provider=provider))

audit.info("Rule updated", extra={
    "user.name": "ana", "user.roles": ["admin", "analyst"],
    "audit.area": "Data Security", "audit.action": "rule.update", "http.request.method": "PUT",
    "audit.entity.type": "rule", "audit.entity.id": "rule-17",
    "http.response.status_code": 200, "duration_s": 0.842, "client.address": "203.0.113.7",
    "http.request.body": {"name": "card-numbers", "source": {"host": "db1", "password": "open-sesame-4711"}},
})
audit.warning("User not deleted", extra={
    "user.name": "ana", "user.roles": ["admin"],
    "impersonator.name": "sam", "impersonation.reason": "ticket 4711",
    "audit.area": "Users", "audit.action": "user.delete",
    "audit.entity.type": "user", "audit.entity.id": "ben",
    "audit.outcome": "denied", "duration_s": 1.24, "client.address": "203.0.113.7",
})

provider.shutdown()
sys.exit("audit events were not sent" if Exporter.failed else 0)
