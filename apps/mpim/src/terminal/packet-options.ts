import { type Command, Option } from 'commander';
import { parseWhole } from './options.ts';

/** How long requests to ZooKeeper and its answers may be, in bytes; the client's own limits unless given. */
export interface ZooKeeperPacketLimits {
  readonly zookeeperMaxPacketBytes?: number;
  readonly zookeeperMaxAnswerBytes?: number;
}

const MOST_BYTES = 1 << 30;

/** Adds the flags of {@link ZooKeeperPacketLimits}; `MPIM_ZOOKEEPER_MAX_PACKET_BYTES` and `…_ANSWER_BYTES` stand for them. */
export function addPacketOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--zookeeper-max-packet-bytes <n>',
        'longest request to ZooKeeper (default: 1048575, as its jute.maxbuffer)',
      )
        .env(unlessEmpty('MPIM_ZOOKEEPER_MAX_PACKET_BYTES'))
        .argParser((text) => parseWhole(text, 1024, MOST_BYTES)),
    )
    .addOption(
      new Option(
        '--zookeeper-max-answer-bytes <n>',
        'longest answer of it that is taken (default: 64 MiB)',
      )
        .env(unlessEmpty('MPIM_ZOOKEEPER_MAX_ANSWER_BYTES'))
        .argParser((text) => parseWhole(text, 65_536, MOST_BYTES)),
    );
}

/** Commander would take an empty variable for a value: it goes, as empty is how a shell or container says "not set". */
function unlessEmpty(variable: string): string {
  if (process.env[variable] === '') delete process.env[variable];
  return variable;
}

/** The flags as a service takes them, without those that were not given. */
export function packetFlags(limits: ZooKeeperPacketLimits): string[] {
  const { zookeeperMaxPacketBytes: packet, zookeeperMaxAnswerBytes: answer } = limits;
  return [
    ...(packet === undefined ? [] : ['--zookeeper-max-packet-bytes', String(packet)]),
    ...(answer === undefined ? [] : ['--zookeeper-max-answer-bytes', String(answer)]),
  ];
}
