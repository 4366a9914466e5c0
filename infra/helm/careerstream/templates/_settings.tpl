{{- /* (dict "root" $ "login" PRINCIPAL, "" for none): the sections that every job has. */}}
{{- define "careerstream.commonSettings" -}}
{{- $root := .root }}
{{- $settings := deepCopy $root.Values.settings }}
{{- $_ := set $settings "home" "/var/lib/careerstream" }}
{{- if not .login }}
{{- $settings = omit $settings "kafka" }}
{{- else }}
{{- $kafka := $settings.kafka }}
{{- if hasPrefix "SASL" (default "" $kafka.security_protocol) }}
{{- $_ := set $kafka "username" (printf "%s%s" $root.Values.principalPrefix .login) }}
{{- $_ := set $kafka "password_file" "/run/secrets/careerstream/kafka-password" }}
{{- end }}
{{- if $root.Values.secrets.kafkaCa }}
{{- $_ := set $kafka "ssl_ca" "/etc/careerstream-tls/ca.pem" }}
{{- end }}
{{- end }}
{{- if $root.Values.secrets.pseudonymKey }}
{{- $key := dict "pseudonyms" "yes" "key_file" "/run/secrets/careerstream/pseudonyms.key" }}
{{- $_ := set $settings "privacy" (mustMergeOverwrite (default dict $settings.privacy) $key) }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{- /* (dict "root" $ "name" NAME "job" JOB): careerstream.toml of a streaming job. */}}
{{- define "careerstream.jobSettings" -}}
{{- $root := .root }}
{{- $settings := include "careerstream.commonSettings" (dict "root" $root "login" .name) | fromYaml }}
{{- if $root.Values.secrets.metricsToken }}
{{- $metrics := dict "host" "0.0.0.0" "port" ($root.Values.metricsPort | int)
    "token_file" "/run/secrets/careerstream/metrics-token" }}
{{- $_ := set $settings "metrics" (mustMergeOverwrite (default dict $settings.metrics) $metrics) }}
{{- end }}
{{- if $root.Values.secrets.matchKey }}
{{- $key := dict "key_file" "/run/secrets/careerstream/match.key" }}
{{- $_ := set $settings "match" (mustMergeOverwrite (default dict $settings.match) $key) }}
{{- end }}
{{- $spark := include "careerstream.sparkSettings" . | fromYaml }}
{{- $settings = mustMergeOverwrite $settings (dict "spark" $spark) }}
{{- mustMergeOverwrite $settings .job.settings | toToml }}
{{- end }}

{{- /* Where a streaming job's tasks run: in executors that the driver asks Kubernetes for, or in
the driver itself. */}}
{{- define "careerstream.sparkSettings" -}}
{{- if eq (int .job.executors) 0 }}
master: local[{{ int .job.cores }}]
{{- else }}
master: k8s://https://kubernetes.default.svc
conf:
  spark.executor.instances: {{ int .job.executors | quote }}
  spark.executor.cores: {{ int .job.executor.cores | quote }}
  spark.executor.memory: {{ .job.executor.memory | quote }}
  spark.executor.memoryOverhead: {{ .job.executor.memoryOverhead | quote }}
  # Executors reach the driver by the name of its headless Service.
  spark.driver.host: {{ include "careerstream.jobName" (dict "root" .root "job" .name) }}.{{ .root.Release.Namespace }}.svc
  spark.driver.bindAddress: "0.0.0.0"
  spark.driver.port: "7078"
  spark.driver.blockManager.port: "7079"
  spark.blockManager.port: "7079"
  spark.kubernetes.namespace: {{ .root.Release.Namespace }}
  spark.kubernetes.container.image: {{ include "careerstream.image" .root | quote }}
  spark.kubernetes.container.image.pullPolicy: {{ .root.Values.image.pullPolicy }}
  {{- with .root.Values.image.pullSecrets }}
  spark.kubernetes.container.image.pullSecrets: {{ join "," . | quote }}
  {{- end }}
  spark.kubernetes.executor.podTemplateFile: /etc/careerstream/executor-pod.yaml
  spark.kubernetes.executor.podTemplateContainerName: executor
  spark.kubernetes.authenticate.executor.serviceAccountName: {{ include "careerstream.name" .root }}-executor
  # Spark makes no volume claims and no Service here, so the driver needs no rights on them.
  spark.kubernetes.driver.ownPersistentVolumeClaim: "false"
  spark.kubernetes.driver.service.deleteOnTermination: "false"
{{- end }}
{{- end }}

{{- /* (dict "root" $ "job" JOB): careerstream.toml of a job that runs to its end. */}}
{{- define "careerstream.cronJobSettings" -}}
{{- $settings := include "careerstream.commonSettings" (dict "root" .root "login" .job.principal) | fromYaml }}
{{- $spark := dict "master" (printf "local[%d]" (int .job.cores)) }}
{{- $settings = mustMergeOverwrite $settings (dict "spark" $spark) }}
{{- mustMergeOverwrite $settings .job.settings | toToml }}
{{- end }}
