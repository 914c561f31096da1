{{- define "posthorn.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Selector labels of a Deployment. They must never change: selectors are immutable. */}}
{{- define "posthorn.selectorLabels" -}}
app.kubernetes.io/name: posthorn
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- define "posthorn.labels" -}}
{{ include "posthorn.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "posthorn.image" -}}
{{- $repository := required "image.repository is not set: the registry and name of the image built from deploy/Dockerfile" .repository -}}
{{- if .digest -}}
{{ $repository }}@{{ .digest }}
{{- else -}}
{{ $repository }}:{{ .tag | default .appVersion }}
{{- end -}}
{{- end -}}

{{/* The name of the Secret. */}}
{{- define "posthorn.secret" -}}
{{- required "existingSecret is not set: the name of a Secret with DATABASE_URL, REDIS_URL and POSTHORN_ENCRYPTION_KEY" .Values.existingSecret -}}
{{- end -}}
