{{/* Pod fields that all roles share. No root user, no service account token. Parameters: the root context. */}}
{{- define "posthorn.pod" -}}
automountServiceAccountToken: false
# Variables of the Service such as POSTHORN_API_PORT would be rejected as unknown settings.
enableServiceLinks: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.extraVolumes }}
volumes: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Container fields that all roles share. No capabilities, read-only file system. Parameters: the root context. */}}
{{- define "posthorn.container" -}}
image: {{ include "posthorn.image" (merge (dict "appVersion" .Chart.AppVersion) .Values.image) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- with .Values.extraVolumeMounts }}
volumeMounts: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* An environment variable from the Secret. Parameters: root, name, optional. */}}
{{- define "posthorn.secretVariable" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ include "posthorn.secret" .root }}
      key: {{ .name }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}

{{/* The Deployment of a role. Parameters: root, role, app (folder below apps/), values, scaled (whether an autoscaler sets the
     replicas), portName, port, portVariable, secrets, optionalSecrets. */}}
{{- define "posthorn.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "posthorn.name" .root }}-{{ .role }}
  labels: {{- include "posthorn.labels" . | nindent 4 }}
spec:
  {{- if not .scaled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "posthorn.selectorLabels" . | nindent 6 }}
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels:
        {{- with .root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- include "posthorn.selectorLabels" . | nindent 8 }}
      {{- with .root.Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "posthorn.pod" .root | nindent 6 }}
      terminationGracePeriodSeconds: {{ add .root.Values.shutdownTimeoutSeconds 8 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "posthorn.selectorLabels" . | nindent 14 }}
      containers:
        - name: {{ .role }}
          {{- include "posthorn.container" .root | nindent 10 }}
          command: [node, apps/{{ .app }}/dist/main.js]
          env:
            {{- range .secrets }}
            {{- include "posthorn.secretVariable" (dict "root" $.root "name" .) | nindent 12 }}
            {{- end }}
            {{- range .optionalSecrets }}
            {{- include "posthorn.secretVariable" (dict "root" $.root "name" . "optional" true) | nindent 12 }}
            {{- end }}
            - name: {{ .portVariable }}
              value: {{ .port | quote }}
            - name: POSTHORN_SHUTDOWN_TIMEOUT_MS
              value: {{ mul .root.Values.shutdownTimeoutSeconds 1000 | quote }}
            {{- range $name, $text := .root.Values.config }}
            - name: {{ $name }}
              value: {{ $text | quote }}
            {{- end }}
            {{- with .root.Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - { name: {{ .portName }}, containerPort: {{ .port }} }
          # The process listens after the migration, which can wait about two minutes for a lock.
          startupProbe:
            httpGet: { path: /healthz, port: {{ .portName }} }
            periodSeconds: 3
            failureThreshold: 60
          readinessProbe:
            httpGet: { path: /readyz, port: {{ .portName }} }
            periodSeconds: 5
            timeoutSeconds: 4
          livenessProbe:
            httpGet: { path: /healthz, port: {{ .portName }} }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          resources: {{- toYaml .values.resources | nindent 12 }}
{{- end -}}
