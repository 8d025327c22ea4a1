{{/* Names, labels and what several manifests share. */}}

{{- define "espalier.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "espalier.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "espalier.labels" -}}
{{ include "espalier.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* What follows a coordinator's pod name in the name of its host. */}}
{{- define "espalier.domain" -}}
{{ include "espalier.name" . }}-coordinators.{{ .Release.Namespace }}.svc
{{- end }}

{{- define "espalier.hosts" -}}
{{- $hosts := list }}
{{- range $i := until (int .Values.coordinator.replicas) }}
{{- $hosts = append $hosts (printf "%s-coordinator-%d.%s" (include "espalier.name" $) $i (include "espalier.domain" $)) }}
{{- end }}
{{- $hosts | toJson }}
{{- end }}

{{- define "espalier.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "espalier.secure" -}}
{{- if not .Values.security.insecure }}true{{ end }}
{{- end }}

{{- define "espalier.scheme" -}}
{{- if include "espalier.secure" . }}https{{ else }}http{{ end }}
{{- end }}

{{- define "espalier.tlsSecret" -}}
{{ .Values.security.tls.secret | default (printf "%s-tls" (include "espalier.name" .)) }}
{{- end }}

{{- define "espalier.storeClaim" -}}
{{ .Values.store.existingClaim | default (printf "%s-store" (include "espalier.name" .)) }}
{{- end }}

{{/* How Prometheus talks to a node. */}}
{{- define "espalier.scraped" -}}
scheme: {{ include "espalier.scheme" . }}
{{- if include "espalier.secure" . }}
tlsConfig:
  ca: {secret: {name: {{ include "espalier.tlsSecret" . }}, key: ca.crt}}
  serverName: {{ include "espalier.name" . }}.{{ .Release.Namespace }}.svc
{{- end }}
{{- end }}

{{- define "espalier.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
# A store of many files would be walked at each start otherwise.
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "espalier.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Refuses values that cannot work, before anything is installed. */}}
{{- define "espalier.check" -}}
{{- $replicas := int .Values.coordinator.replicas }}
{{- if and (gt $replicas 1) (not .Values.coordinator.journal.url) }}
{{- fail "coordinator.replicas is more than 1: several coordinators share a database; set coordinator.journal.url to jdbc:postgresql://HOST/DATABASE?user=NAME" }}
{{- end }}
{{- if eq (mod $replicas 2) 0 }}
{{- fail (printf "coordinator.replicas is %d; expected an odd number: a majority of them must see each other" $replicas) }}
{{- end }}
{{- with .Values.security }}
{{- if not .insecure }}
{{- if not (or .tls.secret .tls.certManagerIssuer) }}
{{- fail "security.tls: name the Secret with the nodes' certificate (secret) or cert-manager's issuer (certManagerIssuer); where whoever reaches the ports may use them, set security.insecure=true" }}
{{- end }}
{{- if not .tokensSecret }}
{{- fail "security.tokensSecret: name the Secret whose key \"tokens\" is the file that espalier token writes; where whoever reaches the ports may use them, set security.insecure=true" }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
