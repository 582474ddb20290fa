import { OURS } from '../support/tested-servers.ts';
import { testCliMt } from './cli-mt/test-cli-mt.ts';

testCliMt(OURS);
