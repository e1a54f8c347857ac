package kube

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"
)

// Templates are the pods that sessions get, by size class.
type Templates map[string]Template

// Template is what the pods of a size class are made from.
type Template struct {
	pod  corev1.PodTemplateSpec
	made string // hash of its text
}

// LoadTemplates reads every NAME.yaml of a directory as the pod template of the
// size class NAME. It refuses what could not run: fields that Kubernetes does
// not know, no container named session, volumes that are ours to add.
func LoadTemplates(dir string) (Templates, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("pod templates: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("pod templates: there is no .yaml file in %s", dir)
	}
	all := make(Templates)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("pod template: %w", err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if all[name], err = ParseTemplate(name, raw); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return all, nil
}

// ParseTemplate reads the pod template of a size class.
func ParseTemplate(size string, raw []byte) (Template, error) {
	if problems := validation.IsValidLabelValue(size); size == "" || problems != nil {
		return Template{}, fmt.Errorf("%q cannot be the name of a size class: %s", size, strings.Join(problems, "; "))
	}
	t := Template{made: digest(string(raw))}
	if err := yaml.UnmarshalStrict(raw, &t.pod); err != nil {
		return Template{}, fmt.Errorf("the pod template of %q: %w", size, err)
	}
	return t, t.check(size)
}

func (t Template) check(size string) error {
	named := func(c corev1.Container) bool { return c.Name == container }
	if !slices.ContainsFunc(t.pod.Spec.Containers, named) {
		return fmt.Errorf("the pod template of %q has no container named %q", size, container)
	}
	for _, v := range t.pod.Spec.Volumes {
		if v.Name == workspaceVolume || v.Name == credentialVolume {
			return fmt.Errorf("the pod template of %q has a volume %q: that one is added for each session", size, v.Name)
		}
	}
	if p := t.pod.Spec.RestartPolicy; p != "" && p != corev1.RestartPolicyNever {
		return fmt.Errorf("the pod template of %q has restartPolicy %s: a session's pod that ended is replaced, so it must be Never", size, p)
	}
	return nil
}

// ErrSize says that there is no template for a size class.
var ErrSize = errors.New("no such size class")

// find returns the template of a size; the empty one is there when only one
// template is, or one named standard.
func (all Templates) find(size string) (string, Template, error) {
	if size == "" {
		size = "standard"
		if len(all) == 1 {
			for size = range all {
			}
		}
	}
	t, ok := all[size]
	if !ok {
		return "", Template{}, fmt.Errorf("%w: %q", ErrSize, size)
	}
	return size, t, nil
}
