import { type Acl, type ClientInfo, OPEN_ACL, WatcherType } from '../protocol/index.ts';
import { badArgument } from './arguments.ts';
import type { Caller } from './caller.ts';
import type { CallOptions } from './calls/call-options.ts';
import { checkCallOptions, NO_OPTIONS } from './calls/check-call.ts';
import { ensurePath } from './compound/ensure-path.ts';
import { namesOf } from './known-names.ts';
import { checkAcl } from './operations/check-acl.ts';
import {
  CONFIG_PATH,
  type EnsembleConfig,
  ensembleConfig,
  type Reconfiguration,
  reconfigRequest,
} from './operations/ensemble-config.ts';
import {
  type MultiReadOperation,
  type MultiReadResults,
  multiReadRequest,
  multiReadResults,
} from './operations/multi-read.ts';
import * as operations from './operations/operation.ts';
import { WatchOperations } from './watch-operations.ts';

/** What {@link ServerOperations.checkWatches} asks about; the last two are known to servers since 3.9. */
const WATCH_KINDS = {
  data: WatcherType.data,
  children: WatcherType.children,
  any: WatcherType.any,
  persistent: WatcherType.persistent,
  'persistent-recursive': WatcherType.persistentRecursive,
} as const;

/** How {@link ServerOperations.ensurePath} creates what is missing. */
type EnsurePathOptions = { acl?: readonly Acl[] | undefined } & CallOptions;

const ENSURE_PATH_OPTIONS = namesOf<EnsurePathOptions>({
  acl: true,
  signal: true,
  timeoutMs: true,
});

/** The rarer operations of a client: about the session, the server, or many nodes at once. */
export abstract class ServerOperations extends WatchOperations {
  readonly #caller: Caller;

  protected constructor(caller: Caller) {
    super(caller);
    this.#caller = caller;
  }

  /**
   * Several reads of one state of the tree. Each has a result of its own; one that fails ends none of the others.
   * Servers have it since 3.6.
   *
   * @example
   * const [config, workers] = await zk.multiRead([
   *   { type: 'get', path: '/config' },
   *   { type: 'children', path: '/workers' },
   * ]);
   * if (config.type === 'get') console.log(config.data);
   */
  async multiRead<const O extends readonly MultiReadOperation[]>(
    parts: O,
    options: CallOptions = NO_OPTIONS,
  ): Promise<MultiReadResults<O>> {
    checkCallOptions(options);
    const request = multiReadRequest(this.#caller.paths, parts);
    const response = await this.#caller.call(operations.multiRead, request, '', options);
    return multiReadResults(parts, response);
  }

  /** Creates what is missing of the path, the chroot included, as persistent nodes without data. */
  async ensurePath(path: string, options: EnsurePathOptions = NO_OPTIONS): Promise<void> {
    checkCallOptions(options, ENSURE_PATH_OPTIONS);
    const { create2, exists } = operations;
    const { acl = OPEN_ACL } = options;
    const caller = this.#caller;
    const { paths } = caller;
    const serverPath = paths.toServer(path);
    checkAcl(acl, path);
    const maker = {
      create: (each: string) => {
        const request = { path: each, data: null, acl, flags: 0 };
        return caller.call(create2, request, paths.toClient(each), options);
      },
      exists: async (each: string) => {
        const request = { path: each, watch: false };
        return (await caller.call(exists, request, paths.toClient(each), options)) !== null;
      },
    };
    await ensurePath(maker, serverPath);
  }

  /** Paths of this session's ephemerals: the node itself and all below it. Servers have it since 3.6. */
  async ephemerals(path = '/', options: CallOptions = NO_OPTIONS): Promise<string[]> {
    checkCallOptions(options);
    const serverPath = this.#caller.paths.toServer(path);
    const request = { prefixPath: serverPath };
    const response = await this.#caller.call(operations.getEphemerals, request, path, options);
    // The server compares text: /a stands for /ab, too.
    const below = serverPath === '/' ? '/' : `${serverPath}/`;
    return response.ephemerals
      .filter((each) => each === serverPath || each.startsWith(below))
      .map((each) => this.#caller.paths.toClient(each));
  }

  /** How many nodes are below this one, at any depth. `NO_NODE`. Servers have it since 3.6. */
  async countDescendants(path: string, options: CallOptions = NO_OPTIONS): Promise<number> {
    checkCallOptions(options);
    const request = { path: this.#caller.paths.toServer(path) };
    const { getAllChildrenNumber } = operations;
    return (await this.#caller.call(getAllChildrenNumber, request, path, options)).totalNumber;
  }

  /** Who the server takes this connection for: one entry for each identity. Servers have it since 3.7. */
  async whoAmI(options: CallOptions = NO_OPTIONS): Promise<ClientInfo[]> {
    checkCallOptions(options);
    const { identities } = await this.#caller.call(operations.whoAmI, undefined, '', options);
    return [...identities];
  }

  /**
   * Whether the server keeps a watch of this kind on the path for this connection: a one-shot one for `data` or
   * `children`, one that stays on the node alone (`persistent`) or on all below it (`persistent-recursive`), or `any`.
   *
   * Before 3.9 a server says yes to the first three also for a watch that stays or that another connection has, and
   * rejects the two that stay with `MARSHALLING_ERROR`.
   */
  async checkWatches(
    path: string,
    kind: keyof typeof WATCH_KINDS,
    options: CallOptions = NO_OPTIONS,
  ): Promise<boolean> {
    checkCallOptions(options);
    const serverPath = this.#caller.paths.toServer(path);
    const kinds = Object.keys(WATCH_KINDS);
    if (!kinds.includes(kind)) throw badArgument('kind', kind, `one of ${kinds.join(', ')}`, path);
    const request = { path: serverPath, type: WATCH_KINDS[kind] };
    return this.#caller.call(operations.checkWatches, request, path, options);
  }

  /** The members of the ensemble. */
  async config(options: CallOptions = NO_OPTIONS): Promise<EnsembleConfig> {
    checkCallOptions(options);
    const request = { path: CONFIG_PATH, watch: false };
    return ensembleConfig(
      await this.#caller.call(operations.getData, request, CONFIG_PATH, options),
    );
  }

  /**
   * Changes the members of the ensemble; answers with the new configuration. It needs `reconfigEnabled` in the
   * servers and the right to write `/zookeeper/config`: else `RECONFIG_DISABLED`, `UNIMPLEMENTED` (a server on its
   * own) or `NO_AUTH`. `BAD_VERSION` if another configuration than `fromVersion` is in force.
   */
  async reconfigure(
    change: Reconfiguration,
    options: CallOptions = NO_OPTIONS,
  ): Promise<EnsembleConfig> {
    checkCallOptions(options);
    const request = reconfigRequest(change);
    return ensembleConfig(
      await this.#caller.call(operations.reconfig, request, CONFIG_PATH, options),
    );
  }
}
