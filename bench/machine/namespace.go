package machine

import "os/exec"

// Enter has a command, which was not started yet, run in a network namespace, by
// the name that ip netns knows. It keeps its process ID and what it inherits.
func Enter(cmd *exec.Cmd, namespace string) {
	if namespace == "" {
		return
	}
	cmd.Args = append([]string{"ip", "netns", "exec", namespace, cmd.Path}, cmd.Args[1:]...)
	cmd.Path, cmd.Err = "/usr/sbin/ip", nil
	if found, err := exec.LookPath("ip"); err == nil {
		cmd.Path = found
	}
}
