import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HashRing, type RingMember } from '../../src/index.ts';

const KEYS = Array.from({ length: 300 }, (_, index) => `user-${index}`);

const members = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1 }), weight: fc.integer({ min: 1, max: 700 }) }),
  { minLength: 1, maxLength: 12, selector: ({ id }) => id },
);

const owners = (list: readonly RingMember[], keys = KEYS): (string | undefined)[] => {
  const ring = new HashRing(list);
  return keys.map((key) => list[ring.ownerOf(key)]?.id);
};

/** Ids of the owners of `keys` keys, and how many keys each has. */
const counts = (list: readonly RingMember[], keys: number): Map<string, number> => {
  const ring = new HashRing(list);
  const found = new Map(list.map(({ id }) => [id, 0]));
  for (let key = 0; key < keys; key++) {
    const id = list[ring.ownerOf(`user-${key}`)]?.id ?? '';
    found.set(id, (found.get(id) ?? 0) + 1);
  }
  return found;
};

describe('HashRing', () => {
  test('everybody who knows the same members finds the same owners, whatever their order', () => {
    fc.assert(
      fc.property(members, (list) => {
        assert.deepEqual(owners(list.toReversed()), owners(list));
      }),
    );
  });

  test('when a member goes only its own keys move, and when it comes keys move only to it', () => {
    fc.assert(
      fc.property(members, fc.nat(), (list, nth) => {
        const gone = list[nth % list.length] as RingMember;
        const before = owners(list);
        const after = owners(list.filter((member) => member !== gone));
        before.forEach((owner, key) => {
          if (owner !== gone.id) assert.equal(after[key], owner);
        });
      }),
    );
  });

  test('when a weight grows keys move only to its member', () => {
    fc.assert(
      fc.property(members, fc.nat(), fc.integer({ min: 1, max: 100 }), (list, nth, more) => {
        const grown = list[nth % list.length] as RingMember;
        const before = owners(list);
        const after = owners(
          list.map((member) =>
            member === grown ? { ...member, weight: member.weight + more } : member,
          ),
        );
        before.forEach((owner, key) => {
          if (after[key] !== grown.id) assert.equal(after[key], owner);
        });
      }),
    );
  });

  test('leaving members out is the same as not having them', () => {
    fc.assert(
      fc.property(
        members,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (list, stay) => {
          const left = list.filter((_, index) => stay[index]);
          const ring = new HashRing(list);
          const kept = KEYS.map(
            (key) => list[ring.ownerOf(key, (index) => stay[index] === true)]?.id,
          );
          assert.deepEqual(kept, owners(left));
        },
      ),
    );
  });

  test('keys are spread evenly: nobody has a fifth more than its share', () => {
    for (const size of [2, 10, 100, 1000]) {
      const list = Array.from({ length: size }, (_, index) => ({ id: `i-${index}`, weight: 100 }));
      const keys = size * 1000;
      const shares = [...counts(list, keys).values()].map((count) => (count / keys) * size);
      assert.ok(Math.max(...shares) < 1.2, `${size}: ${Math.max(...shares)}`);
      assert.ok(Math.min(...shares) > 0.55, `${size}: ${Math.min(...shares)}`);
      const deviation = Math.sqrt(shares.reduce((sum, one) => sum + (one - 1) ** 2, 0) / size);
      assert.ok(deviation < 0.09, `${size}: ${deviation}`);
    }
  });

  test('shares follow the weights, small and large', () => {
    for (const weights of [
      [1, 2, 3, 4],
      [10, 50, 100, 300],
      [100, 100, 100, 10],
      [900, 5000, 10_000, 700],
    ]) {
      // Ten of each weight: the luck of a single one does not matter.
      const list = weights.flatMap((weight, kind) =>
        Array.from({ length: 10 }, (_, nth) => ({ id: `${kind}/${nth}`, weight })),
      );
      const keys = 60_000;
      const found = counts(list, keys);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const weight of new Set(weights)) {
        const of = list.filter((member) => member.weight === weight);
        const count = of.reduce((sum, { id }) => sum + (found.get(id) ?? 0), 0);
        const share = (count / keys) * ((total * 10) / (weight * of.length));
        assert.ok(share > 0.85 && share < 1.15, `weight ${weight} of ${weights}: ${share}`);
      }
    }
  });

  test('weight 0 owns nothing, unless nobody has more; without members there is no owner', () => {
    const zero = { id: 'a', weight: 0 };
    assert.deepEqual([...new Set(owners([zero, { id: 'b', weight: 1 }]))], ['b']);
    assert.deepEqual([...new Set(owners([zero, { id: 'b', weight: 0 }]))].sort(), ['a', 'b']);
    assert.deepEqual([...new Set(owners([]))], [undefined]);
    assert.equal(
      new HashRing([{ id: 'a', weight: 1 }]).ownerOf('key', () => false),
      -1,
    );
  });
});
