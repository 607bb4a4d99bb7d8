// SPDX-License-Identifier: MIT

// service answers on HTTP and, for the name service.test, on DNS; /everything does what else Go
// programs do, and says "all is well". TERM ends it.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// answer is the reply to a query of one question: 127.0.0.53 for an A record, nothing for others.
func answer(query []byte) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	if end > len(query) {
		return nil
	}
	reply := append([]byte{}, query[:end]...)
	reply[2], reply[3] = 0x85, 0x80
	for i := 6; i < 12; i++ {
		reply[i] = 0
	}
	if query[end-3] == 1 {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 53)
	}
	return reply
}

func serveNames(socket net.PacketConn) {
	buffer := make([]byte, 512)
	for {
		length, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		socket.WriteTo(answer(buffer[:length]), from)
	}
}

func lookUp() error {
	addresses, err := net.LookupHost("service.test")
	if err == nil && (len(addresses) != 1 || addresses[0] != "127.0.0.53") {
		err = fmt.Errorf("service.test is %v", addresses)
	}
	return err
}

// manyGoroutines keeps every processor busy, allocates, sleeps, and is preempted by signals.
func manyGoroutines() {
	var all sync.WaitGroup
	for i := 0; i < 500; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			garbage := make([][]byte, 0)
			for n := 0; n < 20; n++ {
				garbage = append(garbage, make([]byte, 10000))
			}
			time.Sleep(time.Duration(i%10) * time.Millisecond)
			if i%50 == 0 {
				for spin := time.Now(); time.Since(spin) < 15*time.Millisecond; {
				}
			}
			runtime.KeepAlive(garbage)
		}(i)
	}
	all.Wait()
	runtime.GC()
}

func everything() error {
	manyGoroutines()
	if err := lookUp(); err != nil {
		return err
	}
	said, err := exec.Command("sh", "-c", "echo child").Output()
	if err != nil || string(said) != "child\n" {
		return fmt.Errorf("the child: %v", err)
	}
	directory, err := os.MkdirTemp("", "go")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	if err := os.WriteFile(filepath.Join(directory, "file"), make([]byte, 100000), 0o600); err != nil {
		return err
	}
	interfaces, err := net.Interfaces()
	if err != nil || len(interfaces) == 0 {
		return fmt.Errorf("interfaces: %v", err)
	}
	briefly, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if exec.CommandContext(briefly, "sleep", "60").Run() == nil {
		return fmt.Errorf("sleep was not ended")
	}
	return nil
}

func main() {
	names, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go serveNames(names)
	http.HandleFunc("/", func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprintln(writer, "hello")
	})
	http.HandleFunc("/everything", func(writer http.ResponseWriter, request *http.Request) {
		if err := everything(); err != nil {
			fmt.Println(err)
			http.Error(writer, err.Error(), 500)
			return
		}
		fmt.Fprintln(writer, "all is well")
	})
	server := &http.Server{Addr: "127.0.0.1:8080"}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Println(err)
		os.Exit(1)
	}
}
