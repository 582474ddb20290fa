import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** Changes the members of an ensemble; answered as getData of `/zookeeper/config`. */
export interface ReconfigRequest {
  /** `server.id=…` entries, comma-separated, to add or change; null for none. */
  readonly joiningServers: string | null;
  /** Ids, comma-separated, to remove; null for none. */
  readonly leavingServers: string | null;
  /** All members, comma-separated, instead of the two above; null for not. */
  readonly newMembers: string | null;
  /** Version of the configuration that this one must follow; -1 for any. */
  readonly configId: bigint;
}

/** Reads a {@link ReconfigRequest}. */
export function readReconfigRequest(input: JuteReader): ReconfigRequest {
  return {
    joiningServers: input.string(),
    leavingServers: input.string(),
    newMembers: input.string(),
    configId: input.long(),
  };
}

/** Writes a {@link ReconfigRequest}. */
export function writeReconfigRequest(output: JuteWriter, value: ReconfigRequest): void {
  output.string(value.joiningServers);
  output.string(value.leavingServers);
  output.string(value.newMembers);
  output.long(value.configId);
}
