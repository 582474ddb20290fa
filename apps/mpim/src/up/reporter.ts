import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { Death, SupervisedChild } from '../supervisor/supervised-child.ts';
import { alignColumns } from '../terminal/table.ts';
import { HOST, httpPortOf, logFolder, type UpOptions } from './plan.ts';

/** What `mpim up` tells the person who started it: one screen at the start, then a line per event. */
export class UpReporter {
  readonly #options: UpOptions;
  readonly #write: (line: string) => void;
  readonly #began = performance.now();

  constructor(options: UpOptions, write: (line: string) => void = console.log) {
    this.#options = options;
    this.#write = write;
  }

  starting(children: readonly SupervisedChild[]): void {
    this.#write(`Starting ${children.map((child) => child.name).join(', ')} ...`);
  }

  started(children: readonly SupervisedChild[]): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    const gateway = children.find((child) => child.name === 'gateway');
    const gatewayPort = (gateway && httpPort(gateway)) ?? this.#options.gatewayPort;
    const zookeeper = this.#zookeeperAddress(children);
    const lines = [
      '',
      bold(`MPIM is running (up in ${seconds} s). Ctrl-C drains and stops it.`),
      '',
      ...this.#table(children),
      '',
      `  data  ${shortest(this.#options.dataDir)}`,
      `  logs  ${shortest(logFolder(this.#options.dataDir))}`,
      ...(this.#options.zookeeper ? [`  zookeeper  ${this.#options.zookeeper}`] : []),
      '',
      bold('Try next'),
      `  in a browser         ${link(`http://${HOST}:${gatewayPort}/`)}`,
      `  in two terminals     npx mpim chat --user alice --register${gatewayFlag(gatewayPort)}`,
      `                       npx mpim chat --user bob --register${gatewayFlag(gatewayPort)}`,
      `  see who is there     npx mpim zk${serverFlag(zookeeper)} ls /services`,
      '',
    ];
    for (const line of lines) this.#write(line);
  }

  died(child: SupervisedChild, death: Death): void {
    const seconds = (death.restartInMs / 1000).toFixed(1);
    const pid = death.pid === undefined ? '' : ` (process ${death.pid})`;
    this.#event(
      styleText('red', `${child.name}${pid} died: ${death.how}.`),
      `It starts again in ${seconds} s; log: ${shortest(child.logFile)}`,
    );
  }

  back(child: SupervisedChild, afterMs: number): void {
    this.#event(
      styleText('green', `${child.name} is back`),
      `(process ${child.pid}) after ${(afterMs / 1000).toFixed(1)} s.`,
    );
  }

  stopping(): void {
    this.#event('Draining and stopping', '(Ctrl-C again forces) ...');
  }

  stopped(killed: readonly string[]): void {
    if (killed.length > 0) {
      this.#event(styleText('yellow', `Took too long and was killed: ${killed.join(', ')}.`));
    }
    this.#event('Stopped.');
  }

  forced(): void {
    this.#event(styleText('yellow', 'Killed everything.'));
  }

  #event(...parts: string[]): void {
    const time = new Date().toTimeString().slice(0, 8);
    this.#write(`${styleText('dim', time)} ${parts.join(' ')}`);
  }

  #table(children: readonly SupervisedChild[]): string[] {
    const rows = children.map((child) => {
      const { state } = child;
      const ready = state.kind === 'ready' ? state.ready : undefined;
      const http = httpPort(child);
      return [
        child.name,
        ready ? `${ready.host}:${ready.port}` : '-',
        http ? `http ${HOST}:${http}` : '',
        ready?.adminPort ? String(ready.adminPort) : '-',
        child.pid ? String(child.pid) : '-',
      ];
    });
    const lines = alignColumns([['what', 'address', '', 'admin port', 'process'], ...rows]);
    return lines.map((line, index) => `  ${index === 0 ? styleText('dim', line) : line}`);
  }

  #zookeeperAddress(children: readonly SupervisedChild[]): string {
    if (this.#options.zookeeper) return this.#options.zookeeper;
    const state = children.find((child) => child.name === 'zookeeper')?.state;
    const port = state?.kind === 'ready' ? state.ready.port : this.#options.zookeeperPort;
    return `${HOST}:${port}`;
  }
}

function httpPort({ state }: SupervisedChild): number | undefined {
  return state.kind === 'ready' ? httpPortOf(state.ready) : undefined;
}

function gatewayFlag(port: number): string {
  return port === 8080 ? '' : ` --gateway ws://${HOST}:${port}`;
}

function serverFlag(address: string): string {
  return address === `${HOST}:2181` ? '' : ` --server ${address}`;
}

/** A path as one would type it from here. */
function shortest(path: string): string {
  const here = relative(process.cwd(), path);
  return here !== '' && !here.startsWith('..') ? here : path;
}

/** styleText knows NO_COLOR and pipes: the text then stays plain. */
function bold(text: string): string {
  return styleText('bold', text);
}

function link(url: string): string {
  return styleText(['underline', 'cyan'], url);
}
