import io.opentelemetry.instrumentation.logback.appender.v1_0.OpenTelemetryAppender;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/** Sends two audit events with SLF4J and Logback. */
public class Send {
  static final AtomicBoolean failed = new AtomicBoolean();

  public static void main(String[] args) {
    // The SDK reads OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL, _HEADERS and so on itself.
    var otel = AutoConfiguredOpenTelemetrySdk.builder()
        .addPropertiesSupplier(() -> Map.of("otel.traces.exporter", "none", "otel.metrics.exporter", "none"))
        .addLogRecordExporterCustomizer((exporter, config) -> new Watched(exporter))
        .build().getOpenTelemetrySdk();
    OpenTelemetryAppender.install(otel);
    var audit = LoggerFactory.getLogger("audit");

    audit.atInfo()
        .addKeyValue("user.name", "ana").addKeyValue("user.roles", List.of("admin", "analyst"))
        .addKeyValue("audit.area", "Data Security").addKeyValue("audit.action", "rule.update")
        .addKeyValue("audit.entity.type", "rule").addKeyValue("audit.entity.id", "rule-17")
        .addKeyValue("http.request.method", "PUT").addKeyValue("http.response.status_code", 200)
        .addKeyValue("duration", Duration.ofMillis(842)).addKeyValue("client.address", "203.0.113.7")
        .addKeyValue("http.request.body", """
            {"name": "card-numbers", "source": {"host": "db1", "password": "open-sesame-4711"}}""")
        .log("Rule updated");
    audit.atWarn()
        .addKeyValue("user.name", "ana").addKeyValue("user.roles", List.of("admin"))
        .addKeyValue("impersonator.name", "sam").addKeyValue("impersonation.reason", "ticket 4711")
        .addKeyValue("audit.area", "Users").addKeyValue("audit.action", "user.delete")
        .addKeyValue("audit.entity.type", "user").addKeyValue("audit.entity.id", "ben")
        .addKeyValue("audit.outcome", "denied").addKeyValue("duration", Duration.ofMillis(1240))
        .addKeyValue("client.address", "203.0.113.7")
        .log("User not deleted");

    // The SDK's batch processor sends in the background, and drops events when
    // its queue is full. Shutdown sends the rest; call it before the program ends.
    otel.shutdown().join(30, TimeUnit.SECONDS);
    if (failed.get()) {
      System.err.println("audit events were not sent");
    }
    System.exit(failed.get() ? 1 : 0);
  }

  /** Remembers whether an export failed. */
  record Watched(LogRecordExporter exporter) implements LogRecordExporter {
    public CompletableResultCode export(Collection<LogRecordData> logs) {
      var result = exporter.export(logs);
      return result.whenComplete(() -> failed.compareAndSet(false, !result.isSuccess()));
    }
    public CompletableResultCode flush() { return exporter.flush(); }
    public CompletableResultCode shutdown() { return exporter.shutdown(); }
  }
}
