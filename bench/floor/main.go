// floor is a gRPC server of OTLP logs that decodes calls and answers them: what no
// program written with this library can do without. With -fsync it writes the size
// of each call to a file, and answers when it is on disk; calls share what waits.
// With -elasticsearch too it writes the records as the lines of a bulk, compressed,
// and sends them to a cluster afterwards: they are what was sent, without identity,
// names in common, or anything redacted, and nothing is tried again.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"

	"github.com/klauspost/compress/gzip"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"google.golang.org/grpc"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4317", "`host:port` of OTLP/gRPC")
	path := flag.String("fsync", "", "`file` to write to, and to fsync, before a call is answered")
	cluster := flag.String("elasticsearch", "", "`URL` of what takes the records, with -fsync")
	flag.Parse()
	s := &server{}
	if *path != "" {
		f, err := os.Create(*path)
		if err != nil {
			log.Fatal(err)
		}
		s.calls = make(chan call)
		if *cluster != "" {
			s.packed = make(chan []byte, 1024)
			go s.ship(*cluster)
		}
		go s.commit(f)
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	g := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	plogotlp.RegisterGRPCServer(g, s)
	log.Fatal(g.Serve(l))
}

type call struct {
	data []byte
	done chan error
}

type server struct {
	plogotlp.UnimplementedGRPCServer
	calls  chan call   // nil: nothing is written
	packed chan []byte // on disk, and to be sent; nil: nothing is
}

// Export implements [plogotlp.GRPCServer].
func (s *server) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	if s.calls == nil {
		return plogotlp.NewExportResponse(), nil
	}
	c := call{done: make(chan error, 1)}
	if s.packed == nil {
		c.data = binary.BigEndian.AppendUint32(nil, uint32(request.Logs().LogRecordCount()))
	} else {
		c.data = pack(request.Logs())
	}
	s.calls <- c
	return plogotlp.NewExportResponse(), <-c.done
}

// commit writes what waits together, with one fsync.
func (s *server) commit(f *os.File) {
	for first := range s.calls {
		group := []call{first}
		for waiting := true; waiting; {
			select {
			case c := <-s.calls:
				group = append(group, c)
			default:
				waiting = false
			}
		}
		var b []byte
		for _, c := range group {
			b = append(b, c.data...)
		}
		_, err := f.Write(b)
		if err == nil {
			err = f.Sync()
		}
		for _, c := range group {
			c.done <- err
		}
		if s.packed != nil {
			s.packed <- b
		}
	}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}
var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		log.Fatal(err)
	}
	return w
}}

// pack returns records as compressed lines of a bulk.
func pack(logs plog.Logs) []byte {
	lines := buffers.Get().(*[]byte)
	defer buffers.Put(lines)
	b := (*lines)[:0]
	for _, resource := range logs.ResourceLogs().All() {
		service, _ := resource.Resource().Attributes().Get("service.name")
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				b = append(b, "{\"create\":{\"_index\":\"logs\"}}\n{\"@timestamp\":"...)
				b = strconv.AppendInt(b, int64(record.Timestamp()), 10)
				b = append(b, `,"service.name":`...)
				b = appendValue(b, service)
				b = append(b, `,"message":`...)
				b = appendValue(b, record.Body())
				for name, v := range record.Attributes().All() {
					b = append(appendString(append(b, ','), name), ':')
					b = appendValue(b, v)
				}
				b = append(b, "}\n"...)
			}
		}
	}
	*lines = b
	var packed bytes.Buffer
	packed.Grow(len(b) / 3)
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&packed)
	if _, err := w.Write(b); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return packed.Bytes()
}

func appendValue(b []byte, v pcommon.Value) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return appendString(b, v.Str())
	case pcommon.ValueTypeInt:
		return strconv.AppendInt(b, v.Int(), 10)
	case pcommon.ValueTypeBool:
		return strconv.AppendBool(b, v.Bool())
	case pcommon.ValueTypeSlice:
		b = append(b, '[')
		for i, item := range v.Slice().All() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, item)
		}
		return append(b, ']')
	default: // none in the records of the generator
		return appendString(b, v.AsString())
	}
}

// appendString appends valid UTF-8 as JSON.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(append(b, s[start:i]...), '\\')
			start = i
		case c < ' ':
			b = fmt.Appendf(append(b, s[start:i]...), `\u%04x`, c)
			start = i + 1
		}
	}
	return append(append(b, s[start:]...), '"')
}

// ship sends what is on disk, four bulks at a time.
func (s *server) ship(cluster string) {
	const workers, most = 4, 1 << 20 // bytes, compressed
	for range workers {
		go func() {
			for b := range s.packed {
				for waiting := true; waiting && len(b) < most; {
					select {
					case more := <-s.packed:
						b = append(b, more...)
					default:
						waiting = false
					}
				}
				if err := send(cluster, b); err != nil {
					log.Fatal(err)
				}
			}
		}()
	}
}

func send(cluster string, packed []byte) error {
	request, err := http.NewRequest(http.MethodPost, cluster+"/_bulk", bytes.NewReader(packed))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Content-Encoding", "gzip")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || bytes.Contains(answer, []byte(`"errors":true`)) {
		return fmt.Errorf("%s: %s", response.Status, answer[:min(len(answer), 500)])
	}
	return nil
}
