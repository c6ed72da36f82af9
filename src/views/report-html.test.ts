import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { finishedStory, mergeStory } from './fixtures/sample-runs.ts';
import { Story, sketchPlan } from './fixtures/view-run.ts';
import { escapeHtml, html } from './html.ts';
import { reportHtml } from './report-html.ts';
import { REPORT_STYLE, REPORT_STYLE_SHA256 } from './report-style.ts';
import { reportView } from './report-view.ts';

const EVIL = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style></main><iframe src="//x">',
  '`${1}` &amp; &#60;b&#62;',
  '\u202egnp.exe\u001b[31m\u0000\ud800',
];

const page = (story: Story): string => reportHtml(reportView(story.state, story.nowMs));
const tagsOf = (text: string): readonly string[] =>
  [...text.matchAll(/<([a-z0-9]+)/gi)].map((match) => match[1] ?? '');

function storyOf(title: string): Story {
  const story = new Story(sketchPlan({ api: { title } }, title));
  return story
    .prepare('api')
    .start('api')
    .exit('api')
    .collect('api', 'a')
    .judge('api', 'crash', title)
    .retry('api', 'crash', title)
    .start('api');
}

describe('reportHtml', () => {
  test('allows only its own style sheet, by its hash', () => {
    expect(createHash('sha256').update(REPORT_STYLE).digest('base64')).toBe(REPORT_STYLE_SHA256);
    const text = page(finishedStory());
    expect(text).toContain(`<style>${REPORT_STYLE}</style>`);
    expect(text).toContain(`default-src 'none'; style-src 'sha256-${REPORT_STYLE_SHA256}'`);
  });

  test('asks for nothing from anywhere', () => {
    const text = page(finishedStory()).replace(REPORT_STYLE, '');
    expect(text).not.toMatch(/<(?:script|link|img|iframe|object|embed|form|base)\b/i);
    expect(text).not.toMatch(/\b(?:src|href|action|style|on[a-z]+)=/i);
    expect(REPORT_STYLE).not.toMatch(/@import|url\(/);
  });

  test('follows the system in light and dark, and says every status in words', () => {
    const text = page(finishedStory());
    expect(text).toContain('prefers-color-scheme:dark');
    expect(text).toContain('lang="en"');
    for (const word of ['landed', 'needs you', 'failed']) expect(text).toContain(`</span> ${word}`);
    expect([...text.matchAll(/<svg[^>]*>/g)].every(([tag]) => tag.includes('aria-label="'))).toBe(true);
  });

  test.each(EVIL)('is not changed in shape by %j', (title) => {
    const harmless = page(storyOf('harmless'));
    const hostile = page(storyOf(title));
    expect(tagsOf(hostile)).toEqual(tagsOf(harmless));
    expect(hostile.replaceAll(/\s/g, '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    expect(hostile.match(/"/g)?.length).toBe(harmless.match(/"/g)?.length);
  });

  test('shows branches when there are no tasks', () => {
    const text = page(mergeStory());
    expect(text).toContain('feat/a');
    expect(text).not.toContain('<table');
  });

  test('draws bars that stay on the picture', () => {
    for (const match of page(finishedStory()).matchAll(/x="([\d.]+)" y="1" width="([\d.]+)"/g)) {
      expect(Number(match[1]) + Number(match[2])).toBeLessThanOrEqual(1_000.1);
      expect(Number(match[2])).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('html', () => {
  test('escapes every value that was not built by it', () => {
    const inner = html`<b>${'<i>'}</b>`;
    expect(html`<p title="${'"x"'}">${inner}${[inner]}${3}</p>`.text).toBe(
      '<p title="&quot;x&quot;"><b>&lt;i&gt;</b><b>&lt;i&gt;</b>3</p>',
    );
    expect(escapeHtml('a & b')).toBe('a &amp; b');
  });
});
