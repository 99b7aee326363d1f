// SPDX-License-Identifier: Apache-2.0

// plain calls a model server over plain HTTP, as test_plain.py asks; a connection of net/http is
// written to by one goroutine and read from by another.
//
//	plain calls BASE CONNS CALLS   each connection: a list of models, then a call, again and again
//	plain load URL CONNS SECONDS   as many GETs as possible; prints how many
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func get(c *http.Client, url string) bool {
	r, err := c.Get(url)
	if err != nil {
		return false
	}
	io.Copy(io.Discard, r.Body)
	r.Body.Close()
	return r.StatusCode == 200
}

func post(c *http.Client, url, body string) bool {
	r, err := c.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	io.Copy(io.Discard, r.Body)
	r.Body.Close()
	return r.StatusCode == 200
}

func main() {
	conns, _ := strconv.Atoi(os.Args[3])
	n, _ := strconv.Atoi(os.Args[4])
	end := time.Now().Add(time.Duration(n) * time.Second)
	var good atomic.Int64
	var wait sync.WaitGroup
	for i := 0; i < conns; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			c := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
			if os.Args[1] == "load" {
				for time.Now().Before(end) && get(c, os.Args[2]) {
					good.Add(1)
				}
				return
			}
			for j := 0; j < n; j++ {
				get(c, os.Args[2]+"/api/tags")
				path := []string{"/api/chat", "/v1/chat/completions", "/api/generate"}[j%3]
				stream := []string{"true", "false"}[j/3%2]
				// Sometimes more than fits into a socket at once.
				long := strings.Repeat("y", []int{1, 100, 1, 400000, 1}[j%5])
				body := fmt.Sprintf(`{"model":"go-%d","stream":%s,"prompt":"x","messages":[{"role":"user","content":"%s"}]}`,
					i*n+j, stream, long)
				if post(c, os.Args[2]+path, body) {
					good.Add(1)
				}
			}
		}(i)
	}
	wait.Wait()
	fmt.Println(good.Load())
}
