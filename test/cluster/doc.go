// Package cluster runs Easel on a real Kubernetes, on this machine and for the
// length of the tests: etcd, API server, controllers and scheduler as processes
// on loopback, with RBAC and Pod Security as in production, kwok in place of a
// thousand machines.
//
// One machine more is real (machine.go): this computer again, in namespaces of
// its own, with containerd, a kubelet and kube-proxy, on which the chart's server
// and its sessions run as pods of the images that the project's Dockerfiles make.
// That takes root and Debian's packages (scripts/deps.sh cluster); without, the
// tests on it are skipped and say so. It leaves nothing: its processes, mounts,
// network and rules end with its first process, and the kernel's settings that a
// kubelet makes go into files of its own.
//
// Kubernetes is built from its own Go modules, in the module kubernetes beside
// this one, once: the two binaries are kept in the user's cache directory under
// the name of what they were built from (EASEL_CLUSTER_CACHE chooses another), and
// beside them the store of images, whose packages are installed once.
//
// Everything started ends with the test's process, however that ends.
package cluster
