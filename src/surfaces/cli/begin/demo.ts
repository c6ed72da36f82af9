/** `copse demo`: the whole pipeline in a throw-away repository, with the commands that repeat each step. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AbsolutePath, BranchName } from '../../../core/ids.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { showPlan } from '../plan/perform-plan.ts';
import { performRun } from '../run/perform-run.ts';
import { withSession } from '../session.ts';
import { DEMO_FILES, DEMO_PAIRS } from './demo-project.ts';

export async function demo(context: Context, options: { readonly keep: boolean }): Promise<number> {
  const { out, world } = context;
  const root = (await world.makeScratchRepository('shop', DEMO_FILES)) as AbsolutePath;
  const folder = dirname(root);
  // The tour leaves nothing behind in the state folder of real work.
  const env = { ...world.env, COPSE_STATE_DIR: join(folder, 'state') };
  const there: Context = {
    ...context,
    cwd: root,
    world: { ...world, env, cwd: root },
    globals: { ...context.globals, dir: null, plan: null, yes: true },
  };
  out.note(
    `a throw-away repository: ${root}`,
    '',
    out.noteStyle.bold('1. the plan: five tasks, three agents at once'),
  );
  if (!out.json) {
    await showPlan(there, null, { as: 'tree', parallel: 3 });
    out.answer('', 'pairs', ...DEMO_PAIRS.map(([a, b, text]) => `  ${a} x ${b}: ${text}`), '');
  }
  out.note(
    out.noteStyle.bold('2. the run: a worktree each; gates on the branch, and again on the merged result'),
    '',
  );
  const code = await performRun(there, {
    words: [],
    parallel: null,
    agent: null,
    dryRun: false,
    noMerge: false,
    prepareOnly: false,
    detach: false,
    takeover: false,
  });
  if (code === EXIT.done) await tag(there);
  if (!out.json) farewell(context, root, code);
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
  return code;
}

async function tag(context: Context): Promise<void> {
  await withSession(context, async ({ deps }) => {
    const tip = await deps.git.branchTip('integration' as BranchName);
    if (tip === null) return;
    await deps.git.moveRefs([{ ref: 'refs/tags/demo-landed', from: null, to: tip }], 'tag of the tour');
    context.out.note('tagged demo-landed');
  });
}

function farewell({ out }: Context, root: string, code: number): void {
  const { bold } = out.style;
  out.answer(
    '',
    bold('3. what happened'),
    '  discount failed its gate; its second attempt was told why, and passed',
    '  basket was green alone; with rename on the target its merged result broke a test.',
    '  It was held, fixed on top of the target, and landed. The target was green all the time',
    '',
    bold('the same, step by step, in a repository of yours'),
    '  copse init                      write a plan',
    '  copse plan check                every problem at once',
    '  copse run                       start, or go on after a crash',
    '  copse status                    from another terminal',
    '  copse logs basket --gate test   what a gate printed',
    '  copse log; copse undo           what was done to branches, and back',
    '  copse merge BRANCH… --gate CMD  land branches of any tool',
  );
  if (code !== EXIT.done) out.problem(`the tour ended with exit code ${code}: ${root}`);
}
