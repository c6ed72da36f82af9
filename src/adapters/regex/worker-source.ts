/** Longest capture that is sent back; nothing longer is a number. */
export const MAX_CAPTURE_CHARS = 256;
export const MAX_MATCHES = 100_000;

/**
 * Plain script, because a worker started from text works the same from sources, from the bundle and under test.
 * It says `ready` before the clock of the limit starts, so a slow machine's start-up is not charged to the pattern.
 */
export const WORKER_SOURCE = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { source, flags, text, maxMatches, maxChars } = workerData;
parentPort.postMessage('ready');
const matches = [];
let outcome = { kind: 'matched', matches };
for (const match of text.matchAll(new RegExp(source, flags))) {
  if (matches.length === maxMatches) {
    outcome = { kind: 'too-many' };
    break;
  }
  const group = match.slice(1).find((text) => text !== undefined);
  matches.push(group === undefined ? null : group.slice(0, maxChars));
}
parentPort.postMessage(outcome);
`;
