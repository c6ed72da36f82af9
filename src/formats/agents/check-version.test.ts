import { expect, test } from 'vitest';
import { versionTrouble } from './check-version.ts';
import { presetNamed } from './presets.ts';

test.each([
  ['claude', '2.1.197 (Claude Code)', '20.20.2', /older than 2\.1\.200.*Node 20.*needs Node 22/],
  ['claude', '2.1.329 (Claude Code)', '20.20.2', null],
  ['claude', '2.1.197', '22.1.0', /older than 2\.1\.200, which its flags were written for$/],
  ['codex', 'codex-cli 0.169.0', '20.20.2', null],
  ['codex', 'codex-cli 0.98.1', '20.20.2', /older than 0\.160\.0/],
  ['aider', 'aider 0.86.1', '20.20.2', null],
  ['gemini', 'no version at all', '20.20.2', null],
])('%s %s on Node %s', (name, version, node, expected) => {
  const preset = presetNamed(name);
  const trouble = preset === null ? '' : versionTrouble(preset, version, node);
  if (expected === null) expect(trouble).toBeNull();
  else expect(trouble).toMatch(expected);
});
