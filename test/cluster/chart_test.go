package cluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	networkv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/easel-live/easel/session"
	"github.com/easel-live/easel/session/kube"
)

// render renders the chart with values, as helm would.
func render(values map[string]any, namespace string) ([]*unstructured.Unstructured, error) {
	chart, err := loader.Load(filepath.Join("..", "..", "deploy", "helm", "easel"))
	if err != nil {
		return nil, err
	}
	all, err := util.ToRenderValues(chart, values, common.ReleaseOptions{Name: "easel", Namespace: namespace, IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for name, text := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		some, err := documents(text)
		if err != nil {
			return nil, errors.Join(errors.New(name), err)
		}
		objects = append(objects, some...)
	}
	// Namespaces first, as helm does it.
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int { return rank(a) - rank(b) })
	return objects, nil
}

func rank(o *unstructured.Unstructured) int {
	if i := slices.Index([]string{"Namespace", "ServiceAccount", "PriorityClass"}, o.GetKind()); i >= 0 {
		return i
	}
	return 3
}

func documents(text string) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(text)), 4096); ; {
		o := new(unstructured.Unstructured)
		switch err := decoder.Decode(&o.Object); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		if o.Object != nil {
			all = append(all, o)
		}
	}
}

// apply gives the objects to the API server, which checks every field of them.
func apply(t *testing.T, objects []*unstructured.Unstructured, namespace string) {
	t.Helper()
	client, err := dynamic.NewForConfig(one.config)
	must(t, err)
	groups, err := restmapper.GetAPIGroupResources(one.client.Discovery())
	must(t, err)
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	for _, o := range objects {
		kind := o.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if kind.Kind == "ServiceMonitor" || kind.Kind == "HTTPRoute" {
			continue // this cluster has no operators
		}
		must(t, err)
		var to dynamic.ResourceInterface = client.Resource(mapping.Resource)
		if mapping.Scope.Name() == "namespace" {
			if o.GetNamespace() == "" {
				o.SetNamespace(namespace)
			}
			to = client.Resource(mapping.Resource).Namespace(o.GetNamespace())
		}
		raw, err := o.MarshalJSON()
		must(t, err)
		if _, err := to.Patch(t.Context(), o.GetName(), "application/apply-patch+yaml", raw, metav1.PatchOptions{FieldManager: "test", Force: new(true), FieldValidation: "Strict"}); err != nil {
			t.Fatalf("%s %s: %v", kind.Kind, o.GetName(), err)
		}
	}
}

// find returns the object of a kind and name.
func find[T any](t *testing.T, objects []*unstructured.Unstructured, kind, name string) T {
	t.Helper()
	var out T
	for _, o := range objects {
		if o.GetKind() == kind && o.GetName() == name {
			must(t, runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &out))
			return out
		}
	}
	t.Fatalf("the chart has no %s %s", kind, name)
	return out
}

// TestTheChart: what it renders is taken by the API server, and with nothing but
// what it gives a server's account a session is started and ended.
func TestTheChart(t *testing.T) {
	core := one.client.CoreV1()
	release, err := core.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "easel-"}}, metav1.CreateOptions{})
	must(t, err)
	sessions := release.Name + "-sessions"
	t.Cleanup(func() {
		for _, name := range []string{release.Name, sessions} {
			_ = core.Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{})
		}
	})
	objects, err := render(map[string]any{"sessions": map[string]any{"namespace": sessions}}, release.Name)
	must(t, err)
	apply(t, objects, release.Name)

	role := find[rbacv1.Role](t, objects, "Role", "easel")
	if !reflect.DeepEqual(role.Rules, rules) {
		t.Errorf("the other tests run with other permissions than the chart's: %+v", role.Rules)
	}
	deny := find[networkv1.NetworkPolicy](t, objects, "NetworkPolicy", "deny")
	if len(deny.Spec.PolicyTypes) != 2 || len(deny.Spec.Ingress)+len(deny.Spec.Egress) != 0 || deny.Namespace != sessions {
		t.Errorf("%+v", deny.Spec)
	}

	w := &town{t: t, namespace: sessions, account: accountOf(t, release.Name)}
	cfg := w.config("easel-0")
	cfg.Templates, err = kube.LoadTemplates(podTemplates(t, objects))
	must(t, err)
	s := w.serve(cfg)
	wish := session.Wish{ID: session.NewID(), Owner: "ann", Size: "large"}
	if got := s.start(t, wish); got.State != session.Ready {
		t.Fatalf("%+v", got)
	}
	pod, _ := w.pod(wish.ID)
	if cpu := pod.Spec.Containers[0].Resources.Requests.Cpu().String(); cpu != "2" {
		t.Errorf("a large session asks for %s processors", cpu)
	}
	forbidden(t, w.account, sessions, pod.Name)
	s.end(t, wish.ID)
	must(t, w.left())
}

