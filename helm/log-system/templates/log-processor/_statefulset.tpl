{{/* Processors of one track: (dict "root" . "name" NAME "track" TRACK "replicas" N "tag" TAG "volumes" POLICY), where no replicas are an autoscaler's
     to say, an empty tag is that of all images, and the policy says whether volumes outlive their processors. */}}
{{- define "logmesh.processor" -}}
{{- $root := .root -}}
{{- $tag := .tag | default (include "logmesh.tag" $root) -}}
{{- include "logmesh.volumeHolds" (list "processor.buffer" $root.Values.processor.buffer) -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "logmesh.labels" (list $root "log-processor") | nindent 4 }}
    track: {{ .track }}
spec:
  serviceName: log-processor-headless
  {{- if hasKey . "replicas" }}
  replicas: {{ .replicas }}
  {{- else }}
  # The autoscaler says how many.
  {{- end }}
  selector: {matchLabels: {app: log-processor, track: {{ .track }}}}
  # Down in order, one after the other; each is drained before the next is told to stop.
  podManagementPolicy: OrderedReady
  updateStrategy: {type: RollingUpdate}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: {{ .volumes }}, whenScaled: {{ .volumes }}}
  template:
    metadata:
      labels:
        app: log-processor
        {{- include "logmesh.podLabels" (list $root $tag) | nindent 8 }}
        track: {{ .track }}
    spec:
      {{- include "logmesh.identity" (list $root "log-processor") | nindent 6 }}
      terminationGracePeriodSeconds: 60
      {{- include "logmesh.podSecurity" (dict "user" 1000 "group" 1000 "volumes" true) | nindent 6 }}
      {{- include "logmesh.spread" "log-processor" | nindent 6 }}
      containers:
        - name: processor
          {{- include "logmesh.image" (list $root "server" .tag) | nindent 10 }}
          args: [logmesh.processor]
          envFrom:
            # The folder istio/ says by it whose word on callers is taken, and who may ask for tails and status.
            - configMapRef: {name: log-processor-mesh, optional: true}
          env:
            {{- include "logmesh.tlsServer" (list $root "gateway") | nindent 12 }}
            - name: LOGMESH_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            - name: LOGMESH_TRACK
              value: {{ .track }}
            - name: WRITER_PASSWORD
              valueFrom: {secretKeyRef: {name: {{ $root.Values.secrets.timescaledb }}, key: writer-password}}
            - name: OWNER_PASSWORD
              valueFrom: {secretKeyRef: {name: {{ $root.Values.secrets.timescaledb }}, key: owner-password}}
            - name: REDIS_PASSWORD
              valueFrom: {secretKeyRef: {name: {{ $root.Values.secrets.redis }}, key: password}}
            - name: LOGMESH_DATABASE_DSN
              value: postgresql://logmesh_writer:$(WRITER_PASSWORD)@timescaledb:5432/logmesh
            # For migrations, retention, and what the ledger lacks: whichever processor comes first does it.
            - name: LOGMESH_OWNER_DSN
              value: postgresql://logmesh_owner:$(OWNER_PASSWORD)@timescaledb:5432/logmesh
            - name: LOGMESH_REDIS_URL
              value: redis://:$(REDIS_PASSWORD)@redis:6379/0
            - name: LOGMESH_WAL_MAX_BYTES
              value: {{ $root.Values.processor.buffer.maxBytes | int64 | quote }}
            - name: LOGMESH_RETENTION_DAYS
              value: {{ $root.Values.retentionDays | quote }}
            - name: LOGMESH_REFLECTION
              value: {{ $root.Values.reflection | quote }}
            {{- with $root.Values.tracing.endpoint }}
            - name: OTEL_EXPORTER_OTLP_ENDPOINT
              value: {{ . }}
            {{- end }}
          ports:
            {{- if $root.Values.tls.enabled }}
            - {name: grpc-health, containerPort: 50059}
            {{- end }}
            - {name: grpc, containerPort: 50051}
            - {name: tcp-grpc-direct, containerPort: 50052}
            - {name: http-metrics, containerPort: 9090}
          # Recovery of a large log, or a wait for the database, may take minutes.
          startupProbe: {grpc: {port: {{ include "logmesh.probed" (list $root 50051) }}, service: liveness}, periodSeconds: 2, failureThreshold: 150}
          readinessProbe: {grpc: {port: {{ include "logmesh.probed" (list $root 50051) }}}, periodSeconds: 5}
          livenessProbe: {grpc: {port: {{ include "logmesh.probed" (list $root 50051) }}, service: liveness}, periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5}
          lifecycle:
            # Endpoints lose the pod meanwhile; then SIGTERM tells its streams to go elsewhere.
            preStop: {sleep: {seconds: 5}}
          resources:
            {{- toYaml $root.Values.processor.resources | nindent 12 }}
          volumeMounts:
            {{- include "logmesh.tlsMount" $root | nindent 12 }}
            - {name: buffer, mountPath: /app/buffer}
            - {name: tmp, mountPath: /tmp}
          {{- include "logmesh.containerSecurity" . | nindent 10 }}
      volumes:
        {{- include "logmesh.tlsVolume" (list $root "log-processor") | nindent 8 }}
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
  volumeClaimTemplates:
    - metadata:
        name: buffer
        labels: {app: log-processor}
      spec:
        # More than the bound of the log, whose ballast and segments stand beside it.
        {{- include "logmesh.claim" $root.Values.processor.buffer | nindent 8 }}
{{- end }}
