// Go's net: a goroutine for each connection.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"
)

const (
	chunk   = 16384
	bulk    = 65536
	clients = 1000
	limit   = 30 * time.Second
	pause   = time.Millisecond
)

func echo(connection net.Conn, chunk int) error {
	buffer := make([]byte, chunk)
	for {
		count, err := connection.Read(buffer)
		if err != nil {
			return err
		}
		if _, err := connection.Write(buffer[:count]); err != nil {
			return err
		}
	}
}

func echoLater(connection net.Conn) error {
	buffer := make([]byte, chunk)
	for {
		count, err := connection.Read(buffer)
		if err != nil {
			return err
		}
		time.Sleep(pause)
		if _, err := connection.Write(buffer[:count]); err != nil {
			return err
		}
	}
}

func echoWithDeadline(connection net.Conn) error {
	buffer := make([]byte, chunk)
	for {
		if err := connection.SetReadDeadline(time.Now().Add(limit)); err != nil {
			return err
		}
		count, err := connection.Read(buffer)
		if err != nil {
			return err
		}
		if _, err := connection.Write(buffer[:count]); err != nil {
			return err
		}
	}
}

func echoLines(connection net.Conn) error {
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return err
		}
		if _, err := io.WriteString(connection, line); err != nil {
			return err
		}
	}
}

func echoFrames(connection net.Conn) error {
	reader := bufio.NewReader(connection)
	header := make([]byte, 4)
	for {
		if _, err := io.ReadFull(reader, header); err != nil {
			return err
		}
		frame := make([]byte, 4+binary.BigEndian.Uint32(header))
		copy(frame, header)
		if _, err := io.ReadFull(reader, frame[4:]); err != nil {
			return err
		}
		if _, err := connection.Write(frame); err != nil {
			return err
		}
	}
}

func relay(client net.Conn, port string) error {
	server, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	defer server.Close()
	go func() {
		io.Copy(server, client)
		server.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(client, server)
	return err
}

func handle(mode, argument string, connection net.Conn) {
	defer connection.Close()
	var err error
	switch mode {
	case "lines":
		err = echoLines(connection)
	case "frames":
		err = echoFrames(connection)
	case "timer":
		err = echoLater(connection)
	case "deadline":
		err = echoWithDeadline(connection)
	case "relay":
		err = relay(connection, argument)
	case "bulk":
		err = echo(connection, bulk)
	default:
		err = echo(connection, chunk)
	}
	if err != nil && err != io.EOF {
		log.Print(err)
	}
}

func serve(mode, argument string) error {
	network, address := "tcp", "127.0.0.1:0"
	if mode == "unix" {
		network, address = "unix", argument
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	if address, ok := listener.Addr().(*net.TCPAddr); ok {
		fmt.Println("ready", address.Port)
	} else {
		fmt.Println("ready")
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go handle(mode, argument, connection)
	}
}

func serveDatagrams() error {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	fmt.Println("ready", socket.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, 65536)
	for {
		count, sender, err := socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return err
		}
		if _, err := socket.WriteToUDPAddrPort(buffer[:count], sender); err != nil {
			return err
		}
	}
}

func request(port string, message []byte) error {
	connection, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	defer connection.Close()
	if _, err := connection.Write(message); err != nil {
		return err
	}
	echo := make([]byte, len(message))
	if _, err := io.ReadFull(connection, echo); err != nil {
		return err
	}
	if !bytes.Equal(echo, message) {
		return fmt.Errorf("a wrong byte")
	}
	return nil
}

func connect(port string) error {
	message := make([]byte, 64)
	for i := range message {
		message[i] = 'a' + byte(i%26)
	}
	fmt.Println("ready")
	failed := make(chan error)
	for i := 0; i < clients; i++ {
		go func() {
			for {
				if err := request(port, message); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

func main() {
	var mode, argument string
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	if len(os.Args) > 2 {
		argument = os.Args[2]
	}
	var err error
	switch mode {
	case "udp":
		err = serveDatagrams()
	case "client":
		err = connect(argument)
	default:
		err = serve(mode, argument)
	}
	log.Fatal(err)
}
