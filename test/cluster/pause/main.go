// Command pause does nothing until it is told to stop: the process that holds a
// pod's namespaces, in the image that containerd starts every pod with.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
}
