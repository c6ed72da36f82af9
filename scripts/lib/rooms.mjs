/** Which module imports what, and whether `rooms.config.js` allows it. Pure but for reading files. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import ts from 'typescript';

/** Packages a `*.test.ts` may use besides its room's own. */
const TEST_PACKAGES = ['vitest', 'fast-check'];

/** `{ modules, imports, violations: [{ file, line, rule, detail }] }` for every `src/**` module under `root`. */
export function checkRooms(root, rooms) {
  const files = modulesUnder(root, 'src');
  const violations = [];
  let imports = 0;
  for (const file of files) {
    const source = ts.createSourceFile(
      file,
      readFileSync(path.join(root, file), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const report = (node, rule, detail) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      violations.push({ file, line: line + 1, rule, detail });
    };
    const room = roomOf(file, rooms);
    if (room === null) {
      report(source, 'no-room', `${file} is in no room of rooms.config.js`);
      continue;
    }
    if (rooms[room].typesOnly && !isTest(file)) checkTypesOnly(source, report);
    for (const found of importsOf(source)) {
      imports++;
      const problem = judge({ root, rooms, room, file, ...found });
      if (problem) report(found.node, problem.rule, problem.detail);
    }
  }
  return { modules: files.length, imports, violations };
}

function modulesUnder(root, folder) {
  const absolute = path.join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .toSorted();
}

/** The most specific room, so that a file may be a room of its own. */
function roomOf(file, rooms) {
  const names = Object.keys(rooms).filter((name) => file === name || file.startsWith(`${name}/`));
  return names.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

function isTest(file) {
  return file.endsWith('.test.ts');
}

/** Static imports, re-exports, dynamic imports, `require` and `import('…')` types: `{ node, specifier, typeOnly }`. */
export function importsOf(source) {
  const found = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      found.push({ node, specifier: node.moduleSpecifier.text, typeOnly: isTypeImport(node.importClause) });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      const named =
        node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : null;
      const typeOnly =
        node.isTypeOnly || (named !== null && named.length > 0 && named.every((one) => one.isTypeOnly));
      found.push({ node, specifier: node.moduleSpecifier.text, typeOnly });
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      found.push({
        node,
        specifier: literalText(node.moduleReference.expression),
        typeOnly: node.isTypeOnly,
      });
    } else if (ts.isImportTypeNode(node)) {
      const { argument } = node;
      found.push({
        node,
        specifier: ts.isLiteralTypeNode(argument) ? literalText(argument.literal) : null,
        typeOnly: true,
      });
    } else if (ts.isCallExpression(node) && isImportCall(node)) {
      found.push({ node, specifier: literalText(node.arguments[0]), typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTypeImport(clause) {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  if (clause.name || !clause.namedBindings || !ts.isNamedImports(clause.namedBindings)) return false;
  const { elements } = clause.namedBindings;
  return elements.length > 0 && elements.every((one) => one.isTypeOnly);
}

function isImportCall(node) {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  return (
    ts.isIdentifier(node.expression) && node.expression.text === 'require' && node.arguments.length === 1
  );
}

function literalText(node) {
  return node && ts.isStringLiteralLike(node) ? node.text : null;
}

/** null when allowed, else the rule that is broken. */
function judge(one) {
  if (one.specifier === null)
    return broken('dynamic', 'the imported name is not a literal, so it cannot be checked');
  if (one.specifier.startsWith('.')) return judgeRelative(one);
  return judgeExternal(one);
}

function judgeExternal({ rooms, room, file, specifier }) {
  const { node, packages } = rooms[room];
  if (specifier.startsWith('node:')) {
    if (node || isTest(file)) return null;
    return broken('node', `${room} must not use ${specifier}`);
  }
  if (builtinModules.includes(specifier)) return broken('node-prefix', `write node:${specifier}`);
  const allowed = isTest(file) ? [...packages, ...TEST_PACKAGES] : packages;
  if (allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return null;
  return broken('package', `${room} must not use the package ${specifier}`);
}

function judgeRelative({ root, rooms, room, file, specifier, typeOnly }) {
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  // Builders and fakes of tests; only a test may reach out of src for them.
  if (target.startsWith('test/support/') && file.endsWith('.test.ts')) return null;
  if (!target.startsWith('src/')) return broken('outside', `${specifier} leaves src`);
  if (!/\.(ts|json)$/.test(target)) return broken('extension', `${specifier} must end in .ts`);
  if (!existsSync(path.join(root, target))) return broken('missing', `${specifier} does not exist`);
  const to = roomOf(target, rooms);
  if (to === null) return broken('no-room', `${target} is in no room`);
  if (to === room) return judgeInside(rooms[room], room, file, target);
  const rule = rooms[room];
  if (rule.rooms.includes('*') || rule.rooms.includes(to)) return null;
  if (rule.types?.includes(to)) {
    return typeOnly ? null : broken('types', `${room} may import only types of ${to}`);
  }
  return broken('room', `${room} must not import ${to}`);
}

function judgeInside(rule, room, file, target) {
  if (rule.siblings !== false) return null;
  const folder = (name) => name.slice(room.length + 1).split('/')[0];
  if (folder(file) === folder(target)) return null;
  return broken('sibling', `${room}/${folder(file)} must not import its sibling ${folder(target)}`);
}

function broken(rule, detail) {
  return { rule, detail };
}

/** Everything in the module vanishes when types are erased. */
function checkTypesOnly(source, report) {
  for (const statement of source.statements) {
    const erased =
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      (ts.isImportDeclaration(statement) && isTypeImport(statement.importClause)) ||
      (ts.isExportDeclaration(statement) && statement.isTypeOnly) ||
      statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword);
    if (!erased) report(statement, 'types-only', 'only types may be declared here');
  }
}
