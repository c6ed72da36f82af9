import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes by rename and only when the content differs: a program running from `dist/` never sees half a file. */
export function writeIfChanged(file, content, mode = 0o644) {
  mkdirSync(path.dirname(file), { recursive: true });
  if (!sameContent(file, content)) {
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  }
  chmodSync(file, mode);
}

function sameContent(file, content) {
  try {
    return digest(readFileSync(file)) === digest(content);
  } catch {
    return false;
  }
}

function digest(content) {
  return createHash('sha256').update(content).digest('hex');
}
