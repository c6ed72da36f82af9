import { GENESIS_HASH } from '../../../core/run/event-envelope.ts';

export const SEED_TABLES: readonly string[] = [
  `INSERT INTO head (id, seq, hash) VALUES (1, 0, '${GENESIS_HASH}')`,
  `INSERT INTO leader (id, epoch, held, generation, pid, host, since_ms) VALUES (1, 0, 0, 1, 0, '', 0)`,
];
