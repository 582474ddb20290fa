import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { InstanceLock } from '../supervisor/instance-lock.ts';
import { rotateLog } from '../supervisor/log-files.ts';
import { checkPort, prepareDataDir, waitUntilGone } from '../supervisor/preflight.ts';
import { onStopSignals } from '../supervisor/signals.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { parsePort } from '../terminal/options.ts';
import { addPacketOptions } from '../terminal/packet-options.ts';
import { addRpcTlsOptions, addZooKeeperTlsOptions } from '../terminal/tls-options.ts';
import { HOST, logFolder, planUp, type UpOptions } from '../up/plan.ts';
import { UpReporter } from '../up/reporter.ts';
import { addAuthOption } from '../zk/session.ts';

/** Processes of a run that was cut short end by themselves within this time, in ms. */
const LEFT_BEHIND_LIMIT_MS = 10_000;

/** What it takes where nothing else is said (`jute.maxbuffer`), bytes. */
const EMBEDDED_MAX_PACKET_BYTES = 1_048_575;

/** `mpim up`: everything on this machine, under a supervisor, until Ctrl-C. */
export function upCommand(): Command {
  const command = new Command('up')
    .description(
      'Starts ZooKeeper and the five services, each in a process of its own, starts again what dies, ' +
        'and drains and stops everything on Ctrl-C.',
    )
    .option('--data-dir <dir>', 'where databases and logs are kept', 'data')
    .option('--zookeeper-port <n>', 'port of the embedded ZooKeeper', parsePort, 2181)
    .option('--gateway-port <n>', 'port of the web page and of clients', parsePort, 8080)
    .option('--zookeeper <servers>', 'use this ensemble instead: host:port[,host:port][/chroot]')
    .option('--log-level <level>', 'of the services: debug, info, warn, error', 'info');
  addPacketOptions(addZooKeeperTlsOptions(addRpcTlsOptions(addAuthOption(command))));
  return command.action(async (options: UpOptions) => {
    process.exitCode = await up({ ...options, dataDir: resolve(options.dataDir) });
  });
}

async function up(options: UpOptions): Promise<number> {
  prepareDataDir(options.dataDir);
  using lock = InstanceLock.take(options.dataDir);
  const reporter = new UpReporter(options);
  if (lock.leftBehind) await waitUntilGone(lock.leftBehind.children, LEFT_BEHIND_LIMIT_MS);
  await checkSurroundings(options);

  mkdirSync(logFolder(options.dataDir), { recursive: true });
  const supervisor = new Supervisor(planUp(options));
  for (const child of supervisor.children) rotateLog(child.logFile);
  supervisor.on('pids', (pids) => lock.record(pids));
  supervisor.on('died', (child, death) => reporter.died(child, death));
  supervisor.on('back', (child, afterMs) => reporter.back(child, afterMs));

  const stopRequested = new Promise<'stop'>((stop) => {
    onStopSignals(
      () => stop('stop'),
      () => {
        supervisor.kill();
        reporter.forced();
        process.exit(130);
      },
    );
  });
  try {
    reporter.starting(supervisor.children);
    const started = supervisor.start().then(() => 'started' as const);
    if ((await Promise.race([started, stopRequested])) === 'started') {
      reporter.started(supervisor.children);
      await stopRequested;
    } else {
      started.catch(() => {});
    }
    reporter.stopping();
  } finally {
    reporter.stopped(await supervisor.stop());
  }
  return 0;
}

async function checkSurroundings(options: UpOptions): Promise<void> {
  const { zookeeper, zookeeperPort: port, gatewayPort } = options;
  await checkAuthFile(options);
  if (zookeeper === undefined) {
    if (options.zookeeperTlsCa || options.zookeeperTlsCert) {
      throw new CommandError(
        'USAGE',
        'The embedded ZooKeeper listens on loopback without TLS: leave out --zookeeper-tls-*, or name servers with --zookeeper.',
      );
    }
    if ((options.zookeeperMaxPacketBytes ?? 0) > EMBEDDED_MAX_PACKET_BYTES) {
      throw new CommandError(
        'USAGE',
        `The embedded ZooKeeper takes requests of ${EMBEDDED_MAX_PACKET_BYTES} bytes: leave out --zookeeper-max-packet-bytes, or name servers with --zookeeper.`,
      );
    }
    await checkPort({ port, host: HOST, what: 'ZooKeeper', flag: '--zookeeper-port' });
  } else {
    await checkEnsemble(zookeeper, options);
  }
  await checkPort({ port: gatewayPort, host: HOST, what: 'the gateway', flag: '--gateway-port' });
}

/** The embedded server has no users of its own: digest identities it takes as they come. */
async function checkAuthFile({ zookeeper, zookeeperAuthFile: file }: UpOptions): Promise<void> {
  if (!file) return;
  const { loadZooKeeperAuth } = await import('@mpim/service-kit');
  const sasl = loadZooKeeperAuth(file)?.sasl;
  if (sasl === undefined || zookeeper !== undefined) return;
  throw new CommandError(
    'USAGE',
    `The embedded ZooKeeper of mpim up has no SASL users: write digest instead of sasl in ${file}, or name servers with --zookeeper.`,
  );
}

async function checkEnsemble(servers: string, options: UpOptions): Promise<void> {
  const { zookeeperTls } = await import('@mpim/service-kit');
  const { zookeeperTlsCa = '', zookeeperTlsCert = '' } = options;
  const { zookeeperTlsKey = '', zookeeperTlsName = '' } = options;
  const tls = zookeeperTls({
    zookeeperTlsCa,
    zookeeperTlsCert,
    zookeeperTlsKey,
    zookeeperTlsName,
  });
  const { withZooKeeper } = await import('../zk/session.ts');
  try {
    const { zookeeperAuthFile = '' } = options;
    const at = { ...options, zookeeper: servers, zookeeperAuthFile };
    await withZooKeeper(at, async () => {}, { tls });
  } catch (cause) {
    throw new CommandError(
      'ZOOKEEPER',
      `No ZooKeeper lets us in at ${servers} (${cause instanceof Error ? cause.message : cause}) ` +
        'Give other servers with --zookeeper host:port[,host:port][/chroot], or leave it out for the embedded one.',
      { cause },
    );
  }
}
