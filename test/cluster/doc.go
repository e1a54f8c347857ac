// Package cluster runs Easel on a real Kubernetes, on this machine and for the
// length of the tests: etcd, API server, controllers and scheduler as processes
// on loopback, with RBAC and Pod Security as in production, kwok in place of a
// thousand machines.
//
// Kubernetes is built from its own Go modules, in the module kubernetes beside
// this one, once: the two binaries are kept in the user's cache directory under
// the name of what they were built from (EASEL_CLUSTER_CACHE chooses another).
//
// Everything started ends with the test's process, however that ends.
package cluster
