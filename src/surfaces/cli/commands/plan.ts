import { Command } from '@commander-js/extra-typings';
import { Failure } from '../../../kit/failure.ts';
import type { Host } from '../host.ts';
import type { TaskEdit } from '../plan/perform-plan.ts';
import { collected, positiveInteger } from '../values.ts';

const load = () => import('../plan/perform-plan.ts');

export function define(host: Host) {
  const plan = new Command('plan').description('Check, show and change the plan.');
  addReading(plan, host);
  addWriting(plan, host);
  for (const later of ['import', 'export', 'generate', 'graph']) {
    plan
      .command(later, { hidden: true })
      .argument('[words...]')
      .allowUnknownOption()
      .action(() =>
        host.invoke(async () => {
          const hint = later === 'graph' ? 'copse plan show --mermaid' : 'copse plan add "prompt"';
          throw new Failure('usage-not-available', `plan ${later} is not available yet`, { hint });
        }),
      );
  }
  return plan;
}

function addReading(plan: Command, host: Host): void {
  plan
    .command('check')
    .description('Every problem of the plan at once, with file, line and column.')
    .argument('[file]', 'the plan (default: copse.yaml, found upwards)')
    .option('--fix', 'correct what needs no decision')
    .action((file, options) =>
      host.invoke(async (context) =>
        (await load()).checkPlanFile(context, file ?? null, options.fix === true),
      ),
    );
  plan
    .command('show')
    .description('The tasks as a tree, with the critical path.')
    .argument('[file]', 'the plan')
    .option('-m, --mermaid', 'as a Mermaid flowchart')
    .option('-p, --parallel <n>', 'agents at once', positiveInteger)
    .action((file, options) =>
      host.invoke(async (context) =>
        (await load()).showPlan(context, file ?? null, {
          as: options.mermaid === true ? 'mermaid' : 'tree',
          parallel: options.parallel ?? null,
        }),
      ),
    );
  plan
    .command('forecast')
    .description('How long it would take by its estimates.')
    .argument('[file]', 'the plan')
    .option('-p, --parallel <n>', 'agents at once', positiveInteger)
    .action((file, options) =>
      host.invoke(async (context) =>
        (await load()).showPlan(context, file ?? null, {
          as: 'forecast',
          parallel: options.parallel ?? null,
        }),
      ),
    );
  plan
    .command('schema')
    .description('The JSON Schema of the plan file, for editors.')
    .action(() => host.invoke(async (context) => (await load()).showSchema(context)));
}

function addWriting(plan: Command, host: Host): void {
  plan
    .command('add')
    .description('Add a task at the end; comments and order of the file stay.')
    .argument('<prompt>', 'what is to be done')
    .option('--id <id>', 'its id (default: made of the prompt)')
    .option('--title <title>')
    .option('--needs <id>', 'must be done before; may be given several times', collected)
    .option('--scope <glob>', 'what it may touch; may be given several times', collected)
    .option('--agent <name>')
    .option('--estimate <duration>', '2h, 3d')
    .action((prompt, options) =>
      host.invoke(async (context) =>
        (await load()).addToPlan(context, { ...editOf(options), prompt, id: options.id ?? null }),
      ),
    );
  plan
    .command('edit')
    .description('Change fields of a task.')
    .argument('<id>', 'the task')
    .option('--prompt <text>')
    .option('--title <title>')
    .option('--needs <id>', 'may be given several times', collected)
    .option('--scope <glob>', 'may be given several times', collected)
    .option('--agent <name>')
    .option('--estimate <duration>')
    .action((id, options) =>
      host.invoke(async (context) =>
        (await load()).editPlan(context, id, {
          ...editOf(options),
          prompt: options.prompt ?? null,
          id: null,
        }),
      ),
    );
  plan
    .command('rm')
    .description('Remove a task that no other needs.')
    .argument('<id>', 'the task')
    .action((id) => host.invoke(async (context) => (await load()).removeFromPlan(context, id)));
}

interface EditOptions {
  readonly title?: string | undefined;
  readonly needs?: readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  readonly estimate?: string | undefined;
}

function editOf(options: EditOptions): Omit<TaskEdit, 'id' | 'prompt'> {
  return {
    title: options.title ?? null,
    needs: options.needs ?? [],
    scope: options.scope ?? [],
    agent: options.agent ?? null,
    estimate: options.estimate ?? null,
  };
}
