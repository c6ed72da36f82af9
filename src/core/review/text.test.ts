import { expect, test } from 'vitest';
import { planOf } from '../../../test/support/plan-builder.ts';
import { RunBuilder } from '../../../test/support/run-builder.ts';
import type { CommitId, TaskId } from '../ids.ts';
import { type ReviewRequest, reviewPrompt } from './text.ts';

const { state } = new RunBuilder(planOf({ a: { prompt: 'Count the beans.' } }));
const REQUEST: ReviewRequest = {
  number: 2,
  head: 'head-2' as CommitId,
  since: 'head-1' as CommitId,
  diff: 'diff --git a/a.txt b/a.txt',
  files: ['a.txt'],
  minScore: 8,
};

const BRIEF = 'Count the beans.';
const CHANGE = 'diff --git a/a.txt b/a.txt';
const FAULT = 'It is not used, because it is empty.';
const FORM = '"commit": "head-2"';

test.each([
  ['a new conversation is told the whole task', { session: null, fault: null }, [BRIEF, CHANGE, FORM]],
  [
    'a new conversation that replaces one with a fault is told both',
    { session: null, fault: 'it is empty' },
    [BRIEF, CHANGE, FAULT, FORM],
  ],
  ['one that is gone on with is told the change alone', { session: 's', fault: null }, [CHANGE, FORM]],
  ['and after a fault the fault alone', { session: 's', fault: 'it is empty' }, [FAULT, FORM]],
])('%s', (_, ask, expected) => {
  const task = state.tasks.get('a' as TaskId);
  if (task === undefined) throw new Error('no task');
  const prompt = reviewPrompt(state, task, REQUEST, ask);
  expect([BRIEF, CHANGE, FAULT, FORM].filter((part) => prompt.includes(part))).toEqual(expected);
});
