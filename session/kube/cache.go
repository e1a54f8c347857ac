package kube

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// The indexes that objects are found by without looking at all of them.
const (
	bySession = "session"
	byOwner   = "owner"
	byKind    = "kind"
)

// store is what the informers know: the only thing that is ever read.
type store struct {
	factory informers.SharedInformerFactory
	records cache.SharedIndexInformer
	pods    cache.SharedIndexInformer
	claims  cache.SharedIndexInformer
	lister  corelisters.ConfigMapNamespaceLister
}

// newStore watches the namespace's objects of ours; changed is called for every
// change, with the session it is about, or none for a warm pod.
func newStore(client kubernetes.Interface, namespace string, changed func(session string)) (*store, error) {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = managedLabel + "=" + managedBy }),
		informers.WithTransform(slim),
	)
	s := &store{
		factory: factory,
		records: factory.Core().V1().ConfigMaps().Informer(),
		pods:    factory.Core().V1().Pods().Informer(),
		claims:  factory.Core().V1().PersistentVolumeClaims().Informer(),
		lister:  factory.Core().V1().ConfigMaps().Lister().ConfigMaps(namespace),
	}
	label := func(name string) cache.IndexFunc {
		return func(o any) ([]string, error) {
			m, err := meta.Accessor(o)
			if err != nil {
				return nil, err
			}
			if v := m.GetLabels()[name]; v != "" {
				return []string{v}, nil
			}
			return nil, nil
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { changed(sessionOf(o)) },
		UpdateFunc: func(old, o any) {
			if before := sessionOf(old); before != sessionOf(o) {
				changed(before) // a warm pod that was claimed is one less
			}
			changed(sessionOf(o))
		},
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			changed(sessionOf(o))
		},
	}
	for _, informer := range []cache.SharedIndexInformer{s.records, s.pods, s.claims} {
		if err := informer.AddIndexers(cache.Indexers{
			bySession: label(sessionLabel), byOwner: label(ownerLabel), byKind: label(kindLabel),
		}); err != nil {
			return nil, fmt.Errorf("watching Kubernetes: %w", err)
		}
		if _, err := informer.AddEventHandler(handler); err != nil {
			return nil, fmt.Errorf("watching Kubernetes: %w", err)
		}
	}
	return s, nil
}

func (s *store) synced() bool {
	return s.records.HasSynced() && s.pods.HasSynced() && s.claims.HasSynced()
}

// slim drops what nobody here reads and every object carries.
func slim(o any) (any, error) {
	if m, err := meta.Accessor(o); err == nil {
		m.SetManagedFields(nil)
	}
	return o, nil
}

func sessionOf(o any) string {
	m, err := meta.Accessor(o)
	if err != nil {
		return ""
	}
	return m.GetLabels()[sessionLabel]
}

// recordOf returns a session's record, nil if there is none.
func (s *store) recordOf(id string) *corev1.ConfigMap {
	o, err := s.lister.Get(recordName(id))
	if err != nil {
		return nil
	}
	return o
}

func (s *store) allRecords() []*corev1.ConfigMap {
	all, err := s.lister.List(labels.Everything())
	if err != nil { // a lister of memory has nothing to fail at
		return nil
	}
	return all
}

// podsOf returns a session's pods, the oldest first.
func (s *store) podsOf(id string) []*corev1.Pod { return sorted[*corev1.Pod](s.pods, bySession, id) }

// podsOfKind returns every pod of a kind, the oldest first.
func (s *store) podsOfKind(kind string) []*corev1.Pod {
	return sorted[*corev1.Pod](s.pods, byKind, kind)
}

// workspaceOf returns the claim of a session's files: the one it came to be on,
// else the oldest of its owner.
func (s *store) workspaceOf(id, owner string) *corev1.PersistentVolumeClaim {
	for _, index := range [][2]string{{bySession, id}, {byOwner, holder(owner, id)}} {
		for _, c := range sorted[*corev1.PersistentVolumeClaim](s.claims, index[0], index[1]) {
			if c.DeletionTimestamp == nil {
				return c
			}
		}
	}
	return nil
}

// sorted returns what an index knows, the oldest first and by name within a
// second, so that two servers see the same order.
func sorted[T metav1.Object](from cache.SharedIndexInformer, index, key string) []T {
	found, err := from.GetIndexer().ByIndex(index, key)
	if err != nil { // the index is one of ours
		return nil
	}
	all := make([]T, 0, len(found))
	for _, o := range found {
		all = append(all, o.(T))
	}
	slices.SortFunc(all, func(a, b T) int {
		return cmp.Or(a.GetCreationTimestamp().Compare(time.Time(b.GetCreationTimestamp().Time)), cmp.Compare(a.GetName(), b.GetName()))
	})
	return all
}

// claimNamed returns a volume claim, nil if there is none.
func (s *store) claimNamed(namespace, name string) *corev1.PersistentVolumeClaim {
	o, ok, err := s.claims.GetIndexer().GetByKey(namespace + "/" + name)
	if err != nil || !ok {
		return nil
	}
	return o.(*corev1.PersistentVolumeClaim)
}

func (s *store) hasPod(namespace, name string) bool {
	_, ok, err := s.pods.GetIndexer().GetByKey(namespace + "/" + name)
	return err == nil && ok
}
