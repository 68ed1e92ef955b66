{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "tiercel.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's name, with the chart's unless it is in there: 63 characters fit into a label. */}}
{{- define "tiercel.fullname" -}}
{{- $name := include "tiercel.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tiercel.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tiercel.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tiercel.labels" -}}
{{ include "tiercel.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "tiercel.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tiercel.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "tiercel.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* Not empty if the sensor reads from the API server. */}}
{{- define "tiercel.readsApi" -}}
{{- $kubernetes := (include "tiercel.config" . | fromYaml).kubernetes | default dict -}}
{{- if eq (toString $kubernetes.enabled) "true" -}}true{{- end -}}
{{- end -}}

{{- define "tiercel.image" -}}
{{- if contains "falcosecurity/" .Values.image.repository -}}
{{- fail (printf "image.repository %s is Falco's image: name the image that you built from deploy/Dockerfile" .Values.image.repository) -}}
{{- end -}}
{{- $image := printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- with .Values.image.registry -}}{{- printf "%s/" . -}}{{- end -}}
{{- $image -}}
{{- end -}}

{{- define "tiercel.metricsLabels" -}}
app.kubernetes.io/component: metrics
{{- end -}}
