// Sends two audit events with OpenTelemetry's own log API.
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPLogExporter as GRPC } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as HTTP } from '@opentelemetry/exporter-logs-otlp-proto';
import { defaultResource, detectResources, envDetector } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';

// The exporters read OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS and so on themselves.
const exporter = process.env.OTEL_EXPORTER_OTLP_PROTOCOL === 'grpc' ? new GRPC() : new HTTP();
const provider = new LoggerProvider({
  resource: defaultResource().merge(detectResources({ detectors: [envDetector] })),
  processors: [new BatchLogRecordProcessor({ exporter })],
});
// The batch processor sends in the background, and drops events when its queue
// is full: await provider.forceFlush() where an event must be on auditlog's disk
// before the work goes on. Failed exports arrive here.
setGlobalErrorHandler((error) => {
  console.error('audit events were not sent:', error);
  process.exitCode = 1;
});
const audit = provider.getLogger('audit');

audit.emit({
  eventName: 'rule.update',
  body: 'Rule updated',
  attributes: {
    'user.name': 'ana', 'user.roles': ['admin', 'analyst'],
    'audit.area': 'Data Security', 'http.request.method': 'PUT',
    'audit.entity.type': 'rule', 'audit.entity.id': 'rule-17',
    'http.response.status_code': 200, duration_ms: 842, 'client.address': '203.0.113.7',
    'http.request.body': { name: 'card-numbers', source: { host: 'db1', password: 'open-sesame-4711' } },
  },
});
audit.emit({
  eventName: 'user.delete',
  body: 'User not deleted',
  attributes: {
    'user.name': 'ana', 'user.roles': ['admin'],
    'impersonator.name': 'sam', 'impersonation.reason': 'ticket 4711',
    'audit.area': 'Users', 'audit.entity.type': 'user', 'audit.entity.id': 'ben',
    'audit.outcome': 'denied', duration_ms: 1240, 'client.address': '203.0.113.7',
  },
});

// Sends the rest and closes the connection.
await provider.shutdown();
