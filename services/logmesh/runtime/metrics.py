"""Every metric of every process, in one place. Names are an interface: dashboards and alerts are built on them."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

PROCESSOR, GATEWAY, PRODUCER, KEEPER = (CollectorRegistry() for _ in range(4))
# A process shows its own alone: another's that stays at 0 would look as if it stood still.
REGISTRIES = {"log-processor": PROCESSOR, "gateway": GATEWAY, "log-producer": PRODUCER, "log-keeper": KEEPER}
for _registry in REGISTRIES.values():
    for _collector in (ProcessCollector, PlatformCollector, GCCollector):
        _collector(registry=_registry)

# Up to a minute: what a stalled database looks like must stay visible.
_LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

# --- all ---
CERTIFICATE_EXPIRY = Gauge(
    "logmesh_certificate_expiry_timestamp_seconds",
    "When the certificate in use that was read from this file ends; of a file of authorities, the one that lasts longest.",
    ["path"],
    registry=None,
)
for _registry in REGISTRIES.values():
    _registry.register(CERTIFICATE_EXPIRY)

# --- processor ---
LOGS_RECEIVED = Counter("logs_received", "Records that are durable in the write-ahead log.", registry=PROCESSOR)
LOGS_PROCESSED = Counter("logs_processed", "Records stored in the database.", registry=PROCESSOR)
PROCESSING_LATENCY = Histogram(
    "log_processing_latency_seconds",
    "From receipt of a batch to its commit.",
    buckets=_LATENCY_BUCKETS,
    registry=PROCESSOR,
)
LOGGED_LATENCY = Histogram(
    "logmesh_logged_latency_seconds",
    "From receipt of a batch to its acknowledgement as durable.",
    buckets=_LATENCY_BUCKETS,
    registry=PROCESSOR,
)
ACTIVE_PROCESSORS = Gauge(
    "active_log_processors", "1 while this processor takes new streams, else 0; sum over pods.", registry=PROCESSOR
)
BATCHES_NACKED = Counter("logmesh_batches_nacked", "Batches refused, by reason.", ["code"], registry=PROCESSOR)
STREAMS_REFUSED = Counter("logmesh_streams_refused", "Streams refused, by reason.", ["reason"], registry=PROCESSOR)
DEAD_LETTERS = Counter(
    "logmesh_dead_letters", "Records kept as dead letters, by reason.", ["reason"], registry=PROCESSOR
)
DUPLICATE_BATCHES = Counter(
    "logmesh_duplicate_batches",
    "Batches that the ledger already held; their rows were not stored again.",
    registry=PROCESSOR,
)
REPEATED_REQUESTS = Counter(
    "logmesh_repeated_requests",
    "Batches of requests whose records another batch had stored; they were not stored again.",
    registry=PROCESSOR,
)
STREAMS = Gauge("logmesh_streams", "Open Append streams.", registry=PROCESSOR)
UNLOGGED_BYTES = Gauge("logmesh_unlogged_bytes", "Bytes received and not yet durable.", registry=PROCESSOR)
WAL_BYTES = Gauge("logmesh_wal_bytes", "Bytes of the write-ahead log on disk.", registry=PROCESSOR)
WAL_FILL = Gauge(
    "logmesh_wal_fill_ratio", "Part of the write-ahead log's bound that is in use, 0 to 1.", registry=PROCESSOR
)
WAL_QUARANTINED = Gauge("logmesh_wal_quarantined_files", "Files that recovery had to set aside.", registry=PROCESSOR)
UNWRITTEN_BATCHES = Gauge(
    "logmesh_unwritten_batches", "Batches durable and not yet in the database.", registry=PROCESSOR
)
LAG_SECONDS = Gauge(
    "logmesh_lag_seconds", "Age of the oldest batch that is durable and not yet in the database.", registry=PROCESSOR
)
RECORDS_UNACCOUNTED = Counter(
    "logmesh_records_unaccounted",
    "Records of committed batches that became neither a row nor a dead letter. Anything but 0 is a fault.",
    registry=PROCESSOR,
)
FLUSH_RETRIES = Counter(
    "logmesh_flush_retries", "Flush transactions run again, by the class of the error.", ["error"], registry=PROCESSOR
)
STEP_SECONDS = Histogram(
    "logmesh_step_seconds",
    "How long the writer's steps take: gather, resolve, prepare, flush, settle; with all that was tried again.",
    ["step"],
    buckets=_LATENCY_BUCKETS,
    registry=PROCESSOR,
)
OVERDUE_SECONDS = Gauge(
    "logmesh_overdue_seconds",
    "How long the writer's step that is overdue has taken until now; 0 while all are in time.",
    registry=PROCESSOR,
)
BATCHES_DEFERRED = Counter(
    "logmesh_batches_deferred",
    "Batches put off because somebody else had locked their spool's row of the ledger.",
    registry=PROCESSOR,
)
DATABASE_CLOCK_AHEAD = Gauge(
    "logmesh_database_clock_ahead_seconds",
    "How far the database's clock is ahead of this machine's.",
    registry=PROCESSOR,
)
FLUSH_PAUSES = Counter(
    "logmesh_flush_pauses", "Flushes that waited since merging of the lake's files is far behind.", registry=PROCESSOR
)
FLUSH_ROWS = Histogram(
    "logmesh_flush_rows",
    "Rows of a flush transaction.",
    buckets=(10, 100, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000),
    registry=PROCESSOR,
)
DATABASE_AWAY = Gauge(
    "logmesh_database_away",
    "1 while this processor can't ask the database; it takes batches into its log meanwhile.",
    registry=PROCESSOR,
)
DATABASE_REPLACED = Counter(
    "logmesh_database_replaced",
    "Times that another database, or an earlier state of it, came in place of the one before; producers then send what it lacks.",
    registry=PROCESSOR,
)
CACHE_WRITES_DROPPED = Counter(
    "logmesh_cache_writes_dropped",
    "Batches whose traces were not written to Redis, by reason.",
    ["reason"],
    registry=PROCESSOR,
)
TAILS = Gauge("logmesh_tails", "Live tails that are open on this process.", registry=PROCESSOR)
TAIL_BATCHES_PASSED_OVER = Counter(
    "logmesh_tail_batches_passed_over",
    "Durable batches that were not shown live, by reason; gateways take them from the store.",
    ["reason"],
    registry=PROCESSOR,
)

PARTITION_DAYS_AHEAD = Gauge(
    "logmesh_partition_days_ahead",
    "Days after today that have a partition, read every hour; at 0 nothing more is stored after midnight. NaN: not read yet, or"
    " TimescaleDB, which needs none.",
    registry=PROCESSOR,
)
PARTITION_DAYS_AHEAD.set(float("nan"))
LEDGER_BATCHES = Gauge(
    "logmesh_ledger_batches",
    "Batches by tenant that the ledger lacks and nobody has acknowledged: `lost`, `unaccounted` (nothing has come for a minute), or"
    " `missing` (both, and what is on its way). One processor at a time shows them.",
    ["tenant", "state"],
    registry=PROCESSOR,
)

# --- gateway ---
CACHE_HITS = Counter("cache_hits", "Traces found in Redis.", registry=GATEWAY)
CACHE_MISSES = Counter("cache_misses", "Traces that had to be read from the database.", registry=GATEWAY)

GATEWAY.register(TAILS)  # those of its own clients

# --- keeper: of the one that leads; the others show NaN, or nothing ---
LAKE_LEADS = Gauge(
    "logmesh_lake_leads", "1 while this keeper tends the lake, 0 while another one does.", registry=KEEPER
)
LAKE_FILES = Gauge(
    "logmesh_lake_files",
    "Files of the lake, by level: how often their records were merged.",
    ["level"],
    registry=KEEPER,
)
LAKE_BYTES = Gauge("logmesh_lake_bytes", "Bytes of the lake's files, by level.", ["level"], registry=KEEPER)
LAKE_ROWS = Gauge("logmesh_lake_rows", "Records in the lake's files, by level.", ["level"], registry=KEEPER)
LAKE_GENERATIONS = Gauge(
    "logmesh_lake_generations",
    "Generations of hot rows: `open` takes rows, `closed` ones become files, `sealed` ones are dropped once nobody reads them.",
    ["state"],
    registry=KEEPER,
)
LAKE_HOT_BYTES = Gauge("logmesh_lake_hot_bytes", "Bytes of hot rows, with their indexes.", registry=KEEPER)
LAKE_UNSEALED_SECONDS = Gauge(
    "logmesh_lake_unsealed_seconds",
    "Age of the oldest generation whose rows are not in files yet; it counts from when the generation was opened, 0: there is none.",
    registry=KEEPER,
)
LAKE_MERGES = Counter("logmesh_lake_merges", "Merges done, of many files into one.", registry=KEEPER)
LAKE_MERGE_BACKLOG = Gauge(
    "logmesh_lake_merge_backlog_files",
    "Files that wait for being merged: their tenant has enough of them.",
    registry=KEEPER,
)
LAKE_UNMERGED_FILES = Gauge(
    "logmesh_lake_unmerged_files",
    "Files that were never merged, of the tenant with most of them. Above some thousands processors store more slowly. NaN: not known.",
    registry=KEEPER,
)
LAKE_UNMERGED_FILES.set(float("nan"))
PROCESSOR.register(LAKE_UNMERGED_FILES)  # which asks by itself: no keeper may be there
LAKE_FILES_CHANGED = Counter(
    "logmesh_lake_files_changed",
    "Files by what became of them: `sealed` (made of hot rows), `retired` (retention has passed them), `swept` (deleted).",
    ["what"],
    registry=KEEPER,
)
LAKE_POSTPONED = Counter(
    "logmesh_lake_postponed", "Steps that had to wait for another round; the log says why.", ["step"], registry=KEEPER
)
LAKE_DAMAGED_FILES = Gauge(
    "logmesh_lake_damaged_files",
    "Live files that are gone, or whose bytes are not what was written: questions that need one fail. The log names them.",
    registry=KEEPER,
)
LAKE_SCRUBBED_BYTES = Counter("logmesh_lake_scrubbed_bytes", "Bytes read to look for damaged files.", registry=KEEPER)
LAKE_UNCHECKED_SECONDS = Gauge(
    "logmesh_lake_unchecked_seconds",
    "How long ago that file was looked at which was not looked at for longest; a file is written looked at.",
    registry=KEEPER,
)
LAKE_ROUND_SECONDS = Gauge("logmesh_lake_round_seconds", "What the last round of tending took.", registry=KEEPER)

# --- producer ---
RECORDS_SPOOLED = Counter("logmesh_records_spooled", "Records durable in the producer's spool.", registry=PRODUCER)
RECORDS_COMMITTED = Counter("logmesh_records_committed", "Records that the database has confirmed.", registry=PRODUCER)
BATCHES_SENT = Counter("logmesh_batches_sent", "Batches sent, repeats included.", registry=PRODUCER)
BATCHES_REFUSED = Counter(
    "logmesh_batches_refused",
    "Batches set aside because a processor will never take them.",
    ["code"],
    registry=PRODUCER,
)
SPOOL_DIVERGED = Counter(
    "logmesh_spool_diverged",
    "Times that the spool and the database told different things: `rewound` (the spool's folder is a copy or was put back; lines"
    " may be read again), `overtaken` or `forked` (the machine was put back or copied while it ran; batches were set aside).",
    ["code"],
    registry=PRODUCER,
)
RECONNECTS = Counter(
    "logmesh_reconnects", "Streams opened, by why the one before ended.", ["reason"], registry=PRODUCER
)
RECEIVED_RECORDS = Counter(
    "logmesh_received_records",
    "Records that came in at a receiver's port and are durable in its spool, by what they were sent by.",
    ["door"],
    registry=PRODUCER,
)
RECEIVED_UNTOLD = Counter(
    "logmesh_received_untold_records",
    "Of them, those of requests that can't be told from repeated ones, since a record has no time of its own, or of lines and documents"
    " all times are whole seconds, and those of syslog: a sender that repeats one stores them twice.",
    ["door"],
    registry=PRODUCER,
)
RECEIVED_REFUSED = Counter(
    "logmesh_received_refused",
    "Requests that a receiver did not take, and single records of requests that it did, by why.",
    ["door", "reason"],
    registry=PRODUCER,
)
SYSLOG_CONNECTIONS = Gauge(
    "logmesh_syslog_connections",
    "Connections of syslog that are open, by `tcp` and `tls`.",
    ["kind"],
    registry=PRODUCER,
)
SYSLOG_DROPPED = Counter(
    "logmesh_syslog_dropped_datagrams",
    "Datagrams that the kernel dropped, for its buffer was full: they are lost. Raise net.core.rmem_max, or send over TCP.",
    registry=PRODUCER,
)
SYSLOG_UNLISTED = Counter(
    "logmesh_syslog_unlisted_records",
    "Records of syslog that are stored as of the service `syslog`, with the names of host and program as attributes: too many of these"
    " were new within an hour.",
    registry=PRODUCER,
)
SYSLOG_CUT_SHORT = Counter(
    "logmesh_syslog_cut_short",
    "Messages of syslog whose connection ended before all the octets had come that it announced: what came of them is stored.",
    registry=PRODUCER,
)
RECEIVING_BYTES = Gauge(
    "logmesh_receiving_bytes", "Bytes of requests that a receiver holds in memory.", registry=PRODUCER
)
DRAIN_RATIO = Gauge(
    "logmesh_drain_ratio",
    "Part of its time for draining that a receiver has used which was told to go, 0 to 1. One that is gone at 1 has left records.",
    registry=PRODUCER,
)
SPOOL_FILL = Gauge(
    "logmesh_spool_fill_ratio",
    "Part of the spool's bound that is in use, 0 to 1; of several spools, the fullest's.",
    registry=PRODUCER,
)
SPOOLS_OPEN = Gauge(
    "logmesh_spools_open",
    "Tenants whose spools a receiver has open: it sends what is in them. At 200 another tenant's senders may have to wait.",
    registry=PRODUCER,
)
SPOOLS_UNAVAILABLE = Gauge(
    "logmesh_spools_unavailable",
    "Tenants whose spools a receiver can't open: their senders are asked to come again. The log names each, and why.",
    registry=PRODUCER,
)
SOURCE_PAUSED = Gauge("logmesh_source_paused", "1 while a full spool holds the source.", registry=PRODUCER)
PODS_WATCHED = Gauge(
    "logmesh_pods_watched",
    "1 while the API server tells what becomes of the node's pods; 0 also where it is not asked.",
    registry=PRODUCER,
)
PODS_KNOWN = Gauge(
    "logmesh_pods_known",
    "Pods whose labels and owners are known, those included that ended of late.",
    registry=PRODUCER,
)
PODS_UNKNOWN = Counter(
    "logmesh_pods_unknown",
    "Pods whose records were sent without labels and owners, since the API server had not named them in time.",
    registry=PRODUCER,
)
POD_WATCH_ENDS = Counter(
    "logmesh_pod_watch_ends",
    "Times that the API server's word about pods ended: `gone` (what it was asked for is too long ago: all pods are listed again),"
    " `silent` (it said nothing for long), `refused`, `damaged`, `unreachable`.",
    ["reason"],
    registry=PRODUCER,
)
RULE_RECORDS = Counter(
    "logmesh_rule_records",
    "Records that a rule of LOGMESH_RULES acted on, by what it did: `dropped`, `kept` (by a sample), `renamed` or `redacted`.",
    ["rule", "action"],
    registry=PRODUCER,
)
RULES_STALE = Gauge(
    "logmesh_rules_stale",
    "1 while the rules file has changed and can't be read: the rules before are in force. The log says what is wrong.",
    registry=PRODUCER,
)
FILES_UNREAD = Gauge(
    "logmesh_files_unread",
    "Files that can't be read now: `unreadable`, such as for lack of permission, or `stuck`, such as on a server that is gone.",
    ["why"],
    registry=PRODUCER,
)
FILES_DAMAGED = Counter(
    "logmesh_files_damaged", "Compressed files that were read up to where they are damaged.", registry=PRODUCER
)
SENDERS_TURNED_AWAY = Counter(
    "logmesh_senders_turned_away",
    "Requests of senders that did not show who they are, or may not send, by what was wrong: `no_token`, `malformed`, `unknown_token`"
    " (or revoked), `expired_token`, `access_token` (an issuer's, which is not good), `role`, `no_certificate`, `unknown_identity`.",
    ["door", "reason"],
    registry=PRODUCER,
)
TOKENS_CURRENT = Gauge(
    "logmesh_tokens_current_timestamp_seconds",
    "When a receiver last heard from the gateway which tokens are good; it goes on with what it heard. 0: not since its start, NaN: it"
    " asks for none.",
    registry=PRODUCER,
)
TOKENS_CURRENT.set(float("nan"))
