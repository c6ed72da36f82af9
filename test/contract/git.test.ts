import { describeGitPort } from './git/suite.ts';
import { realWorld } from './git/real-world.ts';

describeGitPort('real git', realWorld);
