// SPDX-License-Identifier: MIT

// A small HTTPS service, to be run from a scratch image behind stepdown: it needs a certificate,
// the authorities' bundle, the time zones and an orderly stop, as real ones do.
//
//	service               serve
//	service healthcheck   exit with 0 if the service on this machine is well
//	service get URL       fetch a page, checked against the system's authorities
//
// Settings come from the environment:
//
//	LISTEN     address for HTTPS, :8443
//	HEALTH     address for the health check alone, 127.0.0.1:8081
//	TLS_CERT   certificate and key in PEM form; without them a fresh self-signed pair,
//	TLS_KEY    good enough to try the image out
//	UPSTREAM   an https address that /upstream asks
//	TZ         the time zone
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	requestTimeout = 5 * time.Second
	stopTimeout    = 8 * time.Second // less than the ten seconds that docker stop waits
	bodyLimit      = 1 << 20
)

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// What the service says about itself and the machine.
type about struct {
	Time string `json:"time"`
	Zone string `json:"zone"`
	UID  int    `json:"uid"`
	GID  int    `json:"gid"`
}

func handleAbout(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	now := time.Now()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(about{now.Format(time.RFC3339), now.Location().String(),
		os.Getuid(), os.Getgid()})
}

// /time?at=RFC3339 converts a moment into the service's zone; the answer shows summer time.
func handleTime(w http.ResponseWriter, r *http.Request) {
	moment, err := time.Parse(time.RFC3339, r.URL.Query().Get("at"))
	if err != nil {
		http.Error(w, "at: "+err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, moment.Local().Format("2006-01-02 15:04:05 MST -0700"))
}

func handleHealth(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ok")
}

// The client uses the system's authorities and nothing else.
func handleUpstream(client *http.Client, upstream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, upstream, nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer, err := client.Do(request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		chain := answer.TLS.VerifiedChains[0]
		fmt.Fprintf(w, "%s, vouched for by %s\n", answer.Status, chain[len(chain)-1].Subject)
	}
}

func routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/", handleAbout)
	mux.HandleFunc("/time", handleTime)
	mux.HandleFunc("/healthz", handleHealth)
	if upstream := os.Getenv("UPSTREAM"); upstream != "" {
		client := &http.Client{Timeout: requestTimeout}
		mux.HandleFunc("/upstream", handleUpstream(client, upstream))
	}
	return mux
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().AddDate(0, 1, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	bytes, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{bytes}, PrivateKey: key}, nil
}

func certificate() (tls.Certificate, error) {
	if cert := os.Getenv("TLS_CERT"); cert != "" {
		return tls.LoadX509KeyPair(cert, os.Getenv("TLS_KEY"))
	}
	return selfSigned()
}

// Serves until told to stop, then lets the requests finish that are under way.
func serve() error {
	pair, err := certificate()
	if err != nil {
		return err
	}
	public := &http.Server{
		Addr:              setting("LISTEN", ":8443"),
		Handler:           routes(),
		ReadHeaderTimeout: requestTimeout,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	}
	// The check is plain HTTP on the loopback address: it asks whether the service is well, and
	// must not depend on which names the certificate has.
	health := &http.Server{
		Addr:              setting("HEALTH", "127.0.0.1:8081"),
		Handler:           http.HandlerFunc(handleHealth),
		ReadHeaderTimeout: requestTimeout,
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	failed := make(chan error, 2)
	go func() { failed <- public.ListenAndServeTLS("", "") }()
	go func() { failed <- health.ListenAndServe() }()
	log.Printf("serving on %s as %d:%d, time zone %s", public.Addr, os.Getuid(), os.Getgid(), time.Local)

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	log.Print("stopping")
	patience, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := public.Shutdown(patience); err != nil {
		return err
	}
	return health.Shutdown(patience)
}

func get(client *http.Client, url string) error {
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(os.Stdout, io.LimitReader(answer.Body, bodyLimit)); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

func run(arguments []string) error {
	client := &http.Client{Timeout: requestTimeout}
	switch {
	case len(arguments) == 0:
		return serve()
	case len(arguments) == 1 && arguments[0] == "healthcheck":
		return get(client, "http://"+setting("HEALTH", "127.0.0.1:8081")+"/healthz")
	case len(arguments) == 2 && arguments[0] == "get":
		return get(client, arguments[1])
	}
	return errors.New("usage: service [healthcheck | get URL]")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}
