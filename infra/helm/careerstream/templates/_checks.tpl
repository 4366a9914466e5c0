{{- /* Values that cannot work, each with its remedy. Every render includes it. */}}
{{- define "careerstream.checks" -}}
{{- $jobs := include "careerstream.jobs" . | fromYaml }}
{{- $settings := .Values.settings }}
{{- $_ := required "image.repository is empty; give the image that `make image` made" .Values.image.repository }}
{{- $_ = required "settings.kafka.bootstrap_servers is empty; give host:port of your brokers" $settings.kafka.bootstrap_servers }}
{{- $_ = required "settings.mlflow.tracking_uri is empty; give your MLflow server's, the registry of all jobs" $settings.mlflow.tracking_uri }}
{{- range $name := list "lake" "checkpoints" }}
{{- if not (contains ":/" (get $settings.storage $name)) }}
{{- fail (printf "settings.storage.%s is %q; give a URI that all pods reach, such as s3a://BUCKET/%s" $name (get $settings.storage $name) $name) }}
{{- end }}
{{- end }}
{{- if and (hasKey $jobs "hot_path") (or (hasKey $jobs "update_profiles") (hasKey $jobs "recommend")) }}
{{- fail "jobs.hot_path stands in place of update_profiles and recommend and shares their checkpoint; enable it or them" }}
{{- end }}
{{- if and (hasKey $jobs "match") (not .Values.secrets.matchKey) }}
{{- fail "jobs.match needs secrets.matchKey: a Secret with 32 random bytes under the key match.key, kept for ever" }}
{{- end }}
{{- if and (hasPrefix "SASL" (default "" $settings.kafka.security_protocol)) (not .Values.secrets.kafka) }}
{{- fail (printf "settings.kafka.security_protocol %s needs secrets.kafka: a Secret with a password by job" $settings.kafka.security_protocol) }}
{{- end }}
{{- with $jobs.converse }}
{{- if or (gt (int .executors) 0) (not .persistence.enabled) }}
{{- fail "jobs.converse needs its checkpoints in a folder: set its executors to 0 and persistence.enabled to true" }}
{{- end }}
{{- end }}
{{- end }}
