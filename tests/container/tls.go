// SPDX-License-Identifier: MIT

// tls serves one certificate on the loopback device and asks itself, with the roots that every Go
// program has: "trusted" and exit status 0, or the reason and 1.
//
//	tls CERT KEY
package main

import (
	"crypto/tls"
	"fmt"
	"os"
)

func fail(err error) {
	fmt.Println(err)
	os.Exit(1)
}

func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	if err != nil {
		fail(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		fail(err)
	}
	go func() {
		for {
			one, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				one.(*tls.Conn).Handshake()
				one.Close()
			}()
		}
	}()
	client, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{ServerName: "localhost"})
	if err != nil {
		fail(err)
	}
	client.Close()
	fmt.Println("trusted")
}
