{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* The configuration: `tiercel`, then `falco`, over the settings that follow from other values. */}}
{{- define "tiercel.config" -}}
{{- $config := include "tiercel.derived" . | fromYaml -}}
{{- $config = mergeOverwrite $config (deepCopy (.Values.tiercel | default dict)) -}}
{{- $config = mergeOverwrite $config (deepCopy (.Values.falco | default dict)) -}}
{{- $config = mergeOverwrite $config (include "tiercel.forced" . | fromYaml) -}}
{{- toYaml $config -}}
{{- end -}}

{{/* What a sensor reads at its start only: a change of it has to start the pods again. */}}
{{- define "tiercel.atStart" -}}
{{- $config := include "tiercel.config" . | fromYaml -}}
{{- if eq (toString $config.watch_config_files) "false" -}}
{{- $config = dict "config" $config "rules" .Values.customRules -}}
{{- else -}}
{{- range include "tiercel.reloaded" . | fromYamlArray -}}
{{- $config = omit $config . -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Settings from values that the configuration may override. */}}
{{- define "tiercel.derived" -}}
{{- $kubernetes := or .Values.kubernetes.enabled (dig "kubernetes" "enabled" false .Values.collectors) -}}
kubernetes:
  enabled: {{ $kubernetes }}
{{- $engines := dict -}}
{{- range $name, $engine := dig "containerEngine" "engines" dict .Values.collectors -}}
{{- $_ := set $engines $name $engine -}}
{{- end -}}
{{- $containers := and (dig "enabled" true .Values.collectors) (dig "containerEngine" "enabled" true .Values.collectors) -}}
{{- if not $containers -}}
{{- range $name := list "docker" "podman" "cri" "containerd" -}}
{{- $_ := set $engines $name (dict "enabled" false) -}}
{{- end -}}
{{- end -}}
{{- with dig "containerEngine" "labelMaxLen" nil .Values.collectors -}}
{{- $_ := set $engines "label_max_len" . -}}
{{- end -}}
{{- with $engines }}
container_engines:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.driver }}
engine:
  kind: {{ dig "enabled" true . | ternary "modern_ebpf" "nodriver" }}
  {{- with .modernEbpf }}
  modern_ebpf:
    {{- with .bufSizePreset }}
    buf_size_preset: {{ . }}
    {{- end }}
    {{- if hasKey . "dropFailedExit" }}
    drop_failed_exit: {{ .dropFailedExit }}
    {{- end }}
    {{- if hasKey . "cpusForEachBuffer" }}
    cpus_for_each_buffer: {{ .cpusForEachBuffer }}
    {{- end }}
    {{- if hasKey . "disableIterators" }}
    disable_iterators: {{ .disableIterators }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Settings that a value decides, as in Falco's chart. */}}
{{- define "tiercel.forced" -}}
{{- if .Values.falcosidekick.enabled }}
json_output: true
json_include_output_property: true
http_output:
  enabled: true
  url: {{ include "tiercel.sidekick" . }}
{{- end }}
{{- with .Values.metrics }}
{{- if .enabled }}
webserver:
  enabled: true
  listen_address: 0.0.0.0
  listen_port: {{ .service.port }}
  prometheus_metrics_enabled: true
metrics:
  enabled: true
  interval: {{ .interval }}
  output_rule: {{ .outputRule }}
  {{- with .outputFile }}
  output_file: {{ . }}
  {{- end }}
  {{- range $name, $key := include "tiercel.metrics" $ | fromYaml }}
  {{- if hasKey $.Values.metrics $name }}
  {{ $key }}: {{ get $.Values.metrics $name }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Names of groups of counters: in the values of Falco's chart, and in the configuration. */}}
{{- define "tiercel.metrics" -}}
rulesCountersEnabled: rules_counters_enabled
resourceUtilizationEnabled: resource_utilization_enabled
stateCountersEnabled: state_counters_enabled
kernelEventCountersEnabled: kernel_event_counters_enabled
kernelEventCountersPerCPUEnabled: kernel_event_counters_per_cpu_enabled
libbpfStatsEnabled: libbpf_stats_enabled
pluginsMetricsEnabled: plugins_metrics_enabled
kernelIterEventCountersEnabled: kernel_iter_event_counters_enabled
jemallocStatsEnabled: jemalloc_stats_enabled
convertMemoryToMB: convert_memory_to_mb
includeEmptyValues: include_empty_values
{{- end -}}

{{- define "tiercel.sidekick" -}}
{{- $host := printf "%s-falcosidekick" .Release.Name -}}
{{- if .Values.falcosidekick.fullfqdn -}}
{{- $host = printf "%s.%s.svc.cluster.local" $host (include "tiercel.namespace" .) -}}
{{- end -}}
{{- printf "http://%s:%v" $host (default 2801 .Values.falcosidekick.listenPort) -}}
{{- end -}}

{{/* The health page of the web server as a map; empty if there is no web server. */}}
{{- define "tiercel.health" -}}
{{- $config := include "tiercel.config" . | fromYaml -}}
{{- $webserver := $config.webserver | default dict -}}
{{- if and $webserver.enabled (ne (dig "engine" "kind" "" $config) "nodriver") -}}
port: {{ default 8765 $webserver.listen_port }}
path: {{ default "/healthz" $webserver.k8s_healthz_endpoint }}
scheme: {{ $webserver.ssl_enabled | default false | ternary "HTTPS" "HTTP" }}
{{- end -}}
{{- end -}}

{{/* Values of Falco's chart that change nothing here, one per line, with what to use instead. */}}
{{- define "tiercel.withoutEffect" -}}
{{- $values := .Values -}}
{{- $found := list -}}
{{- if $values.falcoctl -}}
{{- $found = append $found "falcoctl: rules come with the image and from customRules; build an image with others" -}}
{{- end -}}
{{- if has "/etc/falco/falco_rules.yaml" (($values.falco | default dict).rules_files | default list) -}}
{{- $found = append $found "falco.rules_files: the image has no /etc/falco/falco_rules.yaml; leave rules_files out for the packaged rules, or add the file with customRules" -}}
{{- end -}}
{{- if $values.driver.loader -}}
{{- $found = append $found "driver.loader: there is no driver to build" -}}
{{- end -}}
{{- if or $values.driver.kmod $values.driver.ebpf (has ($values.driver.kind | default "auto") (list "kmod" "module" "ebpf")) -}}
{{- $found = append $found "driver.kind: the probe is modern eBPF whatever the kind is; driver.modernEbpf has its settings" -}}
{{- end -}}
{{- range $name := list "docker" "containerd" "crio" "podman" "bpm" "lxc" "libvirt_lxc" -}}
{{- if hasKey $values.collectors $name -}}
{{- $found = append $found (printf "collectors.%s: use collectors.containerEngine.engines" $name) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "pluginRef" "withSize" "hooks" -}}
{{- if hasKey ($values.collectors.containerEngine | default dict) $name -}}
{{- $found = append $found (printf "collectors.containerEngine.%s: metadata of containers are built in" $name) -}}
{{- end -}}
{{- end -}}
{{- if gt (len (omit ($values.collectors.kubernetes | default dict) "enabled")) 0 -}}
{{- $found = append $found "collectors.kubernetes.*: the sensor reads from the API server itself; only `enabled` counts" -}}
{{- end -}}
{{- if $values.mounts.enforceProcMount -}}
{{- $found = append $found "mounts.enforceProcMount: hostRoot needs no mount" -}}
{{- end -}}
{{- if or $values.responseActions (index $values "falco-talon") -}}
{{- $found = append $found "responseActions, falco-talon: use `responses` in the configuration" -}}
{{- end -}}
{{- if index $values "k8s-metacollector" -}}
{{- $found = append $found "k8s-metacollector: the sensor reads from the API server itself" -}}
{{- end -}}
{{- if $values.grafana -}}
{{- $found = append $found "grafana: import deploy/grafana/*.json" -}}
{{- end -}}
{{- if $values.scc -}}
{{- $found = append $found "scc: bind the service account to `privileged` yourself (`oc adm policy add-scc-to-user`)" -}}
{{- end -}}
{{- if $values.metrics.service.ports -}}
{{- $found = append $found "metrics.service.ports: use metrics.service.port" -}}
{{- end -}}
{{- if or $values.certs.server $values.certs.ca $values.certs.client -}}
{{- $found = append $found "certs.server, certs.ca, certs.client: put them into Secrets, and name these in certs.existingSecret and certs.existingClientSecret" -}}
{{- end -}}
{{- join "\n" $found -}}
{{- end -}}
