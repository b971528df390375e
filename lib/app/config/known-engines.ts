// The data stores Holdfast is made for: a configuration may name them all; those that are not built yet answer CapabilityUnsupported.

export interface KnownEngine {
  /** Spellings of the source documents (`SourceType`) and of the tools people know. */
  readonly aliases: readonly string[];
  /** Methods that are planned, the first the default; an engine may be built while one of them is not. */
  readonly methods: readonly string[];
}

/** By canonical name. What is built comes from the engine registry; this table only tells "not yet" from "never heard of". */
export const KNOWN_ENGINES: Readonly<Record<string, KnownEngine>> = {
  postgresql: { aliases: ['postgres', 'pg_dump', 'pg_dumpall', 'pg_basebackup'], methods: ['physical', 'logical'] },
  mongodb: { aliases: ['mongo', 'mongodump'], methods: ['logical'] },
  redis: { aliases: ['rdb'], methods: ['replication'] },
  elasticsearch: { aliases: ['opensearch'], methods: ['snapshot'] },
  clickhouse: { aliases: ['clickhouse-backup'], methods: ['native'] },
  cassandra: { aliases: [], methods: ['snapshot'] },
  neo4j: { aliases: [], methods: ['online'] },
  s3: { aliases: ['s3_bucket', 'object_storage'], methods: ['objects'] },
  files: { aliases: ['file_system', 'filesystem'], methods: ['tree'] },
  cdn: { aliases: ['cdn_content'], methods: ['origin'] },
  git: { aliases: [], methods: ['mirror'] },
  kubernetes: { aliases: ['configuration'], methods: ['manifests'] },
  vault: { aliases: ['secrets'], methods: ['raft-snapshot'] },
  logs: { aliases: ['log_files'], methods: ['segments'] },
  kafka: { aliases: [], methods: ['offsets'] },
  mlflow: { aliases: [], methods: ['metadata-and-artifacts'] },
};
