package kube

import (
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/easel-live/easel/session"
)

// record is a session as the cluster keeps it.
type record struct {
	spec    session.Spec
	server  string
	expires time.Time // zero: never
	uid     types.UID // empty until it was made
}

func (r record) labels(kind string) map[string]string {
	return map[string]string{
		managedLabel: managedBy, kindLabel: kind, sessionLabel: r.spec.ID, serverLabel: r.server,
		ownerLabel: holder(r.spec.Owner, r.spec.ID), sizeLabel: r.spec.Size,
	}
}

// object is the record as it is made.
func (r record) object() *corev1.ConfigMap {
	notes := map[string]string{
		nameNote: r.spec.Name, roomNote: r.spec.Room, ownerNote: r.spec.Owner,
		createdNote: r.spec.CreatedAt.UTC().Format(time.RFC3339),
	}
	if r.spec.Quota > 0 {
		notes[quotaNote] = strconv.FormatInt(r.spec.Quota, 10)
	}
	if !r.expires.IsZero() {
		notes[expiresNote] = r.expires.UTC().Format(time.RFC3339)
	}
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: recordName(r.spec.ID), Labels: r.labels(kindSession), Annotations: notes,
	}}
}

// readRecord is the reverse of object.
func readRecord(o *corev1.ConfigMap) (record, error) {
	r := record{server: o.Labels[serverLabel], uid: o.UID, spec: session.Spec{
		ID: o.Labels[sessionLabel], Size: o.Labels[sizeLabel], Name: o.Annotations[nameNote],
		Room: o.Annotations[roomNote], Owner: o.Annotations[ownerNote],
	}}
	if r.spec.ID == "" || recordName(r.spec.ID) != o.Name || r.spec.Room == "" {
		return record{}, fmt.Errorf("the ConfigMap %s is no session's record", o.Name)
	}
	var err error
	if r.spec.CreatedAt, err = time.Parse(time.RFC3339, o.Annotations[createdNote]); err != nil {
		return record{}, fmt.Errorf("the record %s: %w", o.Name, err)
	}
	if raw := o.Annotations[quotaNote]; raw != "" {
		if r.spec.Quota, err = strconv.ParseInt(raw, 10, 64); err != nil {
			return record{}, fmt.Errorf("the record %s: %w", o.Name, err)
		}
	}
	if raw := o.Annotations[expiresNote]; raw != "" {
		if r.expires, err = time.Parse(time.RFC3339, raw); err != nil {
			return record{}, fmt.Errorf("the record %s: %w", o.Name, err)
		}
	}
	return r, nil
}

// reference makes an object go when the record goes.
func (r record) reference() metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: recordName(r.spec.ID), UID: r.uid}
}

// podReference makes an object go when a pod goes.
func podReference(p *corev1.Pod) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID}
}
