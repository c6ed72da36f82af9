/** A real process that does what a FakeScript (JSON in argv) says, so that one suite runs on the fake and the real port. */
import { writeFileSync, writeSync } from 'node:fs';

const script = JSON.parse(process.argv[2] ?? '{}');
for (const signal of ['SIGINT', 'SIGTERM'])
  if ((script.ignores ?? []).includes(signal)) process.on(signal, () => undefined);
  else if (script.codeWhenStopped !== undefined)
    process.on(signal, () => process.exit(script.codeWhenStopped));

const startedAt = performance.now();
/** @type {(afterMs: number, run: () => void) => unknown} */
const at = (afterMs, run) => setTimeout(() => run(), Math.max(0, afterMs - (performance.now() - startedAt)));
for (const { afterMs, text } of script.output ?? []) at(afterMs, () => writeSync(1, text));
for (const afterMs of script.fileChanges ?? []) at(afterMs, () => writeFileSync('changed', String(afterMs)));
if (script.exit === null) setInterval(() => undefined, 1 << 30);
else
  at(script.exit.afterMs, () => {
    if (script.exit.signal) process.kill(process.pid, script.exit.signal);
    else process.exit(script.exit.code);
  });
