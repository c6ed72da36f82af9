#!/usr/bin/env node
/** Checks every import of `src/**` against `rooms.config.js`. */
import { rooms } from '../rooms.config.js';
import { root } from './lib/entries.mjs';
import { checkRooms } from './lib/rooms.mjs';

const { modules, imports, violations } = checkRooms(root, rooms);
for (const { file, line, rule, detail } of violations) console.log(`${file}:${line}  [${rule}] ${detail}`);
if (modules === 0 || imports === 0) {
  console.log('no modules or no imports were scanned: the check itself is broken');
  process.exit(1);
}
console.log(`rooms: ${modules} modules, ${imports} imports, ${violations.length} violations`);
process.exit(violations.length === 0 ? 0 : 1);
