// SPDX-License-Identifier: Apache-2.0

// calls makes model calls to BASE in one of several ways, see tests/e2e/test_go.py. Builds with Go
// 1.17 and later. Says READY, waits for a line, and prints one of JSON for each answer: its id and
// when (CLOCK_MONOTONIC) the call began and all of it was read.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

var (
	total    = flag.Int("n", 10, "calls")
	parallel = flag.Int("c", 1, "at once")
	h2       = flag.Bool("h2", false, "HTTP/2")
	way      = flag.String("way", "http", "http, lazy (a handshake within Write), busy")
	seconds  = flag.Float64("s", 5, "busy: how long")
	demo     = flag.String("demo", "burst=1&tokens=5", "what X-Demo says")
	before   = flag.Int("before", 0, "of the calls, how many before it says READY and waits")
	roots    = x509.NewCertPool()
	mutex    sync.Mutex
	idIn     = regexp.MustCompile(`"id": ?"([^"]+)"`)
)

func now() int64 {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

func body(i int) (path string, text []byte) {
	m := map[string]interface{}{
		"model":    "gpt-4o-mini",
		"stream":   i%3 > 0,
		"messages": []map[string]string{{"role": "user", "content": strings.Repeat("x", i%50*370)}},
	}
	path = "/v1/chat/completions"
	if i%2 == 0 {
		path = "/v1/messages"
		m["model"], m["max_tokens"] = "claude-sonnet-4-5", 4096
	} else if i%3 > 0 {
		m["stream_options"] = map[string]bool{"include_usage": true}
	}
	text, _ = json.Marshal(m)
	return
}

func header(i int) string {
	coding := ""
	if i%4 == 1 {
		coding = "&coding=gzip"
	}
	return fmt.Sprintf("%s&tag=call-%d%s", *demo, i, coding)
}

type answer struct {
	start int64
	text  bytes.Buffer
}

func (a *answer) say(good bool) {
	end, id := now(), ""
	if m := idIn.FindSubmatch(a.text.Bytes()); m != nil {
		id = string(m[1])
	}
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Printf("{\"id\": %q, \"good\": %v, \"start_ns\": %d, \"end_ns\": %d}\n", id, good,
		a.start, end)
}

func config() *tls.Config {
	u, _ := url.Parse(os.Getenv("BASE"))
	return &tls.Config{RootCAs: roots, ServerName: u.Hostname()}
}

func one(client *http.Client, i int) {
	path, text := body(i)
	request, err := http.NewRequest("POST", os.Getenv("BASE")+path, bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Demo", header(i))
	a := &answer{start: now()}
	r, err := client.Do(request)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		a.say(false)
		return
	}
	defer r.Body.Close()
	_, err = io.Copy(&a.text, r.Body)
	a.say(err == nil && r.StatusCode == 200 && (r.ProtoMajor == 2) == *h2)
}

// deep makes the stack grow, and with it move, below whoever called.
func deep(n int) byte {
	var room [512]byte
	room[n%512] = byte(n)
	if n == 0 {
		return room[0]
	}
	return deep(n-1) + room[n%512]
}

// lazy shakes hands within its first Write, and reads into its own, small stack, which moves
// between reads.
func lazy(i int) {
	u, _ := url.Parse(os.Getenv("BASE"))
	plain, err := net.Dial("tcp", u.Host)
	if err != nil {
		panic(err)
	}
	conn := tls.Client(plain, config())
	defer conn.Close()
	path, text := body(i)
	a := &answer{start: now()}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nX-Demo: %s\r\n"+
		"Content-Length: %d\r\n\r\n", path, u.Host, header(i), len(text))
	if _, err := conn.Write(append([]byte(head), text...)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	for {
		var buf [700]byte
		n, err := conn.Read(buf[:])
		a.text.Write(buf[:n])
		deep(i % 200)
		if err != nil {
			break
		}
	}
	a.say(bytes.HasPrefix(a.text.Bytes(), []byte("HTTP/1.1 200")))
	conn.Write([]byte("POST /v1/messages HTTP/1.1\r\n\r\n"))
}

// busy calls until its time is up, in goroutines that live for one call.
func busy(client *http.Client) {
	end := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	var group sync.WaitGroup
	for w := 0; w < *parallel; w++ {
		group.Add(1)
		go func(w int) {
			defer group.Done()
			for i := w; time.Now().Before(end); i += *parallel {
				done := make(chan bool)
				go func() {
					deep(i % 700)
					if i%2 == 0 {
						lazy(i)
					} else {
						one(client, i)
					}
					close(done)
				}()
				<-done
			}
		}(w)
	}
	group.Wait()
}

func main() {
	flag.Parse()
	pem, err := os.ReadFile(os.Getenv("SSL_CERT_FILE"))
	if err != nil {
		panic(err)
	}
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:     config(),
		ForceAttemptHTTP2:   *h2,
		MaxIdleConnsPerHost: *parallel,
	}}
	for i := 0; i < *before; i++ {
		one(client, i)
	}
	fmt.Println("READY")
	fmt.Scanln()
	if *way == "busy" {
		busy(client)
		return
	}
	var group sync.WaitGroup
	work := make(chan int)
	for w := 0; w < *parallel; w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range work {
				if *way == "lazy" {
					lazy(i)
				} else {
					one(client, i)
				}
			}
		}()
	}
	for i := *before; i < *total; i++ {
		work <- i
	}
	close(work)
	group.Wait()
}
