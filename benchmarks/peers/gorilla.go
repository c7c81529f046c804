// gorilla/websocket as its own chat example uses it, a channel and a writing goroutine for each connection, with a prepared message:
// one encoded frame for all. Write buffers come from a pool, as its documentation advises for many idle connections.
//
//	peer_gorilla PORT fanout|echo [--compression]
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"
)

type client struct {
	connection *websocket.Conn
	queue      chan *websocket.PreparedMessage
}

var (
	upgrader    = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}}
	lock        sync.RWMutex
	subscribers = map[*client]bool{}
)

// [hub]
func (c *client) write() {
	for message := range c.queue {
		if c.connection.WritePreparedMessage(message) != nil {
			c.connection.Close()
		}
	}
}

func publish(kind int, data []byte) {
	message, err := websocket.NewPreparedMessage(kind, data)
	if err != nil {
		return
	}
	lock.RLock()
	defer lock.RUnlock()
	for subscriber := range subscribers {
		subscriber.queue <- message
	}
}

// [hub]

func serve(connection *websocket.Conn, echo, listens bool) {
	defer connection.Close()
	if listens && !echo {
		c := &client{connection, make(chan *websocket.PreparedMessage, 64)}
		lock.Lock()
		subscribers[c] = true
		lock.Unlock()
		go c.write()
		defer func() {
			lock.Lock()
			delete(subscribers, c)
			lock.Unlock()
			close(c.queue)
		}()
	}
	for {
		kind, data, err := connection.ReadMessage()
		if err != nil {
			return
		}
		if !echo {
			publish(kind, data)
		} else if connection.WriteMessage(kind, data) != nil {
			return
		}
	}
}

func main() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		log.Fatal("usage: peer_gorilla PORT fanout|echo [--compression]")
	}
	upgrader.EnableCompression = len(os.Args) == 4
	listener, err := net.Listen("tcp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if connection, err := upgrader.Upgrade(response, request, nil); err == nil {
			serve(connection, os.Args[2] == "echo", request.URL.Path != "/publish")
		}
	})))
}
