// SPDX-License-Identifier: Apache-2.0

// client makes the calls of a plan over one HTTP/2 connection, see tests/e2e/test_join.py.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
)

type call struct {
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

type plan struct {
	First, Then []call
}

var (
	client      *http.Client
	mutex       sync.Mutex
	good        int
	connections int
)

func one(c call) {
	request, err := http.NewRequest("POST", os.Getenv("BASE")+c.Path, strings.NewReader(c.Body))
	if err != nil {
		panic(err)
	}
	for name, value := range c.Headers {
		request.Header.Set(name, value)
	}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			mutex.Lock()
			connections++
			mutex.Unlock()
		}
	}}
	answer, err := client.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && n > 0 && answer.StatusCode == 200 && answer.ProtoMajor == 2 {
		mutex.Lock()
		good++
		mutex.Unlock()
	}
}

func main() {
	pem, err := os.ReadFile(os.Getenv("SSL_CERT_FILE"))
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client = &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
	}}
	text, err := os.ReadFile(os.Getenv("PLAN"))
	if err != nil {
		panic(err)
	}
	var p plan
	if err := json.Unmarshal(text, &p); err != nil {
		panic(err)
	}
	for _, c := range p.First {
		one(c)
	}
	fmt.Println("joined")
	bufio.NewReader(os.Stdin).ReadString('\n')
	for len(p.Then) > 0 {
		n := 5
		if len(p.Then) < n {
			n = len(p.Then)
		}
		var group sync.WaitGroup
		for _, c := range p.Then[:n] {
			group.Add(1)
			go func(c call) {
				defer group.Done()
				one(c)
			}(c)
		}
		group.Wait()
		p.Then = p.Then[n:]
	}
	fmt.Printf("{\"good\": %d, \"connections\": %d}\n", good, connections)
}
