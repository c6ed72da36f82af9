/** `copse init`: looks at the project, shows each finding with its evidence, writes a small commented plan. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flowValue } from '../../../formats/plan/snippet.ts';
import { parsePlan } from '../../../formats/plan/parse.ts';
import { Failure } from '../../../kit/failure.ts';
import { confirm } from '../ask.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { claimPlace, findPlace } from '../place.ts';
import { commandOf, detect, type Detected } from '../planning/detected.ts';
import { PLAN_NAMES } from '../planning/find-plan.ts';
import { allow } from '../planning/trust.ts';
import { doctor } from './doctor.ts';

export async function init(context: Context): Promise<number> {
  const { out } = context;
  const place = claimPlace(findPlace(context.cwd, context.world.env));
  const present = PLAN_NAMES.map((name) => join(place.root, name)).find((path) => existsSync(path));
  if (present !== undefined) {
    throw new Failure('usage-exists', `${present} is there already`, { hint: 'copse plan check' });
  }
  const git = await context.world.openGit(place);
  const detected = await detect(context, place, git);
  git.close();
  const found = findings(detected);
  out.note('found', ...found.map((line) => `  ${line}`));
  const file = join(place.root, 'copse.yaml');
  const text = planText(detected);
  if (out.canAsk && !(await confirm(context, `Write ${file}?`, '--yes'))) return EXIT.person;
  writeFileSync(file, text, { flag: 'wx' });
  const { plan } = parsePlan(text, { file: 'copse.yaml', detected: detected.facts });
  // What was written here may run here, also once the example below `tasks` has been replaced.
  if (plan !== null) allow(place, plan, file);
  if (out.json) out.envelope('init', { file, findings: found });
  else {
    out.answer(`wrote ${file}`, '');
    await doctor(context, false);
    out.note('', 'next: edit its tasks, then copse plan check, then copse run');
  }
  return EXIT.done;
}

function findings({ agents, project }: Detected): readonly string[] {
  const agentLines = agents.map(({ agent, evidence }) => `agent   ${agent.name}  (${evidence})`);
  return [
    ...(agentLines.length === 0 ? ['agent   none on PATH; the demo agent needs none'] : agentLines),
    ...(project.packageManager === null
      ? []
      : [`manager ${project.packageManager.value}  (${project.packageManager.evidence})`]),
    ...project.gates.map((gate) => `gate    ${gate.name}: ${commandOf(gate)}  (${gate.evidence})`),
    ...project.setup.map(({ value, evidence }) => `set-up  ${value}  (${evidence})`),
    ...project.copy.map(({ value, evidence }) => `copy    ${value}  (${evidence})`),
    ...project.link.map(({ value, evidence }) => `link    ${value}  (${evidence})`),
  ];
}

function planText({ agents, project, gate }: Detected): string {
  const first = agents[0]?.agent;
  const agentLines =
    first === undefined
      ? [
          '# No coding agent was found on PATH: any program can be one, for example',
          '# agents: {mine: {run: "my-agent {prompt}"}}',
        ]
      : [
          '# permissions: edit | plan | full; model, args and env are given here too',
          `agents: {${first.name}: {use: ${first.name}}}`,
        ];
  const used = project.gates.filter((one) => one === gate);
  const others = project.gates.filter((one) => one !== gate);
  const gates = [
    '# What must pass: on the branch of a task, and again on the merged result.',
    ...(used.length === 0
      ? ['# gates: {test: "your test command"}']
      : ['gates:', ...used.map((one) => `  ${one.name}: ${flowValue(commandOf(one))}`)]),
    ...others.map((one) => `  # ${one.name}: ${flowValue(commandOf(one))}`),
  ];
  const shared = (['setup', 'copy', 'link'] as const)
    .map((key) => ({ key, values: project[key].map(({ value }) => value) }))
    .filter(({ values }) => values.length > 0);
  const workspace =
    shared.length === 0
      ? []
      : ['workspace:', ...shared.map(({ key, values }) => `  ${key}: ${flowValue(values)}`)];
  return `${[
    '# Tasks for coding agents; copse plan schema describes every key, copse run starts them.',
    ...agentLines,
    ...gates,
    ...workspace,
    '# Each task gets a worktree and a branch of its own. needs, scope and waves: copse help plan',
    'tasks:',
    '  example: {prompt: Say in the README how the tests are run, scope: README.md}',
  ].join('\n')}\n`;
}
