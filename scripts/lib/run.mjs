import { spawn } from 'node:child_process';

/** Runs a program to its end, keeping its output: `{ code, output, seconds }`. Never throws for a non-zero exit. */
export function run(argv, { cwd, env = process.env, onOutput } = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    const keep = (chunk) => {
      chunks.push(chunk);
      onOutput?.(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let spawnError = '';
    child.on('error', (error) => {
      spawnError = `${error.message}\n`;
    });
    child.on('close', (code) => {
      const output = Buffer.concat(chunks).toString('utf8') + spawnError;
      resolve({
        code: spawnError ? 127 : (code ?? 1),
        output,
        seconds: (performance.now() - started) / 1000,
      });
    });
  });
}

/** As `run`, but a failure ends the program with its output. */
export async function must(argv, options) {
  const result = await run(argv, options);
  if (result.code !== 0) {
    process.stderr.write(`${result.output}\n${argv.join(' ')}: exit ${result.code}\n`);
    process.exit(1);
  }
  return result.output;
}
