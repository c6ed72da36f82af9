import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFakeAgents } from '../../src/adapters/agents/fake.ts';
import { createAgents } from '../../src/adapters/agents/launch.ts';
import type { AbsolutePath } from '../../src/core/ids.ts';
import type { AgentSpec } from '../../src/core/plan/model.ts';
import { composeAgent, presetNames } from '../../src/formats/agents/compose.ts';
import { presetNamed } from '../../src/formats/agents/presets.ts';
import type { Launch, LaunchRequest } from '../../src/ports/world.ts';

type CommandSpec = Extract<AgentSpec, { readonly kind: 'command' }>;

let folder = '';
/** Prints its arguments, NUL separated, after a NUL-separated prefix of stdin. */
let echo = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "copse agents' $x-"));
  echo = path.join(folder, 'echo.mjs');
  writeFileSync(echo, "process.stdout.write(process.argv.slice(2).map((one) => one + '\\0').join(''));");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const user = {
  PATH: process.env['PATH'],
  HOME: '/home/someone',
  LC_ALL: 'C.UTF-8',
  GIT_DIR: '/elsewhere',
  AWS_SECRET_ACCESS_KEY: 'leak',
  MY_TOKEN: 'tok-123456789',
  MY_URL: 'https://models.example.com/v1',
  MY_OPAQUE: 'abcdefghijklmnopqrstuvwx',
  LC_EVIL: 'x y',
};
const real = createAgents({
  environment: user,
  node: process.execPath,
  demoAgent: '/demo-agent.js',
  acpBridge: '/acp-bridge.js',
});

function command(run: string, more: Partial<CommandSpec> = {}): CommandSpec {
  return {
    kind: 'command',
    name: 'mine',
    run,
    promptVia: 'arg',
    passEnv: [],
    env: {},
    parallel: null,
    instructions: null,
    ...more,
  };
}

function request(agent: AgentSpec, prompt = 'Do it', more: Partial<LaunchRequest> = {}): LaunchRequest {
  return {
    agent,
    task: 'api',
    wave: 2,
    attempt: 'api.3',
    prompt,
    promptFile: path.join(folder, 'prompt $(id).txt') as AbsolutePath,
    worktree: path.join(folder, 'work "tree"') as AbsolutePath,
    branch: "plan/it's",
    env: { PORT: '4000' },
    ...more,
  };
}

function argumentsOf(launch: Launch): string[] {
  const [file, ...rest] = launch.argv;
  const output = execFileSync(file, rest, { env: launch.env, encoding: 'utf8', maxBuffer: 1 << 26 });
  return output.split('\0').slice(0, -1);
}

const echoing = (rest: string): string => `"${process.execPath}" "$ECHO" ${rest}`;
const launched = (template: string, prompt: string, more: Partial<CommandSpec> = {}): Launch =>
  real.launch(request(command(echoing(template), { env: { ECHO: echo }, ...more }), prompt));

