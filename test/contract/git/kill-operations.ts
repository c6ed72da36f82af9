/** The calls that the kill test cuts short: made by a program of its own, and again by the test after its death. */
import type { RealGit } from '../../../src/adapters/git/index.ts';
import type { BranchName, CommitId } from '../../../src/core/ids.ts';
import { assertNever } from '../../../src/kit/assert.ts';
import type { Capture, MergeRequest, WorkspaceSpec } from '../../../src/ports/git.ts';

export type Operation =
  | { readonly name: 'open' }
  | { readonly name: 'provision'; readonly spec: WorkspaceSpec }
  | { readonly name: 'capture'; readonly spec: WorkspaceSpec; readonly ref: string }
  | { readonly name: 'commitOnBehalf'; readonly spec: WorkspaceSpec; readonly captured: Capture }
  | { readonly name: 'takeIn'; readonly spec: WorkspaceSpec; readonly ref: string }
  | { readonly name: 'merge'; readonly request: MergeRequest }
  | { readonly name: 'keep'; readonly ref: string; readonly commit: CommitId }
  | {
      readonly name: 'checkoutSlot';
      readonly commit: CommitId;
      readonly target: { readonly branch: BranchName; readonly tip: CommitId };
    }
  | { readonly name: 'publish'; readonly branch: BranchName; readonly from: CommitId; readonly to: CommitId }
  | { readonly name: 'updateWorkspace'; readonly spec: WorkspaceSpec; readonly onto: CommitId }
  | { readonly name: 'removeWorkspace'; readonly spec: WorkspaceSpec };

export async function perform(port: RealGit, operation: Operation): Promise<unknown> {
  switch (operation.name) {
    case 'open':
      return port.facts();
    case 'provision':
      return port.provision(operation.spec);
    case 'capture':
      return port.capture(operation.spec, operation.ref, 'salvage');
    case 'commitOnBehalf':
      return port.commitOnBehalf(operation.spec, operation.captured);
    case 'takeIn':
      return port.takeIn({ branch: operation.spec.branch, workspace: operation.spec }, operation.ref);
    case 'merge':
      return port.merge(operation.request);
    case 'keep':
      return port.keep(operation.ref, operation.commit);
    case 'checkoutSlot':
      return port.checkoutSlot('s', operation.commit, operation.target);
    case 'publish':
      return port.publish(operation);
    case 'updateWorkspace':
      return port.updateWorkspace(operation.spec, operation.onto, 'update');
    case 'removeWorkspace':
      return port.removeWorkspace(operation.spec, null);
    default:
      return assertNever(operation);
  }
}
