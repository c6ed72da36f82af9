import { describe, expect, test } from 'vitest';
import { composeAgent } from '../../formats/agents/compose.ts';
import { PERMISSIONS, PRESETS } from '../../formats/agents/presets.ts';
import { compileTemplate } from './template.ts';

describe('placeholders become references to variables', () => {
  test.each([
    ['agent {prompt}', 'agent "${copse_prompt}"'],
    ['agent "{prompt}"', 'agent "${copse_prompt}"'],
    ["agent '{prompt}'", `agent ''"\${copse_prompt}"''`],
    ['agent "task {task}: {prompt}"', 'agent "task ${COPSE_TASK}: ${copse_prompt}"'],
    ["agent 'task {task}'", `agent 'task '"\${COPSE_TASK}"''`],
    ['agent --file={prompt_file}', 'agent --file="${COPSE_PROMPT_FILE}"'],
    ['agent "$(cat {prompt_file})"', 'agent "$(cat "${COPSE_PROMPT_FILE}")"'],
    ['agent "$(cat "{prompt_file}")"', 'agent "$(cat "${COPSE_PROMPT_FILE}")"'],
    ['agent "it\'s {prompt}"', 'agent "it\'s ${copse_prompt}"'],
    ['agent "a \\" b {prompt}"', 'agent "a \\" b ${copse_prompt}"'],
    [
      "cd {worktree} && agent # don't forget {prompt}",
      'cd "${COPSE_WORKTREE}" && agent # don\'t forget {prompt}',
    ],
    ["agent # don't\nagent {prompt}", 'agent # don\'t\nagent "${copse_prompt}"'],
    ['agent a#b {prompt}', 'agent a#b "${copse_prompt}"'],
    ["awk '{ print $1 }' x | agent {prompt}", `awk '{ print $1 }' x | agent "\${copse_prompt}"`],
    ['agent <<< {prompt}', 'agent <<< "${copse_prompt}"'],
    ['agent {{prompt}} {{task}}', 'agent {prompt} {task}'],
    ['agent ${HOME}/x {a,b} $1', 'agent ${HOME}/x {a,b} $1'],
    ['sh -c \'agent "$1"\' sh {prompt}', `sh -c 'agent "$1"' sh "\${copse_prompt}"`],
    ['(cd {worktree}; exec agent {prompt})', '(cd "${COPSE_WORKTREE}"; exec agent "${copse_prompt}")'],
    ['agent \\{prompt}', 'agent \\{prompt}'],
  ])('%s', (template, script) => {
    expect(compileTemplate(template).script).toBe(script);
  });

  test('says which were used', () => {
    expect([...compileTemplate('a {prompt} {wave} {prompt} {{task}}').uses]).toEqual(['prompt', 'wave']);
  });
});

describe('refuses with code agent-template', () => {
  test.each([
    ['agent {promt}', 'unknown placeholder {promt}'],
    ['agent {constructor}', 'unknown placeholder'],
    ['agent ${prompt}', 'write {prompt}'],
    ['agent `cat {prompt_file}`', 'backquotes'],
    ['agent $(( {prompt} + 1 ))', 'arithmetic'],
    ['agent ${X:-{prompt}}', 'inside ${'],
    ["agent $'{prompt}'", 'different shells'],
    ['agent <<EOF\n{prompt}\nEOF', 'here-document'],
    ['agent "{prompt}', 'not closed'],
    ["agent '{prompt}", 'not closed'],
    ['agent $(cat {prompt_file}', 'not closed'],
    ['bash -c "agent {prompt}"', 'as shell text'],
    ["/bin/sh -ec 'agent {prompt}'", 'as shell text'],
    ['timeout 5 env A=1 bash -lc "agent {prompt}"', 'as shell text'],
    ['bash -c {prompt}', 'as shell text'],
    ['eval agent {prompt}', 'as shell text'],
    ['cd x; eval "agent {prompt}"', 'as shell text'],
    ['ssh host agent {prompt}', 'as shell text'],
    ["su me -c 'agent {prompt}'", 'as shell text'],
    ['agent $(bash -c "echo {prompt}")', 'as shell text'],
    ['"ba"sh -c "agent {prompt}"', 'as shell text'],
  ])('%s', (template, message) => {
    expect(() => compileTemplate(template)).toThrow(
      expect.objectContaining({ code: 'agent-template', message: expect.stringContaining(message) }),
    );
  });
});

describe.each(PRESETS.map((preset) => [preset.name, preset] as const))('%s', (name, preset) => {
  test.each(PERMISSIONS)('with permissions %s its commands are safe and carry the prompt', (permissions) => {
    const agent = composeAgent(preset, name, {
      permissions,
      model: 'a model',
      args: ['--say', "it's {prompt}"],
    });
    if (agent.kind !== 'command') throw new Error('no command');
    const { script, uses } = compileTemplate(agent.run);
    expect(agent.promptVia === 'stdin' || uses.has('prompt') || uses.has('prompt_file')).toBe(true);
    expect(script).toContain(`'it'\\''s {prompt}'`);
    const resume = agent.client?.resume ?? null;
    if (resume !== null) expect(compileTemplate(resume).uses.has('session')).toBe(true);
  });
});
