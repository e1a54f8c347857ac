// Package e2e proves the product as a whole, the way its users meet it: the real
// server, a real GIMP on a real X display, real Chromiums. It has no look inside:
// what it knows it learns from the command line, the page and the files.
package e2e
