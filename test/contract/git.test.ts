import { fakeWorld } from './git/fake-world.ts';
import { realWorld } from './git/real-world.ts';
import { describeGitPort } from './git/suite.ts';

describeGitPort('in memory', fakeWorld);
describeGitPort('real git', realWorld);
