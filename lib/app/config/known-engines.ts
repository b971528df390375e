// The data stores Holdfast is made for: a configuration may name them all; those that are not built yet answer CapabilityUnsupported.

/** By canonical name, with the spellings of the source documents (`SourceType`). What is built comes from the engine registry. */
export const KNOWN_ENGINES: Readonly<Record<string, readonly string[]>> = {
  postgresql: ['postgres', 'pg_dump', 'pg_dumpall', 'pg_basebackup'],
  mongodb: ['mongo', 'mongodump'],
  redis: ['rdb'],
  elasticsearch: ['opensearch'],
  clickhouse: ['clickhouse-backup'],
  cassandra: [],
  neo4j: [],
  s3: ['s3_bucket', 'object_storage'],
  files: ['file_system', 'filesystem'],
  cdn: ['cdn_content'],
  git: [],
  kubernetes: ['configuration'],
  vault: ['secrets'],
  logs: ['log_files'],
  kafka: [],
  mlflow: [],
};