describe.each([
  ['real', real],
  ['fake', createFakeAgents({ environment: user, program: [process.execPath, '-e', '0'] })],
])('the %s port', (_name, port) => {
  test.each<[string, AgentSpec]>([
    ['demo', { kind: 'demo', name: 'demo', parallel: null, instructions: null }],
    ['command', command('agent {prompt}')],
  ])('gives a %s agent a program, a closed environment and its coordinates', (_kind, agent) => {
    const launch = port.launch(request(agent));
    expect(launch.argv[0]).toMatch(/^\//);
    expect(launch.env).toMatchObject({
      COPSE_TASK: 'api',
      COPSE_WAVE: '2',
      COPSE_ATTEMPT: 'api.3',
      PORT: '4000',
      HOME: '/home/someone',
      LC_ALL: 'C.UTF-8',
    });
    expect(launch.env).not.toHaveProperty('GIT_DIR');
    expect(launch.env).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
  });
});

describe('an agent that is to judge', () => {
  const review = {
    schema: '{"type":"object"}',
    schemaFile: '/x/schema.json' as AbsolutePath,
    answerFile: '/x/answer.json' as AbsolutePath,
    since: 'a'.repeat(40),
    head: 'b'.repeat(40),
    round: 2,
  };
  const client = { output: 'text', account: 'mine', model: null, pricedAs: null } as const;
  const judging = (): CommandSpec =>
    command('false', {
      env: { ECHO: echo },
      client: {
        ...client,
        resume: null,
        review: {
          run: echoing('judge {schema} {schema_file} {answer_file} {prompt}'),
          resume: null,
          env: {},
        },
      },
    });

  test('is started by its command for that, with schema and files as whole arguments', () => {
    const launch = real.launch(request(judging(), 'Judge it', { review }));
    expect(argumentsOf(launch)).toEqual([
      'judge',
      review.schema,
      review.schemaFile,
      review.answerFile,
      'Judge it',
    ]);
    expect(launch.env).toMatchObject({
      COPSE_ROLE: 'review',
      COPSE_REVIEW_ROUND: '2',
      COPSE_REVIEW_BASE: review.since,
      COPSE_REVIEW_HEAD: review.head,
      COPSE_VERDICT_FILE: review.answerFile,
    });
  });

  test('and otherwise as ever, with nothing of a review in its environment', () => {
    const launch = real.launch(request(command(echoing('work {prompt}'), { env: { ECHO: echo } })));
    expect(argumentsOf(launch)).toEqual(['work', 'Do it']);
    expect(Object.keys(launch.env).filter((name) => /ROLE|REVIEW|VERDICT/.test(name))).toEqual([]);
    expect(() => real.launch(request(command('x {schema}')))).toThrow(/\{schema\}/);
  });
});

describe('a prompt reaches the agent byte for byte', () => {
  const templates = ['{prompt}', '"{prompt}"', "'{prompt}'", '"$(cat; true)"{prompt}', "''\"{prompt}\"''"];
  const nasty = fc.string({
    unit: fc.constantFrom(
      ...Array.from('\'"`$(){}[]<>|&;#!~*?\\\n\t \r=%^-aZ0é漢😀\u0081\u0088\u007f'),
      '$(id)',
      '${HOME}',
      '`id`',
      '{prompt}',
      "'\\''",
      '-n',
      '--',
      '\\n',
      '%s',
    ),
    maxLength: 60,
  });

  test('500 strings of shell metacharacters, in every quoting', () => {
    let index = 0;
    fc.assert(
      fc.property(nasty, (prompt) => {
        const template = templates[index++ % templates.length] ?? '';
        // env runs the program printf, not the shell's built-in, and starts faster than Node.
        const agent = command(`env printf '%s\\0' ${template}`);
        expect(argumentsOf(real.launch(request(agent, prompt)))).toEqual([prompt]);
      }),
      { numRuns: 500, seed: 20_260_101 },
    );
  });

  test('also inside a longer argument, a function and a subshell', () => {
    const prompt = `a'b"c $(touch ${folder}/pwned) \`id\` $HOME\n*`;
    expect(argumentsOf(launched('"task {task}: {prompt}" --end', prompt))).toEqual([
      `task api: ${prompt}`,
      '--end',
    ]);
    const inFunction = command(`f() { "${process.execPath}" "$ECHO" {prompt}; }; (f other)`, {
      env: { ECHO: echo },
    });
    expect(argumentsOf(real.launch(request(inFunction, prompt)))).toEqual([prompt]);
  });

  test('the other placeholders too, and odd paths stay one argument', () => {
    const values = argumentsOf(launched('{worktree} {prompt_file} {branch} {wave} {attempt}', ''));
    expect(values).toEqual([
      `${folder}/work "tree"`,
      `${folder}/prompt $(id).txt`,
      "plan/it's",
      '2',
      'api.3',
    ]);
  });

  test('a prompt that no argument can carry goes by file', () => {
    for (const prompt of ['x'.repeat(2_000_000), 'nul \0 inside']) {
      const [argument] = argumentsOf(launched('{prompt}', prompt));
      expect(argument).toContain(request(command('')).promptFile);
    }
    const edge = 'é'.repeat(50_000);
    expect(argumentsOf(launched('{prompt}', edge))).toEqual([edge]);
  });

  test('prompt_via stdin hands it over whole, without an argument', () => {
    const prompt = 'y'.repeat(1_000_000);
    const launch = launched('', prompt, { promptVia: 'stdin' });
    expect(launch.stdin).toBe(prompt);
    expect(argumentsOf(launch)).toEqual([]);
  });

  test('a template without a placeholder gets the prompt, or its file, as last argument', () => {
    expect(argumentsOf(launched('--yes', 'Do it'))).toEqual(['--yes', 'Do it']);
    expect(argumentsOf(launched('--yes', 'Do it', { promptVia: 'file' }))).toEqual([
      '--yes',
      request(command('')).promptFile,
    ]);
    expect(argumentsOf(launched('"$COPSE_PROMPT_FILE"', 'Do it'))).toHaveLength(1);
  });
});

describe('the environment', () => {
  test('passes only what was asked for, and the plan wins over the user', () => {
    const agent = command('a {prompt}', {
      passEnv: ['MY_TOKEN', 'MY_URL', 'MY_OPAQUE', 'NOT_SET'],
      env: { HOME: '/tmp/h', API_KEY: 'k-abcdef' },
    });
    const { env, secrets } = real.launch(request(agent));
    expect(env).toMatchObject({ MY_TOKEN: 'tok-123456789', HOME: '/tmp/h' });
    expect(env).not.toHaveProperty('NOT_SET');
    expect(env).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
    expect(secrets).toEqual(['abcdefghijklmnopqrstuvwx', 'tok-123456789', 'k-abcdef']);
  });

  test('its own coordinates cannot be overridden, and the prompt is not in it', () => {
    const { env } = real.launch(
      request(command('a {prompt}', { env: { COPSE_TASK: 'other' } }), 'a secret plan'),
    );
    expect(env['COPSE_TASK']).toBe('api');
    expect(Object.values(env).join('\n')).not.toContain('a secret plan');
  });
});

test('a placeholder nothing provides yet is refused by name', () => {
  expect(() => real.launch(request(command('a {session} {mcp_url}')))).toThrow(
    /\{session\} and \{mcp_url\}.*not available yet/,
  );
  const launch = real.launch(
    request(command(echoing('{session}'), { env: { ECHO: echo } }), 'x', { session: 's 1' }),
  );
  expect(argumentsOf(launch)[0]).toBe('s 1');
});

describe('a preset', () => {
  /** The preset's command with a program in the client's place that tells its arguments, its stdin and the named variable's file. */
  function started(
    name: string,
    env: Readonly<Record<string, string>>,
    prompt = 'say "hi" $(id)',
  ): { args: string[]; settings: string; input: string; promptFile: string } {
    const preset = presetNamed(name);
    if (preset === null) throw new Error(`no preset ${name}`);
    const bin = mkdtempSync(path.join(folder, 'bin-'));
    const client = path.join(bin, preset.executable);
    const prints = `cat > "\${0%/*}/input"; printf '%s\\0' "$@"; [ -z "$GEMINI_CLI_HOME" ] || cat "$GEMINI_CLI_HOME/.gemini/settings.json"`;
    writeFileSync(client, `#!/bin/sh\n${prints}\n`, { mode: 0o755 });
    const spec = composeAgent(preset, name, { env: { PATH: `${bin}:${process.env['PATH']}`, ...env } });
    const gitDirs = { own: '/own' as AbsolutePath, common: '/common' as AbsolutePath };
    const promptFile = path.join(bin, 'runs/run-1/attempts/t.1/prompt.md') as AbsolutePath;
    const launch = real.launch(request(spec, prompt, { gitDirs, promptFile }));
    const [file, ...rest] = launch.argv;
    const output = execFileSync(file, rest, { env: launch.env, encoding: 'utf8', input: launch.stdin ?? '' });
    const parts = output.split('\0');
    const input = readFileSync(path.join(bin, 'input'), 'utf8');
    return { args: parts.slice(0, -1), settings: parts.at(-1) ?? '', input, promptFile };
  }

  test('of gemini names the way to log in where a key and a base URL are set, and only there', () => {
    const base = { GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1' };
    const named = started('gemini', { ...base, GEMINI_API_KEY: 'dummy-key' });
    expect(JSON.parse(named.settings)).toEqual({ security: { auth: { selectedType: 'gemini-api-key' } } });
    expect(named.input).toBe('say "hi" $(id)');
    expect(started('gemini', base).settings).toBe('');
    expect(started('gemini', { GEMINI_API_KEY: 'dummy-key' }).settings).toBe('');
    const home = path.join(folder, 'home');
    mkdirSync(path.join(home, '.gemini'), { recursive: true });
    writeFileSync(
      path.join(home, '.gemini/settings.json'),
      '{"security":{"auth":{"selectedType":"vertex-ai"}}}',
    );
    expect(started('gemini', { ...base, GEMINI_API_KEY: 'dummy-key', HOME: home }).settings).toBe('');
  });

  test.each(['gemini', 'opencode', 'kilo', 'amp'])(
    'of %s hands the prompt over unchanged, by stdin',
    (name) => {
      const preset = presetNamed(name);
      if (preset === null) throw new Error('no preset');
      const spec = composeAgent(preset, name);
      for (const session of [null, 'ses_1']) {
        const launch = real.launch(request(spec, 'say "hi"', { session }));
        expect(launch.stdin).toBe('say "hi"');
        expect(launch.argv.join(' ')).not.toContain('say "hi"');
      }
    },
  );

  describe('starts with a brief longer than an argument can be', () => {
    const ends = { front: 'The front.', back: 'The back.' };
    /** One byte more than the longest argument that Linux takes, its closing NUL included. */
    const brief = `${ends.front}${'x'.repeat(128 * 1024 - ends.front.length - ends.back.length)}${ends.back}`;

    test.each(presetNames())('%s', (name) => {
      const { args, input, promptFile } = started(name, {}, brief);
      if (input === '') expect(args.filter((word) => word.includes(promptFile))).toHaveLength(1);
      else expect(input).toBe(brief);
      expect(args.join('')).not.toContain(ends.back);
    });
  });
});
