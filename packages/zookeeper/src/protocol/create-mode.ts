const FLAGS = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
  container: 4,
  'persistent-ttl': 5,
  'persistent-sequential-ttl': 6,
} as const;

/**
 * Kind of node to create. `ephemeral` goes with its session, `-sequential` gets a ten-digit counter
 * of its parent appended, `container` goes some time after its last child, `-ttl` some time after its
 * last change while it has no children.
 */
export type CreateMode = keyof typeof FLAGS;

/** All of them, in the order of their flags. */
export const CREATE_MODES: readonly CreateMode[] = Object.keys(FLAGS) as CreateMode[];

/** The `flags` of a create request (ZooKeeper: `CreateMode.toFlag`). */
export function createModeFlags(mode: CreateMode): number {
  return FLAGS[mode];
}

/** The mode of a request's `flags`, or undefined for a number that means nothing. */
export function createModeFromFlags(flags: number): CreateMode | undefined {
  return CREATE_MODES[flags];
}

/** Whether nodes of this mode are bound to the session that creates them. */
export function isEphemeral(mode: CreateMode): boolean {
  return mode === 'ephemeral' || mode === 'ephemeral-sequential';
}

/** Whether the server appends a counter to the name. */
export function isSequential(mode: CreateMode): boolean {
  return (
    mode === 'persistent-sequential' ||
    mode === 'ephemeral-sequential' ||
    mode === 'persistent-sequential-ttl'
  );
}

/** Whether a time to live goes with the create request. */
export function isTtl(mode: CreateMode): boolean {
  return mode === 'persistent-ttl' || mode === 'persistent-sequential-ttl';
}

/** Largest time to live in ms, exclusive: it shares 64 bits with a marker (ZooKeeper: `EphemeralType`). */
export const MAX_TTL_MS: number = 2 ** 40;
