import { loadSettings, runService } from '../../src/index.ts';
import { echoService } from '../support/echo-service.ts';

/** The echo service as a process of its own; its flags are its settings. */
const { spec } = echoService();
await runService(spec, loadSettings(spec.settings, { args: process.argv.slice(2) }));
