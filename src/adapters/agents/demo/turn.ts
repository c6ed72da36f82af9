/** One turn of the demo agent: read the prompt, do what it says, commit, report. */
import { type Action, parseDirectives } from './directives.ts';
import { EDITS } from './edits.ts';
import { MISBEHAVIOUR } from './misbehaviour.ts';
import { leaveNote, planNote } from './note.ts';
import { giveVerdict } from './review.ts';
import { commitAll, DemoError, type Outcome, type World } from './world.ts';

const CHANGES = new Set(['write', 'append', 'replace', 'delete', 'symlink', 'conflict-markers']);

/** Deterministic: the same prompt, attempt and repository give the same content. Exit 2 means the prompt is wrong. */
export async function takeTurn(world: World, prompt: string): Promise<Outcome> {
  if (world.env['COPSE_ROLE'] === 'review') return giveVerdict(world, prompt);
  const task = world.env['COPSE_TASK'] ?? 'demo';
  const attempt = Number(/\.(\d+)$/.exec(world.env['COPSE_ATTEMPT'] ?? '')?.[1] ?? 1);
  const facts = { attempt, wave: Number(world.env['COPSE_WAVE'] ?? 1) };
  await world.event({ type: 'started', session: `demo-${task}`, attempt, wave: facts.wave });
  const { actions, problems, isDirected, prose } = parseDirectives(prompt, facts);
  if (problems.length > 0) {
    for (const problem of problems) world.complain(`demo agent: ${problem}`);
    return { kind: 'exit', code: 2 };
  }
  try {
    const outcome = isDirected
      ? await follow(world, actions, planNote(prose, task).title)
      : await note(world, prose, task, facts);
    if (outcome.kind === 'go-on') await finish(world, prompt, actions.length);
    return outcome;
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    world.complain(`demo agent: ${error.message}`);
    return { kind: 'exit', code: 1 };
  }
}

async function note(
  world: World,
  prose: string,
  task: string,
  facts: { attempt: number; wave: number },
): Promise<Outcome> {
  await leaveNote(world, planNote(prose, task), facts);
  return { kind: 'go-on' };
}

/** Changes that no `commit` follows are committed at the end, unless `dirty` was asked for. */
async function follow(world: World, actions: readonly Action[], title: string): Promise<Outcome> {
  let isUncommitted = false;
  for (const action of actions) {
    const outcome = await perform(world, action);
    if (outcome.kind !== 'go-on') return outcome;
    if (action.name === 'commit' || action.name === 'amend') isUncommitted = false;
    if (CHANGES.has(action.name)) isUncommitted = true;
  }
  const isDirty = actions.some((action) => action.name === 'dirty');
  if (isUncommitted && !isDirty) await commitAll(world, title);
  return { kind: 'go-on' };
}

async function perform(world: World, action: Action): Promise<Outcome> {
  if (action.name === 'dirty') {
    const [file] = action.operands;
    return file === undefined
      ? { kind: 'go-on' }
      : perform(world, { ...action, name: 'append', operands: [file, 'not committed\n'] });
  }
  const step = EDITS[action.name] ?? MISBEHAVIOUR[action.name];
  if (step === undefined) throw new DemoError(`${action.name} is not implemented`);
  try {
    return await step(world, action.operands);
  } catch (error) {
    if (error instanceof DemoError || !isSystemError(error)) throw error;
    throw new DemoError(`line ${action.line}: ${error.message}`);
  }
}

async function finish(world: World, prompt: string, actions: number): Promise<void> {
  // Four characters a token is the usual rule of thumb; the figures only have to be the same every time.
  await world.event({
    type: 'usage',
    input_tokens: Math.ceil(prompt.length / 4),
    output_tokens: 20 * (actions + 1),
    usd: 0,
  });
  await world.event({ type: 'done', ok: true });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
