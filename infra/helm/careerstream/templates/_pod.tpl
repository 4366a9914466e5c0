{{- /* Pod Security's level "restricted", for every pod. 185 is the image's user. */}}
{{- define "careerstream.podSecurity" -}}
runAsNonRoot: true
runAsUser: 185
runAsGroup: 185
fsGroup: 185
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "careerstream.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Where a pod runs. */}}
{{- define "careerstream.scheduling" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The only folders that can be written, and the certificate: every pod has them. */}}
{{- define "careerstream.commonMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: user, mountPath: /home/spark}
{{- if .Values.secrets.kafkaCa }}
- {name: kafka-ca, mountPath: /etc/careerstream-tls, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "careerstream.commonVolumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.scratchSize }}}
- name: user
  emptyDir: {sizeLimit: {{ .Values.scratchSize }}}
{{- with .Values.secrets.kafkaCa }}
- name: kafka-ca
  secret: {secretName: {{ . }}, items: [{key: ca.pem, path: ca.pem}]}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* (dict "root" $ "login" PRINCIPAL "streams" BOOL): the files of the pod's own secrets, no other
job's password among them. */}}
{{- define "careerstream.secretSources" -}}
{{- $secrets := .root.Values.secrets }}
{{- $sasl := hasPrefix "SASL" (default "" .root.Values.settings.kafka.security_protocol) }}
{{- if and .login $sasl }}
- secret: {name: {{ $secrets.kafka }}, items: [{key: {{ .login }}, path: kafka-password}]}
{{- end }}
{{- if and .streams $secrets.metricsToken }}
- secret: {name: {{ $secrets.metricsToken }}, items: [{key: token, path: metrics-token}]}
{{- end }}
{{- if and .streams $secrets.matchKey (eq .login "match") }}
- secret: {name: {{ $secrets.matchKey }}, items: [{key: match.key, path: match.key}]}
{{- end }}
{{- if and .login $secrets.pseudonymKey }}
- secret: {name: {{ $secrets.pseudonymKey }}, items: [{key: pseudonyms.key, path: pseudonyms.key}]}
{{- end }}
{{- end }}

{{- define "careerstream.driverMounts" -}}
{{ include "careerstream.commonMounts" .root }}
- {name: home, mountPath: /var/lib/careerstream}
- {name: config, mountPath: /etc/careerstream, readOnly: true}
{{- if include "careerstream.secretSources" . }}
- {name: secrets, mountPath: /run/secrets/careerstream, readOnly: true}
{{- end }}
{{- end }}

{{- /* As careerstream.secretSources, and "name" of the ConfigMap; "claim" of HOME, "" for none. */}}
{{- define "careerstream.driverVolumes" -}}
{{ include "careerstream.commonVolumes" .root }}
- name: home
  {{- if .claim }}
  persistentVolumeClaim: {claimName: {{ .claim }}}
  {{- else }}
  emptyDir: {sizeLimit: {{ .root.Values.scratchSize }}}
  {{- end }}
- name: config
  configMap: {name: {{ .name }}}
{{- with include "careerstream.secretSources" . }}
- name: secrets
  projected:
    defaultMode: 0440
    sources: {{- . | nindent 6 }}
{{- end }}
{{- end }}

{{- /* Environment from Secrets. Executors read and write storage, and MLflow they do not know. */}}
{{- define "careerstream.storageEnvironment" -}}
{{- with .Values.secrets.storage }}
- secretRef: {name: {{ . }}}
{{- end }}
{{- end }}

{{- define "careerstream.driverEnvironment" -}}
{{ include "careerstream.storageEnvironment" . }}
{{- with .Values.secrets.mlflow }}
- secretRef: {name: {{ . }}}
{{- end }}
{{- end }}
