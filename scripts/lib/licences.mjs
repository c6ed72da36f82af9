/** The licence texts of what was bundled, from esbuild's metafile. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const ALLOWED = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
]);

/** One text with name, version, licence and licence file of each package; throws for a licence nobody has accepted. */
export function thirdPartyLicences(root, inputs) {
  const packages = [...new Set(inputs.map(packageOf).filter((name) => name !== null))].toSorted(byName);
  const parts = packages.map((folder) => licenceBlock(root, folder));
  const intro = 'The bundled files of Copse contain the packages below, each under its own licence.\n';
  return [intro, ...parts].join(`\n${'-'.repeat(78)}\n\n`);
}

const byName = (a, b) => a.localeCompare(b, 'en');

function packageOf(input) {
  const at = input.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const [first, second] = input.slice(at + 'node_modules/'.length).split('/');
  return input.slice(0, at) + 'node_modules/' + (first.startsWith('@') ? `${first}/${second}` : first);
}

function licenceBlock(root, folder) {
  const absolute = path.resolve(root, folder);
  const meta = JSON.parse(readFileSync(path.join(absolute, 'package.json'), 'utf8'));
  if (!ALLOWED.has(meta.license)) throw new Error(`${meta.name}: licence ${meta.license} is not on the list`);
  const file = readdirSync(absolute).find((name) => /^licen[cs]e/i.test(name));
  const text = file
    ? readFileSync(path.join(absolute, file), 'utf8').trim()
    : '(no licence file in the package)';
  return `${meta.name} ${meta.version} (${meta.license})\n\n${text}\n`;
}
