// SPDX-License-Identifier: Apache-2.0

// front is an HTTP/2 server over TLS that passes everything on to UPSTREAM (https://host:port) and
// answers back as it comes. Takes the provider's arguments -dir and -life; prints READY as it does.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

func main() {
	dir := flag.String("dir", ".", "of the certificates")
	life := flag.Float64("life", 60, "seconds")
	flag.String("truth", "", "not used")
	flag.Parse()
	upstream, err := url.Parse(os.Getenv("UPSTREAM"))
	if err != nil {
		panic(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	proxy.FlushInterval = -1
	proxy.Transport = &http.Transport{
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		MaxIdleConnsPerHost: 50,
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("READY port=%d ca=%s\n", listener.Addr().(*net.TCPAddr).Port,
		filepath.Join(*dir, "ca.pem"))
	time.AfterFunc(time.Duration(*life*float64(time.Second)), func() { os.Exit(0) })
	server := &http.Server{Handler: proxy}
	panic(server.ServeTLS(listener, filepath.Join(*dir, "cert.pem"), filepath.Join(*dir, "key.pem")))
}
