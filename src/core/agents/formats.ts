/** The languages that agent clients print their progress in. `text`: none that is read. */
export const STREAM_FORMATS = [
  'claude',
  'codex',
  'gemini',
  'opencode',
  'qwen',
  'copilot',
  'cline',
  'aider',
  'copse',
  'text',
] as const;

export type StreamFormat = (typeof STREAM_FORMATS)[number];

/** Clients whose figures of single calls are lower than the total they tell at the end. */
export function callsArePartial(format: StreamFormat): boolean {
  return format === 'claude';
}
