{{- /* The release's name in front of every object's. */}}
{{- define "careerstream.name" -}}
{{- $.Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* (dict "root" $ "job" NAME): the name of a job's objects; a job's own name may hold "_". */}}
{{- define "careerstream.jobName" -}}
{{- printf "%s-%s" (include "careerstream.name" .root) (replace "_" "-" .job) }}
{{- end }}

{{- /* Labels by which the objects of a release are found. */}}
{{- define "careerstream.selectorLabels" -}}
app.kubernetes.io/name: careerstream
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "careerstream.labels" -}}
{{ include "careerstream.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* (dict "root" $ "job" NAME "role" driver|executor|cron): labels of a job's pods.
The network policies choose by role. */}}
{{- define "careerstream.podLabels" -}}
{{ include "careerstream.selectorLabels" .root }}
app.kubernetes.io/component: {{ replace "_" "-" .job }}
careerstream/role: {{ .role }}
{{- end }}

{{- define "careerstream.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* The streaming jobs that are on, with their defaults, as YAML by name. */}}
{{- define "careerstream.jobs" -}}
{{- $jobs := dict }}
{{- range $name, $job := .Values.jobs }}
{{- if $job.enabled }}
{{- $_ := set $jobs $name (mustMergeOverwrite (deepCopy $.Values.jobDefaults) $job) }}
{{- end }}
{{- end }}
{{- toYaml $jobs }}
{{- end }}

{{- /* The jobs that run to their end and are on, with their defaults, as YAML by name. */}}
{{- define "careerstream.cronJobs" -}}
{{- $jobs := dict }}
{{- range $name, $job := .Values.cronJobs }}
{{- $job = mustMergeOverwrite (deepCopy $.Values.cronJobDefaults) $job }}
{{- if $job.enabled }}
{{- $_ := set $jobs $name $job }}
{{- end }}
{{- end }}
{{- toYaml $jobs }}
{{- end }}
