import type { JuteWriter } from '@mpim/zookeeper/protocol';

/** One request as a script holds it; the same one goes to several servers. */
export interface ScriptedRequest {
  readonly op: number;
  /** Says what it does when a comparison fails. */
  readonly label: string;
  /** Writes the body; `baseZxid` is what the script's zxids count from on the server that gets it. */
  readonly write: (output: JuteWriter, baseZxid?: bigint) => void;
}

/** Puts one together; `value` is what its label tells. */
export function request(
  op: number,
  name: string,
  value: object,
  write: ScriptedRequest['write'],
): ScriptedRequest {
  return { op, label: `${name} ${JSON.stringify(value)}`, write };
}
