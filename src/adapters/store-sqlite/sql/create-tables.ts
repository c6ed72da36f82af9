/** The first schema. `head` repeats the last event so that a lost tail of `event` is noticed. */
export const CREATE_TABLES: readonly string[] = [
  `CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    run TEXT,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT`,
  `CREATE TABLE value (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE TABLE leader (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    held INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    start_ticks TEXT,
    boot_id TEXT,
    host TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    address TEXT
  ) STRICT`,
];