// accountOf is the chart's account of a server.
func accountOf(t *testing.T, namespace string) *rest.Config {
	hour := int64(3600)
	token, err := one.client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), "easel", &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{ExpirationSeconds: &hour}}, metav1.CreateOptions{})
	must(t, err)
	return &rest.Config{Host: one.config.Host, BearerToken: token.Status.Token, TLSClientConfig: rest.TLSClientConfig{CAFile: one.config.CAFile}}
}

func podTemplates(t *testing.T, objects []*unstructured.Unstructured) string {
	dir := t.TempDir()
	for name, text := range find[corev1.ConfigMap](t, objects, "ConfigMap", "easel-pods").Data {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// forbidden checks that the server's account can neither read credentials nor
// look beyond the sessions' namespace.
func forbidden(t *testing.T, account *rest.Config, sessions, secret string) {
	t.Helper()
	client, err := kubernetes.NewForConfig(account)
	must(t, err)
	_, err1 := client.CoreV1().Secrets(sessions).Get(t.Context(), secret, metav1.GetOptions{})
	_, err2 := client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
	_, err3 := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	err4 := client.CoreV1().Namespaces().Delete(t.Context(), sessions, metav1.DeleteOptions{})
	for _, err := range []error{err1, err2, err3, err4} {
		if !apierrors.IsForbidden(err) {
			t.Errorf("the server may more than it needs: %v", err)
		}
	}
}

// everything switches every option on.
var everything = map[string]any{
	"publicURL": "https://easel.example.com", "trustedProxies": []any{"10.0.0.0/8"},
	"image": map[string]any{"pullSecrets": []any{"registry"}},
	"media": map[string]any{"mode": "loadBalancer", "externalIPs": []any{"192.0.2.7", "2001:db8::7"}},
	"turn":  map[string]any{"urls": []any{"turn:turn.example.com"}, "secretName": "turn"},
	"data":  map[string]any{"storageClass": "folder"},
	"oidc": map[string]any{
		"issuer": "https://id.example.com", "client": "easel", "secretName": "oidc", "name": "Studio",
		"scopes": []any{"profile", "groups"}, "allow": []any{"groups=artists", "groups=staff"}, "admin": []any{"groups=admins"}, "plans": []any{"groups=staff:professional"},
	},
	"billing":    map[string]any{"url": "https://billing.example.com/easel"},
	"secretsKey": map[string]any{"secretName": "sealing"},
	"ingress":    map[string]any{"enabled": true, "className": "nginx", "tlsSecret": "tls"},
	"gateway":    map[string]any{"enabled": true, "parentName": "front", "parentNamespace": "front"},
	"affinity":   map[string]any{"nodeAffinity": map[string]any{}}, "nodeSelector": map[string]any{"a": "b"},
	"autoscaling":    map[string]any{"enabled": true, "sessionsPerServer": 50, "bytesPerSecondPerServer": 100000000},
	"serviceMonitor": map[string]any{"enabled": true, "labels": map[string]any{"team": "art"}},
	"networkPolicy":  map[string]any{"from": []any{map[string]any{"podSelector": map[string]any{}}}},
	"sessions": map[string]any{
		"namespace": "everything-sessions", "warm": []any{"standard=2", "large=0-3"}, "storageClass": "folder", "headroom": 2, "prepull": true,
		"sidecars": []any{map[string]any{"name": "beside", "image": "beside:1", "volumeMounts": []any{map[string]any{"name": "workspace", "mountPath": "/workspace"}}}},
		"volumes":  []any{map[string]any{"name": "scratch", "emptyDir": map[string]any{}}},
		"quota":    map[string]any{"pods": "100"}, "image": map[string]any{"pullSecrets": []any{"registry"}},
		"sizes": map[string]any{"gpu": map[string]any{
			"resources":    map[string]any{"requests": map[string]any{"cpu": "2"}, "limits": map[string]any{"nvidia.com/gpu": 1}},
			"nodeSelector": map[string]any{"gpu": "yes"}, "tolerations": []any{map[string]any{"key": "gpu", "operator": "Exists"}},
			"env": map[string]any{"EASEL_CODECS": "h264,vp8"},
		}},
	},
}

// TestTheChartWithEverything is taken by the API server too.
func TestTheChartWithEverything(t *testing.T) {
	core := one.client.CoreV1()
	release, err := core.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "everything-"}}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() {
		for _, name := range []string{release.Name, "everything-sessions"} {
			_ = core.Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{})
		}
	})
	objects, err := render(everything, release.Name)
	must(t, err)
	apply(t, objects, release.Name)
	for _, kind := range []string{"HorizontalPodAutoscaler", "PodDisruptionBudget", "ServiceMonitor", "HTTPRoute", "Ingress"} {
		find[map[string]any](t, objects, kind, "easel")
	}
	if all, err := kube.LoadTemplates(podTemplates(t, objects)); err != nil || len(all) != 3 {
		t.Errorf("%d templates: %v", len(all), err)
	}
}

