import type { ReconfigRequest, Stat } from '../../protocol/index.ts';
import { badArgument, requireObject } from '../arguments.ts';
import { ZooKeeperError } from '../errors.ts';
import { namesOf, requireKnown } from '../known-names.ts';
import type { NodeData } from './node-data.ts';

/** Where every server shows the configuration of its ensemble; no chroot applies. */
export const CONFIG_PATH = '/zookeeper/config';

/** The members of an ensemble. */
export interface EnsembleConfig {
  /** Server id → `host:port:port:role;client-host:client-port`. Empty for a server on its own. */
  readonly servers: ReadonlyMap<string, string>;
  /** Goes up with each change; null for a server on its own. */
  readonly version: bigint | null;
  /** As the server has it. */
  readonly text: string;
  readonly stat: Stat;
}

/** A change of the members: some to join and some to leave, or the full list. */
export type Reconfiguration = (
  | {
      /** Entries such as `server.4=10.0.0.4:2888:3888;2181`. */
      readonly joining?: readonly string[];
      /** Server ids. */
      readonly leaving?: readonly string[];
    }
  | {
      /** Entries of all members. */
      readonly members: readonly string[];
    }
) & {
  /** Only if this is the version in force. */
  readonly fromVersion?: bigint | undefined;
};

type Members = Extract<Reconfiguration, { members: unknown }>;
type Change = Exclude<Reconfiguration, Members>;

const MEMBERS = namesOf<Members>({ members: true, fromVersion: true });
const CHANGE = namesOf<Change & Members>({
  joining: true,
  leaving: true,
  members: true,
  fromVersion: true,
});

/** Reads what is at {@link CONFIG_PATH}. */
export function ensembleConfig({ data, stat }: NodeData): EnsembleConfig {
  const text = data?.toString() ?? '';
  const servers = new Map<string, string>();
  let version: bigint | null = null;
  for (const line of text.split('\n')) {
    const [, key, value = ''] = /^([^=]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key?.startsWith('server.') === true) servers.set(key.slice('server.'.length), value);
    // Hexadecimal, as all zxids are.
    else if (key === 'version' && /^[0-9a-f]+$/i.test(value)) version = BigInt(`0x${value}`);
  }
  return { servers, version, text, stat };
}

/** The request for a change. Throws `BAD_ARGUMENTS` for what is none, and if it changes nothing. */
export function reconfigRequest(change: Reconfiguration): ReconfigRequest {
  requireObject('change', change, 'an object with joining and leaving, or with members');
  const isFullList = 'members' in change;
  requireKnown(
    isFullList ? 'change with members' : 'change',
    change,
    isFullList ? MEMBERS : CHANGE,
  );
  const { fromVersion = -1n } = change;
  if (typeof fromVersion !== 'bigint' || BigInt.asIntN(64, fromVersion) !== fromVersion) {
    throw badArgument('fromVersion', fromVersion, 'the bigint of config()');
  }
  const members = 'members' in change ? change.members : [];
  const { joining = [], leaving = [] } = 'members' in change ? {} : change;
  for (const [name, entries] of Object.entries({ members, joining, leaving })) {
    checkEntries(name, entries);
  }
  if (members.length + joining.length + leaving.length === 0) {
    throw new ZooKeeperError(
      'BAD_ARGUMENTS',
      'reconfigure: a change in which nobody joins, leaves or is a member',
    );
  }
  const list = (entries: readonly string[]) => (entries.length === 0 ? null : entries.join(','));
  return {
    joiningServers: list(joining),
    leavingServers: list(leaving),
    newMembers: list(members),
    configId: fromVersion,
  };
}

function checkEntries(name: string, entries: readonly string[]): void {
  if (Array.isArray(entries) && entries.every((each) => typeof each === 'string')) return;
  throw badArgument(name, entries, 'a list of texts');
}
