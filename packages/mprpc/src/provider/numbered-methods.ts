import { badFrameError } from '../errors.ts';
import { MAX_METHOD_PATH_BYTES, MAX_METHODS } from '../wire/constants.ts';
import type { ServedMethod } from './served-method.ts';
import type { ServingHost } from './serving-host.ts';

/** A method path the peer named and nobody serves. */
export interface UnknownMethod {
  readonly unknown: string;
}

/** The methods one caller has named by METHOD, by the numbers it gave them. */
export class NumberedMethods {
  readonly #host: ServingHost;
  readonly #methods: (ServedMethod | UnknownMethod | undefined)[] = [];

  constructor(host: ServingHost) {
    this.#host = host;
  }

  /** METHOD: a path and its number. Throws RpcError `BAD_FRAME` when one of them passes its limit. */
  learn(number: number, bytes: Buffer, start: number, end: number): void {
    if (number >= MAX_METHODS || end - start > MAX_METHOD_PATH_BYTES) {
      throw badFrameError(
        `METHOD ${number} of ${end - start} bytes passes the limits of ${MAX_METHODS} methods and ${MAX_METHOD_PATH_BYTES} bytes`,
      );
    }
    // Numbers come in any order; the gaps of a hostile one are bounded by MAX_METHODS.
    const path = bytes.toString('utf8', start, end);
    this.#methods[number] = this.#host.lookup(path) ?? { unknown: path };
  }

  /** The method a REQUEST means. Throws RpcError `BAD_FRAME` for a number nobody has learnt. */
  get(number: number): ServedMethod | UnknownMethod {
    const served = this.#methods[number];
    if (served === undefined) throw badFrameError('a REQUEST names a method number without METHOD');
    return served;
  }
}
