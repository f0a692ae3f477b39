# What bench/run and bench/faults start: command_of sets program, and writes its
# configuration, for a case, a folder and the ports.

command_of() { # case, folder
	case $1 in
	floor) program=("$work/bin/floor" -listen "127.0.0.1:$grpc_port") ;;
	floor-fsync) program=("$work/bin/floor" -listen "127.0.0.1:$grpc_port" -fsync "$2/calls") ;;
	floor-es) program=("$work/bin/floor" -listen "127.0.0.1:$grpc_port" -fsync "$2/calls" -elasticsearch "http://127.0.0.1:$sink_port") ;;
	own-unredacted)
		stages_config "$2" | sed 's/, auditlog_redact, auditlog_duration\]/, auditlog_duration]/' >"$2/config.yaml"
		program=("$work/bin/stages" --config "$2/config.yaml")
		;;
	own-receive)
		stages_config "$2" | sed 's/, auditlog_normalize, auditlog_redact, auditlog_duration\]/]/' >"$2/config.yaml"
		program=("$work/bin/stages" --config "$2/config.yaml")
		;;
	own-stages)
		stages_config "$2" >"$2/config.yaml"
		program=("$work/bin/stages" --config "$2/config.yaml")
		;;
	own-*)
		own_config "$1" "$2" >"$2/config.yaml"
		program=("$work/bin/auditlog" --config "$2/config.yaml")
		;;
	*)
		mkdir -p "$2/queue"
		peer_config "$1" "$2" >"$2/config.yaml"
		program=("$work/bin/peer" --config "$2/config.yaml")
		;;
	esac
}

own_config() { # case, folder
	local elasticsearch=
	case $1 in
	own-es) elasticsearch="elasticsearch: {urls: [\"http://127.0.0.1:$sink_port\"]}" ;;
	own-es-gzip) elasticsearch="elasticsearch: {urls: [\"http://127.0.0.1:$sink_port\"], compression: gzip}" ;;
	esac
	cat <<-YAML
	receiver:
	  grpc: {endpoint: "127.0.0.1:$grpc_port"}
	  http: {endpoint: "127.0.0.1:$http_port"}
	store:
	  path: "$2/data"
	  $elasticsearch
	search: {endpoint: "127.0.0.1:$page_port"}
	telemetry: {metrics: {endpoint: ""}, health: {endpoint: ""}}
	YAML
}

stages_config() { # folder
	cat <<-YAML
	receivers:
	  auditlog:
	    store: auditlog_store
	    grpc: {endpoint: "127.0.0.1:$grpc_port"}
	    http: {endpoint: "127.0.0.1:$http_port"}
	processors:
	  memory_limiter: {check_interval: 1s, limit_mib: 2048, spike_limit_mib: 512}
	  auditlog_normalize: {}
	  auditlog_redact: {}
	  auditlog_duration: {}
	exporters: {nop: {}}
	extensions:
	  auditlog_store: {path: "$1/data"}
	service:
	  extensions: [auditlog_store]
	  telemetry: {metrics: {level: none}}
	  pipelines:
	    logs: {receivers: [auditlog], processors: [memory_limiter, auditlog_normalize, auditlog_redact, auditlog_duration], exporters: [nop]}
	YAML
}

# What the peer redacts. Go's regexp is fast only where a pattern begins with a
# literal: this is how a peer tuned for speed is set up. The same patterns as
# people write them first, with (?i), \b, .* or a class in front, cost four times
# as much (see peer/README.md).
peer_config() { # case, folder
	local processors="[memory_limiter, transform, redaction]" exporter=elasticsearch extensions= storage= fsync=false compression=gzip
	case $1 in
	peer-receive) processors="[]" exporter=nop ;;
	peer-stages) exporter=nop ;;
	peer-redact) processors="[memory_limiter, redaction]" exporter=nop ;;
	peer-queue) storage="storage: file_storage" ;;
	peer-fsync) storage="storage: file_storage" fsync=true ;;
	peer-fsync-plain) storage="storage: file_storage" fsync=true compression=none ;;
	esac
	[[ -z $storage ]] || extensions="extensions: [file_storage]"
	cat <<-YAML
	receivers:
	  otlp:
	    protocols:
	      grpc: {endpoint: "127.0.0.1:$grpc_port"}
	      http: {endpoint: "127.0.0.1:$http_port"}
	processors:
	  memory_limiter: {check_interval: 1s, limit_mib: 2048, spike_limit_mib: 512}
	  transform:
	    error_mode: ignore
	    log_statements:
	      - context: log
	        statements:
	          - set(log.attributes["user.name"], ToLowerCase(log.attributes["user.name"])) where log.attributes["user.name"] != nil
	          - set(log.attributes["user.email"], ToLowerCase(log.attributes["user.email"])) where log.attributes["user.email"] != nil
	          - set(log.attributes["http.request.method"], ToUpperCase(log.attributes["http.request.method"])) where log.attributes["http.request.method"] != nil
	          - set(log.cache["body"], ParseJSON(log.attributes["http.request.body"])) where IsString(log.attributes["http.request.body"])
	          - set(log.attributes["audit.request.id"], log.cache["body"]["id"]) where log.cache["body"]["id"] != nil
	          - set(log.attributes["audit.ticket"], log.cache["body"]["labels"]["ticket"]) where log.cache["body"]["labels"]["ticket"] != nil
	          - set(log.attributes["http.route"], log.attributes["url.path"])
	          - replace_pattern(log.attributes["http.route"], "/[0-9a-f]{8}-[0-9a-f-]{27}", "/{id}")
	          - set(log.attributes["audit.duration_ms"], Double(log.attributes["audit.duration"]) / 1000000.0) where log.attributes["audit.duration"] != nil
	          - set(log.attributes["audit.duration_text"], Concat([String(Int(log.attributes["audit.duration_ms"])), "ms"], "")) where log.attributes["audit.duration_ms"] != nil
	          - set(log.attributes["event.outcome"], "success") where log.attributes["http.response.status_code"] < 400
	          - set(log.attributes["event.outcome"], "failure") where log.attributes["http.response.status_code"] >= 400
	          - delete_key(log.attributes, "audit.duration")
	  redaction:
	    allow_all_keys: true
	    summary: silent
	    blocked_key_patterns: [password, passwd, secret, token, api_key, authorization, cookie]
	    blocked_values:
	      - '"(?i:password|passwd|secret|token|access_token|refresh_token|api_key)"\s*:\s*"[^"]*"'
	      - 'token=[^&\s"]+'
	      - 'eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}'
	      - 'gh[pousr]_[A-Za-z0-9]{36}'
	      - 'AKIA[0-9A-Z]{16}'
	      - 'Bearer [A-Za-z0-9._~+/-]+=*'
	      - '://[^/\s:@]+:[^/\s@]+@'
	      - '4[0-9]{12}(?:[0-9]{3})?'
	exporters:
	  nop: {}
	  elasticsearch:
	    endpoint: http://127.0.0.1:$sink_port
	    compression: $compression
	    sending_queue:
	      block_on_overflow: true
	      queue_size: 100
	      $storage
	      batch: {flush_timeout: 200ms}
	extensions:
	  file_storage: {directory: "$2/queue", fsync: $fsync}
	service:
	  $extensions
	  telemetry: {metrics: {level: none}}
	  pipelines:
	    logs: {receivers: [otlp], processors: $processors, exporters: [$exporter]}
	YAML
}
