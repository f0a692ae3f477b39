// floor is a gRPC server of OTLP logs that decodes calls and answers them: what no
// program written with this library can do without. With -fsync it writes the size
// of each call to a file, and answers when it is on disk; calls share what waits.
package main

import (
	"context"
	"encoding/binary"
	"flag"
	"log"
	"net"
	"os"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"google.golang.org/grpc"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4317", "`host:port` of OTLP/gRPC")
	path := flag.String("fsync", "", "`file` to write to, and to fsync, before a call is answered")
	flag.Parse()
	s := &server{}
	if *path != "" {
		f, err := os.Create(*path)
		if err != nil {
			log.Fatal(err)
		}
		s.calls = make(chan call)
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
	records int
	done    chan error
}

type server struct {
	plogotlp.UnimplementedGRPCServer
	calls chan call // nil: nothing is written
}

// Export implements [plogotlp.GRPCServer].
func (s *server) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	if s.calls == nil {
		return plogotlp.NewExportResponse(), nil
	}
	c := call{request.Logs().LogRecordCount(), make(chan error, 1)}
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
			b = binary.BigEndian.AppendUint32(b, uint32(c.records))
		}
		_, err := f.Write(b)
		if err == nil {
			err = f.Sync()
		}
		for _, c := range group {
			c.done <- err
		}
	}
}
