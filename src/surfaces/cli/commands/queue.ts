import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
import { priorityWord } from '../values.ts';

const load = () => import('../steer/steer-queue.ts');

export function define(host: Host) {
  const queue = new Command('queue')
    .description(
      'The merge queue: what is tested and why, what waits, what was refused. With a verb: change it.',
    )
    .action(() => host.invoke(async (context) => (await import('../look/show-queue.ts')).showQueue(context)));
  queue
    .command('ls')
    .description('What `copse queue` alone shows.')
    .action(() => host.invoke(async (context) => (await import('../look/show-queue.ts')).showQueue(context)));
  addVerbs(queue, host);
  queue
    .command('close')
    .description('Nothing more is started or landed; with --below, nothing less urgent than that.')
    .option('--below <priority>', '0 to 4, or critical, high, medium, low, lowest', priorityWord)
    .action((options) =>
      host.invoke(async (context) => (await load()).closeQueue(context, options.below ?? null)),
    );
  queue
    .command('open')
    .description('Open it again.')
    .action(() => host.invoke(async (context) => (await load()).openQueue(context)));
  queue
    .command('add')
    .description('Branches made by anyone enter the queue of the run.')
    .argument('<branches...>', 'in order of arrival')
    .option('--priority <priority>', '0 to 4, or critical, high, medium, low, lowest', priorityWord)
    .option('--alone', 'never tested together with others')
    .action((branches, options) =>
      host.invoke(async (context) =>
        (await load()).addBranches(context, branches, {
          priority: options.priority ?? null,
          alone: options.alone === true,
          needs: [],
        }),
      ),
    );
  return queue;
}

/** Verbs about changes that are in the queue. */
function addVerbs(queue: Command, host: Host): void {
  const verbs = [
    ['hold', 'Kept out of new builds until released.'],
    ['release', 'Let go again.'],
    ['up', 'One place forward.'],
    ['down', 'One place back.'],
    ['eject', 'Taken out of the queue; branch and worktree stay.'],
  ] as const;
  for (const [verb, description] of verbs) {
    queue
      .command(verb)
      .description(description)
      .argument('<ids...>', 'changes, tasks or branches')
      .action((ids) => host.invoke(async (context) => (await load()).steerChanges(context, verb, ids)));
  }
}
