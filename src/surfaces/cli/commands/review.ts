import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
import { severityWord } from '../values.ts';

export function define(host: Host) {
  return new Command('review')
    .description(
      'Rounds, scores and findings of the review of a task; remarks of a person. When nobody leads the run, it goes on here after a remark or a decision.',
    )
    .argument('[id]', 'the task (default: the one of this worktree)')
    .argument('[text]', 'the remark, with --comment')
    .option(
      '--comment <place>',
      'a remark on file:line, on a file, or with no text after it, on the whole change',
    )
    .option('--severity <severity>', 'of the remark: blocker, major, minor, nit', severityWord)
    .option('--resolve <findings...>', 'findings that are settled')
    .option('--accept', 'take the work as it is; gates and landing stay as strict')
    .action((id, text, options) =>
      host.invoke(async (context) => {
        const { performReview } = await import('../review/perform-review.ts');
        return performReview(context, {
          id: id ?? null,
          text: text ?? null,
          comment: options.comment ?? null,
          severity: options.severity ?? null,
          resolve: (options.resolve ?? []).flatMap((one) => one.split(',')),
          isAccept: options.accept === true,
        });
      }),
    );
}
