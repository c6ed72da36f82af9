/** Variables with which clients find the login and the server of a provider; a client is handed those of its own. */
export const OPENAI = ['OPENAI_API_KEY', 'OPENAI_BASE_URL'];
export const ANTHROPIC = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_BASE_URL',
  'CLAUDE_CODE_OAUTH_TOKEN',
];
export const GOOGLE = [
  'GEMINI_API_KEY',
  'GOOGLE_API_KEY',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_GEMINI_BASE_URL',
];
