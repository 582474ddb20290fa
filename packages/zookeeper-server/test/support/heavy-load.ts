import {
  type CreateMode,
  createModeFlags,
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  READ_ONLY_ACL,
  writeCreateRequest,
  writeDeleteRequest,
  writeMultiRequest,
  writeSetAclRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import type { Dice } from './dice.ts';
import { type RawClient, requestFrame } from './raw-client.ts';

const PARENTS = 30;
const CHILDREN = 40;
const DATA_BYTES = 1500;
const PER_WRITE = 25;
const MODES = ['persistent', 'persistent', 'ephemeral', 'ephemeral-sequential'] as const;

/** Sends a server as many random changes as fit down a connection, and waits until all are answered. */
export async function heavyLoad(client: RawClient, dice: Dice, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += PER_WRITE) {
    const frames = Array.from({ length: PER_WRITE }, (_, i) => changeFrame(dice, sent + i + 1));
    client.socket.write(Buffer.concat(frames));
  }
  await client.ping();
}

/** A change of one of few nodes, so that they come and go and come back; often a refused one. */
function changeFrame(dice: Dice, xid: number): Buffer {
  const parent = `/p${dice.below(PARENTS)}`;
  const path = dice.chance(10) ? parent : `${parent}/c${dice.below(CHILDREN)}`;
  const data = Buffer.alloc(dice.below(DATA_BYTES), dice.below(256));
  const acl = dice.one([OPEN_ACL, OPEN_ACL, READ_ONLY_ACL, ownAcl(dice)]);
  const mode = dice.one<CreateMode>(MODES);
  const create = { path, data, acl, flags: createModeFlags(mode) };
  const removal = { path, version: -1 };
  const send = (op: number, write: (output: JuteWriter) => void) => requestFrame(op, xid, write);
  switch (dice.below(8)) {
    case 0:
      return send(OpCode.setACL, (output) => writeSetAclRequest(output, { ...removal, acl }));
    case 1:
    case 2:
      return send(OpCode.delete, (output) => writeDeleteRequest(output, removal));
    case 3:
      return send(OpCode.setData, (output) => writeSetDataRequest(output, { ...removal, data }));
    case 4: {
      const again = { type: OpCode.create, request: { ...create, flags: 0 } } as const;
      const operations = [{ type: OpCode.delete, request: removal } as const, again];
      return send(OpCode.multi, (output) => writeMultiRequest(output, { operations }));
    }
    default:
      return send(OpCode.create, (output) => writeCreateRequest(output, create));
  }
}

/** One that nobody has had before, most likely. */
function ownAcl(dice: Dice) {
  const id = `user-${dice.below(100_000)}:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=`;
  return [{ permissions: 31, scheme: 'digest', id }] as const;
}
