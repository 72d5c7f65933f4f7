{{- define "counterflow.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "counterflow.labels" -}}
app.kubernetes.io/name: counterflow
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "counterflow.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "counterflow.confined" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
{{- end }}

{{- define "counterflow.environment" -}}
- {name: COUNTERFLOW_SITE_URL, value: "https://{{ required "site.host must be said" .Values.site.host }}"}
- {name: COUNTERFLOW_ALLOWED_HOSTS, value: "{{ .Values.site.host }},{{ .Release.Name }}-web"}
- {name: COUNTERFLOW_PROXIES, value: "{{ .Values.site.proxies }}"}
- {name: COUNTERFLOW_SECRET_KEY_FILE, value: /secrets/secret-key}
- {name: COUNTERFLOW_KEYRING_FILE, value: /secrets/keyring.json}
- name: COUNTERFLOW_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secretName }}, key: database-url}}
- name: COUNTERFLOW_REDIS_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secretName }}, key: redis-url}}
- name: COUNTERFLOW_BROKER_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secretName }}, key: broker-url}}
{{- if .Values.storage.bucket }}
- {name: COUNTERFLOW_MEDIA_BUCKET, value: {{ .Values.storage.bucket | quote }}}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ .Values.secretName }}, key: aws-access-key-id}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.secretName }}, key: aws-secret-access-key}}
{{- end }}
{{- end }}

{{- define "counterflow.mounts" -}}
{{- if not .Values.storage.bucket }}
- {name: site, mountPath: /var/lib/counterflow/media, subPath: media}
{{- end }}
- {name: scratch, mountPath: /var/lib/counterflow}
- {name: secrets, mountPath: /secrets, readOnly: true}
{{- end }}

{{- define "counterflow.volumes" -}}
{{- if not .Values.storage.bucket }}
- name: site
  persistentVolumeClaim: {claimName: {{ .Release.Name }}-media}
{{- end }}
- name: scratch
  emptyDir: {}
- name: secrets
  secret:
    secretName: {{ .Values.secretName }}
    defaultMode: 0440
    items:
      - {key: secret-key, path: secret-key}
      - {key: keyring.json, path: keyring.json}
{{- end }}
