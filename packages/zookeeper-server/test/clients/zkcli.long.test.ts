import { APACHE } from '../support/tested-servers.ts';
import { testZkCli } from './zkcli/test-zkcli.ts';

testZkCli(APACHE);
