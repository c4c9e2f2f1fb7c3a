{{/* What more than one template says. Each of them takes (list . NAME), where NAME is the workload's. */}}

{{/* Labels of every object. */}}
{{- define "logmesh.labels" -}}
{{- $root := index . 0 -}}
app: {{ index . 1 }}
app.kubernetes.io/part-of: logmesh
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Name, namespace and labels of an object that is named like its workload. */}}
{{- define "logmesh.metadata" -}}
name: {{ index . 1 }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "logmesh.labels" . | nindent 2 }}
{{- end }}

{{/* The same of what is the agents', in their namespace. */}}
{{- define "logmesh.agentMetadata" -}}
name: log-agent
namespace: log-agent
labels:
  {{- include "logmesh.labels" (list . "log-agent") | nindent 2 }}
{{- end }}

{{/* The namespaces of a release, each with the label `app` of what is about all of it. */}}
{{- define "logmesh.namespaces" -}}
{{ .Release.Namespace | quote }}: log-system
{{- if .Values.agent.enabled }}
log-agent: log-agent
{{- end }}
{{- end }}

{{/* The version that runs, which is the tag of the images. */}}
{{- define "logmesh.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Image of our own and when it is pulled: (list . NAME) or (list . NAME TAG). */}}
{{- define "logmesh.image" -}}
{{- $root := index . 0 -}}
{{- $tag := include "logmesh.tag" $root -}}
{{- if gt (len .) 2 }}{{ $tag = index . 2 | default $tag }}{{ end -}}
image: {{ with $root.Values.image.registry }}{{ . }}/{{ end }}logmesh/{{ index . 1 }}:{{ $tag }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
{{- end }}

{{/* The version in the name of somebody else's image: 2.29.2 of timescale/timescaledb:2.29.2-pg17. */}}
{{- define "logmesh.versionOf" -}}
{{ regexFind "^[0-9]+([.][0-9]+)*" (last (splitList ":" (first (splitList "@" .)))) | default "unknown" }}
{{- end }}

{{/* Labels that a pod bears beside its workload's: (list . VERSION). */}}
{{- define "logmesh.podLabels" -}}
app.kubernetes.io/part-of: logmesh
version: {{ index . 1 | quote }}
{{- if (index . 0).Values.istio.enabled }}
sidecar.istio.io/inject: "true"
{{- end }}
{{- end }}

{{/* Who a pod is, to the API server and to registries. */}}
{{- define "logmesh.identity" -}}
{{- $root := index . 0 -}}
serviceAccountName: {{ index . 1 }}
automountServiceAccountToken: false
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Nobody's root: (dict "user" UID "group" GID "volumes" true), where pods with volumes to write to have the group own them. */}}
{{- define "logmesh.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .group }}
  {{- if .volumes }}
  fsGroup: {{ .group }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* What no container may. */}}
{{- define "logmesh.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Over zones first, then over hosts: takes NAME. */}}
{{- define "logmesh.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {app: {{ . }}}}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {app: {{ . }}}}
{{- end }}

{{/* A volume to claim: takes {storage, storageClassName}. */}}
{{- define "logmesh.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .storageClassName }}
storageClassName: {{ . }}
{{- end }}
resources: {requests: {storage: {{ .storage }}}}
{{- end }}

{{/* Nothing, or a refusal where a volume in whole Mi, Gi or Ti is no larger than what it has to hold: (list NAME {storage, maxBytes}). */}}
{{- define "logmesh.volumeHolds" -}}
{{- $units := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $name := index . 0 -}}
{{- $maxBytes := int64 (index . 1).maxBytes -}}
{{- with regexFind "^[0-9]+(Mi|Gi|Ti)$" (toString (index . 1).storage) -}}
{{- $unit := get $units (substr (int (sub (len .) 2)) -1 .) -}}
{{- if le (mul (regexFind "^[0-9]+" . | int64) $unit) $maxBytes -}}
{{- fail (printf "%s.maxBytes is %d, for which a volume of %s is too small" $name $maxBytes .) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* An identity that has no business with the API server. */}}
{{- define "logmesh.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "logmesh.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{/* One pod at a time when nodes are drained: (list . NAME), or (list . NAME POLICY) of pods that are not ready. */}}
{{- define "logmesh.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "logmesh.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  {{- if gt (len .) 2 }}
  # A pod that is not ready still holds what is stored nowhere else: it may go while the others are ready.
  unhealthyPodEvictionPolicy: {{ index . 2 }}
  {{- else }}
  # A pod that is broken anyway must not hold up the drain of its node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  {{- end }}
  selector: {matchLabels: {app: {{ index . 1 }}}}
{{- end }}

{{/* How few and how many: (list . NAME CONTAINER {minReplicas, maxReplicas}), or a refusal. */}}
{{- define "logmesh.bounds" -}}
{{- $bounds := index . 3 -}}
{{- if gt (int $bounds.minReplicas) (int $bounds.maxReplicas) }}
{{- fail (printf "%s: autoscaling.minReplicas is %d and maxReplicas %d, which is less" (index . 1) (int $bounds.minReplicas) (int $bounds.maxReplicas)) }}
{{- end -}}
minReplicas: {{ $bounds.minReplicas }}
maxReplicas: {{ $bounds.maxReplicas }}
{{- end }}

{{/* Up at once, down slowly: as above. */}}
{{- define "logmesh.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "logmesh.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ index . 1 }}}
  {{- include "logmesh.bounds" . | nindent 2 }}
  metrics:
    # Of this container alone: a sidecar's use would blur it.
    - type: ContainerResource
      containerResource:
        name: cpu
        container: {{ index . 2 }}
        target: {type: Utilization, averageUtilization: 70}
    # Two and a half times the request is near the limit, as long as the values keep them so far apart.
    - type: ContainerResource
      containerResource:
        name: memory
        container: {{ index . 2 }}
        target: {type: Utilization, averageUtilization: 250}
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 15
      policies: [{type: Percent, value: 100, periodSeconds: 30}]
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{type: Pods, value: 1, periodSeconds: 60}]
{{- end }}

{{/* A Secret whose random values are made once: (dict "root" . "app" APP "name" NAME "keys" KEYS). One that is in the cluster keeps what
     it has, and one that isn't this release's is left alone. */}}
{{- define "logmesh.secret" -}}
{{- $root := .root -}}
{{- $known := lookup "v1" "Secret" $root.Release.Namespace .name | default dict -}}
{{- $data := $known.data | default dict -}}
{{- $annotations := dig "metadata" "annotations" dict $known | default dict -}}
{{- if or (not $known) (eq (get $annotations "meta.helm.sh/release-name") $root.Release.Name) -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "logmesh.labels" (list $root .app) | nindent 4 }}
  annotations:
    # The volumes outlive the release, and the passwords of the roles in them.
    helm.sh/resource-policy: keep
type: Opaque
data:
  {{- range .keys }}
  {{ . }}: {{ get $data . | default (randAlphaNum 32 | b64enc) | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{/* PostgreSQL's configuration; of a setting that is there twice the last counts. */}}
{{- define "logmesh.postgresql" -}}
{{ .Files.Get "files/postgresql.conf" }}
{{- with .Values.timescaledb.configuration }}
{{ . }}
{{ end }}
{{- end }}

{{/* Text of objects that were written for the namespace log-system, for that of the release: (list . TEXT). Names of objects and labels
     stay. */}}
{{- define "logmesh.relocated" -}}
{{- $to := (index . 0).Release.Namespace -}}
{{- $text := index . 1 -}}
{{- range $around := list "namespace: %s" "namespace=\"%s\"" "matchNames: [%s" "/ns/%s/" ".%s.svc" "-n %s" }}
{{- $text = replace (printf $around "log-system") (printf $around $to) $text }}
{{- end }}
{{- $text }}
{{- end }}

{{/* Where a workload's certificate is, as settings of a process: (list . PREFIX). */}}
{{- define "logmesh.tlsFiles" -}}
{{- $prefix := index . 1 -}}
{{- if (index . 0).Values.tls.enabled -}}
- name: {{ $prefix }}_CERT
  value: /etc/logmesh/tls/tls.crt
- name: {{ $prefix }}_KEY
  value: /etc/logmesh/tls/tls.key
- name: {{ $prefix }}_CA
  value: /etc/logmesh/tls/ca.crt
{{- end }}
{{- end }}

{{/* The same of a server, with the identities that may call it: (list . WORKLOAD…), and that of receivers, whose word on tenants is taken and
     who may know tokens. Its probes have a port of their own. */}}
{{- define "logmesh.tlsServer" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.tls.enabled -}}
{{- include "logmesh.tlsFiles" (list $root "LOGMESH_TLS") }}
- name: LOGMESH_HEALTH_PORT
  value: "50059"
{{- $callers := list }}
{{- range rest . }}{{ $callers = append $callers (include "logmesh.spiffe" (list $root .)) }}{{ end }}
- name: LOGMESH_CALLERS
  value: {{ join "," $callers }}
{{- if $root.Values.receiver.enabled }}
- name: LOGMESH_RECEIVERS
  value: {{ include "logmesh.spiffe" (list $root "log-receiver") }}
{{- end }}
{{- end }}
{{- end }}

{{/* The identity of a workload: (list . NAME). */}}
{{- define "logmesh.spiffe" -}}
spiffe://cluster.local/ns/{{ (index . 0).Release.Namespace }}/sa/{{ index . 1 }}
{{- end }}

{{/* Whose access tokens a process takes, as its settings; nothing where none are asked for. The edge's have a prefix of their own. */}}
{{- define "logmesh.jwt" -}}
{{- with .Values.edge.jwt }}
{{- if .issuer -}}
- name: LOGMESH_JWT_ISSUER
  value: {{ .issuer | quote }}
- name: LOGMESH_JWT_AUDIENCE
  value: {{ .audience | quote }}
- name: LOGMESH_JWT_JWKS
  value: {{ .jwks | quote }}
- name: LOGMESH_JWT_TENANT_CLAIM
  value: {{ .tenantClaim | quote }}
- name: LOGMESH_JWT_ROLES_CLAIM
  value: {{ .rolesClaim | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The way to the issuer's keys, as a rule of a policy. Where it is, is its business, so the port alone is named. */}}
{{- define "logmesh.jwksEgress" -}}
{{- with .Values.edge.jwt }}
{{- if .issuer -}}
- ports: [{protocol: TCP, port: {{ regexFind ":[0-9]+$" (urlParse .jwks).host | trimPrefix ":" | default "443" }}}]
{{- end }}
{{- end }}
{{- end }}

{{/* The port that probes ask for health, where the one given speaks mutual TLS or not: (list . PORT). */}}
{{- define "logmesh.probed" -}}
{{ ternary 50059 (index . 1) (index . 0).Values.tls.enabled }}
{{- end }}

{{/* Mount and volume of a workload's certificate, as cert-manager makes and renews it. */}}
{{- define "logmesh.tlsMount" -}}
{{- if .Values.tls.enabled -}}
- {name: tls, mountPath: /etc/logmesh/tls, readOnly: true}
{{- end }}
{{- end }}
{{- define "logmesh.tlsVolume" -}}
{{- if (index . 0).Values.tls.enabled -}}
- name: tls
  secret: {secretName: {{ index . 1 }}-tls}
{{- end }}
{{- end }}
