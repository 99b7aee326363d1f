// SPDX-License-Identifier: Apache-2.0

// early is a provider and its client in one process: answers begin, and mostly end, before the
// body of the request has. Prints READY, waits for a line, and then the number of good answers. See
// tests/e2e/test_go.py.
package main

import (
	"bufio"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

var (
	dir      = flag.String("dir", ".", "of the certificates")
	total    = flag.Int("n", 1000, "calls")
	parallel = flag.Int("c", 8, "at once")
	h2       = flag.Bool("h2", false, "HTTP/2")
)

func answer(i string) string {
	return `{"id":"chatcmpl-` + i + `","object":"chat.completion","model":"model-` + i +
		`","choices":[{"index":0,"message":{"role":"assistant","content":"x"},` +
		`"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`
}

// serve1 answers as soon as it has a head; its request's body comes in whatever pieces.
func serve1(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		text := answer(r.Header.Get("X-Call"))
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"+
			"Content-Length: %d\r\n\r\n%s", len(text), text)
		io.Copy(io.Discard, r.Body)
	}
}

func serve2(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, answer(r.Header.Get("X-Call")))
	w.(http.Flusher).Flush()
	io.Copy(io.Discard, r.Body)
}

// call1 writes in one goroutine and reads in another.
func call1(conn net.Conn, in *bufio.Reader, i int) bool {
	text := fmt.Sprintf(`{"model":"model-%d","messages":[{"role":"user","content":"x"}]}`, i)
	done := make(chan bool)
	go func() {
		fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Call: %d\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", i, len(text))
		io.WriteString(conn, text[:9])
		io.WriteString(conn, text[9:])
		done <- true
	}()
	r, err := http.ReadResponse(in, nil)
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	<-done
	return err == nil
}

// slowly hands out a body in pieces, so that it is still under way when the answer comes.
type slowly struct{ rest string }

func (s *slowly) Read(p []byte) (int, error) {
	if s.rest == "" {
		return 0, io.EOF
	}
	n := 40
	if n > len(s.rest) {
		n = len(s.rest)
	}
	n = copy(p, s.rest[:n])
	s.rest = s.rest[n:]
	return n, nil
}

func call2(client *http.Client, base string, i int) bool {
	text := fmt.Sprintf(`{"model":"model-%d","messages":[{"role":"user","content":"%s"}]}`, i,
		strings.Repeat("x", i%300))
	r, err := http.NewRequest("POST", base+"/v1/chat/completions", &slowly{text})
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Call", fmt.Sprint(i))
	r.Header.Set("Content-Type", "application/json")
	a, err := client.Do(r)
	if err != nil {
		return false
	}
	defer a.Body.Close()
	_, err = io.Copy(io.Discard, a.Body)
	return err == nil && a.ProtoMajor == 2
}

func main() {
	flag.Parse()
	cert, err := tls.LoadX509KeyPair(filepath.Join(*dir, "cert.pem"), filepath.Join(*dir, "key.pem"))
	if err != nil {
		panic(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{cert}}
	mine := &tls.Config{InsecureSkipVerify: true}
	if *h2 {
		go (&http.Server{Handler: http.HandlerFunc(serve2), TLSConfig: server}).ServeTLS(plain, "", "")
	} else {
		listener := tls.NewListener(plain, server)
		go func() {
			for {
				if conn, err := listener.Accept(); err == nil {
					go serve1(conn)
				}
			}
		}()
	}
	fmt.Println("READY")
	fmt.Scanln()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: mine, ForceAttemptHTTP2: true}}
	base := "https://" + plain.Addr().String()
	var group sync.WaitGroup
	var good, next int64
	for w := 0; w < *parallel; w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			call := func(i int) bool { return call2(client, base, i) }
			if !*h2 {
				conn, err := tls.Dial("tcp", plain.Addr().String(), mine)
				if err != nil {
					panic(err)
				}
				defer conn.Close()
				in := bufio.NewReader(conn)
				call = func(i int) bool { return call1(conn, in, i) }
			}
			for i := int(atomic.AddInt64(&next, 1)); i <= *total; i = int(atomic.AddInt64(&next, 1)) {
				if call(i) {
					atomic.AddInt64(&good, 1)
				}
			}
		}()
	}
	group.Wait()
	fmt.Printf("{\"good\": %d}\n", good)
}
