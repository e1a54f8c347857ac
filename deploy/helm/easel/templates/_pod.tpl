{{- define "easel.pod" -}}
metadata:
  labels:
    app.kubernetes.io/name: easel
    app.kubernetes.io/component: session
  annotations:
    # A session is not moved for the sake of packing; people sit in it.
    cluster-autoscaler.kubernetes.io/safe-to-evict: "false"
spec:
  serviceAccountName: easel-session
  terminationGracePeriodSeconds: 30
  priorityClassName: {{ .root.Release.Name }}-session
  {{- with .root.Values.sessions.image.pullSecrets }}
  imagePullSecrets: {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: session
      image: {{ include "easel.sessionImage" .root }}
      imagePullPolicy: {{ .root.Values.sessions.image.pullPolicy }}
      {{- with .class.env }}
      env:
        {{- range $name, $value := . }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
      {{- end }}
      resources: {{- toYaml .class.resources | nindent 8 }}
      securityContext: {{- include "easel.restricted" . | nindent 8 }}
      # The pod listens on nothing: a file says that GIMP is there.
      startupProbe:
        exec: {command: [test, -f, /run/easel/ready]}
        periodSeconds: 1
        failureThreshold: 300
      readinessProbe:
        exec: {command: [test, -f, /run/easel/ready]}
        periodSeconds: 10
      volumeMounts:
        - {name: run, mountPath: /run/easel}
        - {name: tmp, mountPath: /tmp}
    {{- with .root.Values.sessions.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - {name: run, emptyDir: {sizeLimit: 4Gi}}
    - {name: tmp, emptyDir: {sizeLimit: 4Gi}}
    {{- with .root.Values.sessions.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .class.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .class.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
