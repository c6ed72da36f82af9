import { createFakeGit } from '../../../src/adapters/git-fake/index.ts';
import type { AbsolutePath } from '../../../src/core/ids.ts';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { branch, FIRST_FILES, type World } from './world.ts';

export async function fakeWorld(): Promise<World> {
  const { port, controls } = createFakeGit({ files: FIRST_FILES });
  return {
    git: port,
    base: controls.firstCommit,
    spec: (task: string, changes: Partial<WorkspaceSpec> = {}): WorkspaceSpec => ({
      task,
      branch: branch(`copse/${task}`),
      path: `/fake/trees/${task}` as AbsolutePath,
      base: controls.firstCommit,
      isolation: 'worktree',
      ...changes,
    }),
    write: async (spec, path, content) => controls.write(spec, path, content),
    read: async (spec, path) => controls.read(spec, path),
    commit: async (spec, message) => controls.commitAsAgent(spec, message),
    commitAsHuman: async (name, parent, files) => controls.commitAsHuman(name, parent, files),
    moveRefAsHuman: async (ref, commit) => controls.moveRefAsHuman(ref, commit),
    readIn: async (folder, path) => controls.readIn(folder, path),
    writeIn: async (folder, path, content) => controls.writeIn(folder, path, content),
    dispose: async () => undefined,
  };
}
