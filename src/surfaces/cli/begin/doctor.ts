/** `copse doctor`: what this machine and this repository lack, each with the command that puts it right. */
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { findPlace } from '../place.ts';
import { detect } from '../planning/detected.ts';
import { type Check, machineChecks, repositoryChecks } from './checks.ts';

export async function doctor(context: Context, fix: boolean): Promise<number> {
  const { out } = context;
  const checks = [...(await machineChecks(context)), ...(await repositoryChecks(context))];
  const all = [...checks, ...(await gateChecks(context, checks))];
  const repaired = new Set<string>();
  for (const check of fix ? all : []) {
    if (check.repair === undefined) continue;
    check.repair();
    repaired.add(check.name);
  }
  const isBad = (check: Check): boolean => check.status === 'fail' && !repaired.has(check.name);
  if (out.json) {
    out.envelope('doctor', {
      checks: all.map(({ name, status, text, next }) => ({
        name,
        status: repaired.has(name) ? 'ok' : status,
        text,
        ...(next === undefined ? {} : { next }),
        ...(repaired.has(name) ? { fixed: true } : {}),
      })),
    });
  } else {
    const width = Math.max(...all.map((check) => check.name.length));
    for (const check of all) out.answer(...lines(context, check, width, repaired.has(check.name)));
  }
  return all.some(isBad) ? EXIT.environment : EXIT.done;
}

function lines({ out }: Context, check: Check, width: number, isFixed: boolean): readonly string[] {
  const { style } = out;
  const words = { ok: style.green('ok  '), warn: style.yellow('warn'), fail: style.red('fail') };
  const word = isFixed ? style.green('done') : words[check.status];
  const row = `${word}  ${check.name.padEnd(width)}  ${check.text}`;
  const shown =
    check.next === undefined || isFixed || check.status === 'ok'
      ? []
      : [`      ${' '.repeat(width)}  next: ${check.next}`];
  return [row, ...shown];
}

/** The gates a run without a plan would use. */
async function gateChecks(context: Context, before: readonly Check[]): Promise<readonly Check[]> {
  if (before.some((check) => check.status === 'fail' && /^(git|repository)$/.test(check.name))) return [];
  try {
    const place = findPlace(context.cwd, context.world.env);
    const git = await context.world.openGit(place);
    try {
      const { gate, project } = await detect(context, place, git);
      if (gate === null) {
        return [{ name: 'gates', status: 'warn', text: 'no test command found', next: 'copse init' }];
      }
      return project.gates.map((one) => ({
        name: `gate ${one.name}`,
        status: 'ok',
        text: `${one.run}  (${one.evidence})${one === gate ? '' : ', not used unless the plan names it'}`,
      }));
    } finally {
      git.close();
    }
  } catch (error) {
    return [{ name: 'gates', status: 'warn', text: error instanceof Error ? error.message : 'unknown' }];
  }
}
