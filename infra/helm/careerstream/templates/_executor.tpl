{{- /* (dict "root" $ "job" NAME): the pod that Spark fills in for each executor. Spark itself adds
image, command, resources, service account, owner and a folder for shuffles. */}}
{{- define "careerstream.executorPod" -}}
apiVersion: v1
kind: Pod
metadata:
  labels: {{- include "careerstream.podLabels" (dict "root" .root "job" .job "role" "executor") | nindent 4 }}
spec:
  automountServiceAccountToken: false
  securityContext: {{- include "careerstream.podSecurity" . | nindent 4 }}
  {{- with include "careerstream.scheduling" .root }}
  {{- . | nindent 2 }}
  {{- end }}
  containers:
    - name: executor
      image: {{ include "careerstream.image" .root }}
      securityContext: {{- include "careerstream.containerSecurity" . | nindent 8 }}
      {{- with include "careerstream.storageEnvironment" .root | trim }}
      envFrom: {{- . | nindent 8 }}
      {{- end }}
      volumeMounts: {{- include "careerstream.commonMounts" .root | nindent 8 }}
  volumes: {{- include "careerstream.commonVolumes" .root | nindent 4 }}
{{- end }}
