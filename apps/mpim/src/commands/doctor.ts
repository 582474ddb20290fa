import { styleText } from 'node:util';
import { Command } from 'commander';
import { runChecks } from '../doctor/checks.ts';
import { printableLine } from '../terminal/printable.ts';
import { addServerOptions, type ServerOptions } from '../zk/session.ts';

interface DoctorOptions extends ServerOptions {
  readonly gateway: string;
  readonly json?: true;
}

/** `mpim doctor`: is everything in place, and does it answer? */
export function doctorCommand(): Command {
  return addServerOptions(new Command('doctor'))
    .description('Checks Node, ZooKeeper, the registry, every instance and the gateway.')
    .option('--gateway <address>', "the gateway's address", 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object per check')
    .action(async ({ gateway, json, ...at }: DoctorOptions) => {
      let failed = false;
      for await (const check of runChecks({ ...at, gateway })) {
        failed ||= !check.good;
        if (json) {
          console.log(JSON.stringify(check));
          continue;
        }
        const mark = check.good ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
        console.log(`${mark} ${printableLine(`${check.what}: ${check.found}`)}`);
        if (!check.good) console.log(`     ${check.remedy}`);
      }
      process.exitCode = failed ? 1 : 0;
    });
}
