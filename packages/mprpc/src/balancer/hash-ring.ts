import { hash, mix } from './hash.ts';

/** Who can own keys. */
export interface RingMember {
  readonly id: string;
  /** Its share of the keys, against the others'. With 0 it owns none while anybody has more. */
  readonly weight: number;
}

/** The weight that one point on the ring stands for, as long as no member has more than {@link MAX_POINTS}. */
const WEIGHT_PER_POINT = 12.5;
const MAX_POINTS = 64;
/** Places on the ring that are looked at for a key; the one nearest to a point decides. */
const PROBES = 16;
/** Looks at the same places before points that stand for little are taken as whole. */
const MAX_ROUNDS = 64;
/** Keep the hashes of points, places and looks apart; odd, otherwise without meaning. */
const POINT_SALT = 0x9e3779b9;
const PROBE_SALT = 0x85157af5;
const ROUND_SALT = 0x5bd1e995;
/** Every place sees the point. */
const WHOLE = 0xffffffff;
/** Sorting key of a point: its place times this, plus its number. Exact below 2^53. */
const NUMBERS = 2 ** 21;

/**
 * Consistent hashing whose cost does not grow with the number of members: a ring of hashed points, eight for a weight of
 * 100, looked at from 16 places for each key; the point that follows one of them most closely owns the key. (Appleton
 * and O'Reilly, "Multi-probe consistent hashing", 2015.) What is left of a weight beyond whole points is a point that
 * only its share of the places sees.
 *
 * - Everybody who knows the same members finds the same owner, whatever their order.
 * - When a member goes, or its weight sinks, only keys of its own move; when one comes, or its weight grows, keys
 *   move only to it. This holds while the heaviest weight stays below 800, or between the same two doublings of that.
 *
 * ```ts
 * const shards = new HashRing([{ id: 'a', weight: 100 }, { id: 'b', weight: 50 }]);
 * shards.ownerOf('alice'); // 0 or 1, an index into the list
 * ```
 */
export class HashRing {
  /** Where the points are, in rising order. */
  readonly #points: Uint32Array;
  /** Whose they are: indexes of members. */
  readonly #owners: Uint32Array;
  /** How many of 2^32 - 1 places see them. */
  readonly #seenBy: Uint32Array;
  /** For each of equal parts of the ring the first point that is not before it. */
  readonly #first: Uint32Array;
  /** Bits of a place that do not tell its part. */
  readonly #shift: number;

  constructor(members: readonly RingMember[]) {
    const heaviest = members.reduce((most, { weight }) => Math.max(most, weight), 0);
    const unit = WEIGHT_PER_POINT * doublings(heaviest / (WEIGHT_PER_POINT * MAX_POINTS));
    const places: number[] = [];
    const owners: number[] = [];
    const seenBy: number[] = [];
    // By id: two points at the same place then stand in the same order for everybody.
    for (const owner of byId(members)) {
      const { id, weight } = members[owner] as RingMember;
      const seed = hash(id);
      const mass = heaviest > 0 ? weight / unit : 1;
      for (let nth = 0; nth < mass; nth++) {
        const share = Math.min(1, mass - nth);
        places.push(mix(seed ^ mix(Math.imul(nth + 1, POINT_SALT))) * NUMBERS + owners.length);
        owners.push(owner);
        seenBy.push(share === 1 ? WHOLE : Math.floor(share * WHOLE));
      }
    }
    const sorted = Float64Array.from(places).sort();
    const count = sorted.length;
    this.#points = new Uint32Array(count);
    this.#owners = new Uint32Array(count);
    this.#seenBy = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      const place = sorted[index] as number;
      const number = place % NUMBERS;
      this.#points[index] = Math.floor(place / NUMBERS);
      this.#owners[index] = owners[number] as number;
      this.#seenBy[index] = seenBy[number] as number;
    }
    const bits = Math.max(1, Math.ceil(Math.log2(count)));
    this.#shift = 32 - bits;
    this.#first = partsOf(this.#points, bits);
  }

  /**
   * The index of the member that owns the key, -1 when there is none. `accepts` leaves out members, with the same owner
   * as if they were not there.
   */
  ownerOf(key: string, accepts: ((index: number) => boolean) | undefined = undefined): number {
    const keyHash = hash(key);
    for (let round = 0; round <= MAX_ROUNDS; round++) {
      const owner = this.#look(keyHash, round, accepts);
      if (owner !== -1) return owner;
    }
    return -1;
  }

  #look(keyHash: number, round: number, accepts: ((index: number) => boolean) | undefined): number {
    const points = this.#points;
    const count = points.length;
    const salt = Math.imul(round + 1, ROUND_SALT);
    let owner = -1;
    let nearest = Infinity;
    for (let probe = 1; probe <= PROBES; probe++) {
      const place = mix(keyHash ^ mix(Math.imul(probe, PROBE_SALT)));
      let index = this.#first[place >>> this.#shift] as number;
      while (index < count && (points[index] as number) < place) index++;
      for (let looked = 0; looked < count; looked++, index++) {
        if (index === count) index = 0;
        const point = points[index] as number;
        const distance = (point - place) >>> 0;
        if (distance >= nearest) break;
        const seenBy = this.#seenBy[index] as number;
        // Bits of its own for each place, point and look.
        const isSeen =
          seenBy === WHOLE || round === MAX_ROUNDS || mix(place ^ mix(point ^ salt)) < seenBy;
        const candidate = this.#owners[index] as number;
        if (!isSeen || accepts?.(candidate) === false) continue;
        nearest = distance;
        owner = candidate;
        break;
      }
    }
    return owner;
  }
}

/** The power of two, 1 at least, that `ratio` does not pass. */
function doublings(ratio: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(ratio)));
}

/** The indexes of the members in the order of their ids. */
function byId(members: readonly RingMember[]): number[] {
  const id = (index: number): string => (members[index] as RingMember).id;
  return [...members.keys()].sort((a, b) => (id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : a - b));
}

function partsOf(points: Uint32Array, bits: number): Uint32Array {
  const first = new Uint32Array(2 ** bits);
  let next = 0;
  for (let part = 0; part < first.length; part++) {
    const start = part * 2 ** (32 - bits);
    while (next < points.length && (points[next] as number) < start) next++;
    first[part] = next;
  }
  return first;
}