// TestWhatTheServerIsTold by values: its environment, and what of it is in Secrets
// only by their names.
func TestWhatTheServerIsTold(t *testing.T) {
	values := maps.Clone(everything)
	values["autoscaling"] = map[string]any{"enabled": false}
	values["backup"] = map[string]any{
		"repository": "s3:https://s3.example.com/easel", "every": "12h", "secretName": "snapshots",
		"environmentSecretName": "bucket", "keep": map[string]any{"daily": 14},
	}
	objects, err := render(values, "default")
	must(t, err)
	pod := find[appsv1.StatefulSet](t, objects, "StatefulSet", "easel").Spec.Template.Spec
	server := pod.Containers[0]
	told := make(map[string]string)
	for _, v := range server.Env {
		told[v.Name] = v.Value
	}
	for name, want := range map[string]string{
		"EASEL_OIDC_ISSUER": "https://id.example.com", "EASEL_OIDC_CLIENT": "easel", "EASEL_OIDC_NAME": "Studio",
		"EASEL_OIDC_SECRET_FILE": "/secrets/oidc/secret", "EASEL_OIDC_SCOPES": "profile,groups",
		"EASEL_OIDC_ALLOW": "groups=artists,groups=staff", "EASEL_OIDC_ADMIN": "groups=admins", "EASEL_OIDC_PLANS": "groups=staff:professional",
		"EASEL_BILLING_URL": "https://billing.example.com/easel", "EASEL_SECRETS_KEY_FILE": "/secrets/key/key",
		"EASEL_BACKUP_REPOSITORY": "s3:https://s3.example.com/easel", "EASEL_BACKUP_PASSWORD_FILE": "/secrets/backup/password",
		"EASEL_BACKUP_EVERY": "12h", "EASEL_BACKUP_KEEP_DAILY": "14", "EASEL_BACKUP_KEEP_WEEKLY": "4", "EASEL_BACKUP_KEEP_MONTHLY": "6",
	} {
		if told[name] != want {
			t.Errorf("%s is %q, want %q", name, told[name], want)
		}
	}
	if len(server.EnvFrom) != 1 || server.EnvFrom[0].SecretRef.Name != "bucket" {
		t.Errorf("what opens the repository comes from %+v", server.EnvFrom)
	}
	secrets := make(map[string]string)
	for _, v := range pod.Volumes {
		if v.Secret != nil {
			secrets[v.Name] = v.Secret.SecretName
		}
	}
	mounted := make(map[string]string)
	for _, m := range server.VolumeMounts {
		if secret, is := secrets[m.Name]; is {
			mounted[m.MountPath] = secret
		}
	}
	if want := map[string]string{"/secrets/oidc": "oidc", "/secrets/key": "sealing", "/secrets/backup": "snapshots"}; !maps.Equal(mounted, want) {
		t.Errorf("%v, want %v", mounted, want)
	}

	objects, err = render(nil, "default")
	must(t, err)
	for _, v := range find[appsv1.StatefulSet](t, objects, "StatefulSet", "easel").Spec.Template.Spec.Containers[0].Env {
		for _, unasked := range []string{"EASEL_OIDC_", "EASEL_BILLING_", "EASEL_SECRETS_", "EASEL_BACKUP_"} {
			if strings.HasPrefix(v.Name, unasked) {
				t.Errorf("%s is set, which nobody asked for", v.Name)
			}
		}
	}
}

// TestValuesAreChecked: what is misspelt or senseless is refused before anything
// is applied.
func TestValuesAreChecked(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"a value there is not":     {"replica": 2},
		"a port there is not":      {"media": map[string]any{"udpPort": 70000}},
		"a mode there is not":      {"media": map[string]any{"mode": "nodePort"}},
		"no namespace name":        {"sessions": map[string]any{"namespace": "My Sessions"}},
		"a pool without a number":  {"sessions": map[string]any{"warm": []any{"standard"}}},
		"a time without a unit":    {"sessions": map[string]any{"idle": "45"}},
		"a sidecar with no image":  {"sessions": map[string]any{"sidecars": []any{map[string]any{"name": "beside"}}}},
		"a size without requests":  {"sessions": map[string]any{"sizes": map[string]any{"odd": map[string]any{"resources": map[string]any{}}}}},
		"TURN without its secret":  {"turn": map[string]any{"urls": []any{"turn:turn.example.com"}}},
		"a gateway without a name": {"gateway": map[string]any{"enabled": true}},
		"a provider and no client": {"oidc": map[string]any{"issuer": "https://id.example.com"}},
		"a claim without a value":  {"oidc": map[string]any{"allow": []any{"artists"}}},
		"a claim without a plan":   {"oidc": map[string]any{"plans": []any{"groups=staff"}}},
		"billing at no URL":        {"billing": map[string]any{"url": "billing.example.com"}},
		"backups and no password":  {"backup": map[string]any{"repository": "/backup"}},
		"one repository for two":   {"replicas": 2, "backup": map[string]any{"repository": "/backup", "secretName": "snapshots"}},
	} {
		if _, err := render(values, "default"); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}
