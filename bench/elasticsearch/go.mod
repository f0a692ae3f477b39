module github.com/auditlog/auditlog/bench/elasticsearch

go 1.26.0

require (
	github.com/auditlog/auditlog v0.0.0
	github.com/klauspost/compress v1.20.0
)

require (
	github.com/stretchr/testify v1.12.1 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.57.0 // indirect
)

replace github.com/auditlog/auditlog => ../..
