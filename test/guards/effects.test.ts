import { describe, expect, test } from 'vitest';
import { type Source, sourcesUnder, usesOf } from './sources.ts';

const modules = sourcesUnder('src', { tests: false });
const uses = (sources: readonly Source[], object: string, properties: readonly string[] | null): string[] =>
  sources.flatMap((source) => usesOf(source, object, properties));
const outside = (...allowed: readonly (string | RegExp)[]): readonly Source[] =>
  modules.filter(
    ({ file }) => !allowed.some((one) => (typeof one === 'string' ? file === one : one.test(file))),
  );

/** Programs and threads of their own: their standard streams are their protocol. */
const ENTRIES = [
  'src/adapters/processes/supervisor/main.ts',
  'src/adapters/regex/worker.ts',
  'src/adapters/agents/demo/main.ts',
  'src/adapters/agents/acp/main.ts',
];

/** Wraps `process.emitWarning` while one module loads. */
const WRAPS_WARNINGS = 'src/adapters/store-sqlite/binding.ts';

describe('writing', () => {
  test('only surfaces/cli/out.ts writes to the standard streams', () => {
    const sources = outside('src/surfaces/cli/out.ts', WRAPS_WARNINGS, ...ENTRIES);
    expect(uses(sources, 'process', ['stdout', 'stderr'])).toEqual([]);
    expect(uses(sources, 'console', null)).toEqual([]);
  });
});

describe('the process', () => {
  test('the environment is read by surfaces, main and the adapters that compose one', () => {
    const sources = outside(
      /^src\/surfaces\//,
      /^src\/main\//,
      'src/main.ts',
      /^src\/adapters\/[a-z-]+\/environment\.ts$/,
      WRAPS_WARNINGS,
      ...ENTRIES,
    );
    expect(uses(sources, 'process', ['env'])).toEqual([]);
  });

  test('only surfaces, main and entries end the process', () => {
    const sources = outside(/^src\/surfaces\//, 'src/main.ts', WRAPS_WARNINGS, ...ENTRIES);
    expect(uses(sources, 'process', ['exit', 'exitCode', 'abort'])).toEqual([]);
  });

  test('nobody imports the process object under another name', () => {
    const imports = modules.filter(({ text }) => /from ['"]node:(process|console)['"]/.test(text));
    expect(imports.map(({ file }) => file)).toEqual([]);
  });
});

describe('the pure rooms', () => {
  const pure = modules.filter(({ file }) => /^src\/(core|views|formats|kit)\//.test(file));

  test('know no clock, no randomness and no process', () => {
    expect(pure.length).toBeGreaterThan(0);
    expect(uses(pure, 'Date', ['now'])).toEqual([]);
    expect(uses(pure, 'Math', ['random'])).toEqual([]);
    expect(uses(pure, 'performance', null)).toEqual([]);
    expect(uses(pure, 'process', null)).toEqual([]);
    expect(pure.filter(({ text }) => /\bnew Date\(\)/.test(text)).map(({ file }) => file)).toEqual([]);
  });

  test('never wait', () => {
    const core = pure.filter(({ file }) => /^src\/(core|views|kit)\//.test(file));
    const waiting = /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\(/;
    expect(core.filter(({ text }) => waiting.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

describe('the search itself', () => {
  test.each([
    ["const a = process.env['A'];", 1],
    ["const a = process['env'];", 1],
    ['const a = globalThis.process.env;', 1],
    ['const { env } = process;', 1],
    ['// process.env\nconst a = "process.env";', 0],
    ['const a = process.pid;', 0],
    ['const a = run.process; const b = { process: 1 };', 0],
    ['function f(process: string) {}', 0],
  ])('%s is %i uses', (text, count) => {
    expect(usesOf({ file: 'x.ts', text }, 'process', ['env'])).toHaveLength(count);
  });
});
