import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The repository's root folder. */
export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

export interface Source {
  /** Relative to the root, `/` separators. */
  readonly file: string;
  readonly text: string;
}

/** Every TypeScript module under `folder`; tests (`*.test.ts`) only when asked for. */
export function sourcesUnder(folder: string, options: { tests: boolean }): readonly Source[] {
  const absolute = path.join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .filter((entry) => options.tests || !entry.name.endsWith('.test.ts'))
    .map((entry) => {
      const full = path.join(entry.parentPath, entry.name);
      return {
        file: path.relative(root, full).split(path.sep).join('/'),
        text: readFileSync(full, 'utf8'),
      };
    });
}

/**
 * Uses of a global's property, as `file:line  expression`; `property` null means any. Comments and strings do not count.
 * Property access, element access and destructuring are seen; an alias of the object itself is reported as `<object> as a value`.
 */
export function usesOf(source: Source, object: string, properties: readonly string[] | null): string[] {
  const tree = ts.createSourceFile(source.file, source.text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report = (node: ts.Node, what: string): void => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    found.push(`${source.file}:${line + 1}  ${what}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === object && isGlobalUse(node)) {
      const name = propertyOf(node.parent, node);
      if (name === null) report(node, `${object} as a value`);
      else if (properties === null || properties.includes(name)) report(node, `${object}.${name}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isGlobalUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node)
    return parent.expression.getText() === 'globalThis';
  const isName =
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent)) &&
    parent.name === node;
  const isDeclared =
    (ts.isParameter(parent) || ts.isVariableDeclaration(parent) || ts.isBindingElement(parent)) &&
    parent.name === node;
  return !isName && !isDeclared && !ts.isTypeNode(parent) && !ts.isQualifiedName(parent);
}

function propertyOf(parent: ts.Node, node: ts.Identifier): string | null {
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) return parent.name.text;
  if (ts.isElementAccessExpression(parent) && parent.expression === node) {
    return ts.isStringLiteralLike(parent.argumentExpression) ? parent.argumentExpression.text : null;
  }
  return null;
}
