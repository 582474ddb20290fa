import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  baseName,
  joinPath,
  parentPath,
  pathProblem,
  validatePath,
} from '../../src/protocol/index.ts';

describe('paths', () => {
  it('accepts what ZooKeeper accepts', () => {
    const valid = ['/', '/a', '/a/b', '/.a', '/a.', '/a..b', '/...', '/ü', '/中文', '/a b', '/~'];
    for (const path of valid) assert.equal(pathProblem(path), null, path);
  });

  it('refuses what ZooKeeper refuses', () => {
    const invalid = ['', 'a', '//', '/a/', '/a//b', '/.', '/..', '/a/.', '/a/./b', '/a/../b'];
    const characters = ['\0', '\u0001', '\u001f', '\u007f', '\u009f', '😀', '\ue000', '\uf8ff'];
    characters.push('\ufff0', '\uffff', '\ud800');
    for (const path of [...invalid, ...characters.map((c) => `/a${c}b`)]) {
      assert.notEqual(pathProblem(path), null, JSON.stringify(path));
      assert.throws(() => validatePath(path), { code: 'INVALID_PATH', path });
    }
  });

  it('judges a sequential path with its counter appended', () => {
    validatePath('/a/', { sequential: true });
    validatePath('/', { sequential: true });
    assert.throws(() => validatePath('/a//', { sequential: true }), { code: 'INVALID_PATH' });
  });

  it('takes apart and joins', () => {
    assert.equal(parentPath('/'), '/');
    assert.equal(parentPath('/a'), '/');
    assert.equal(parentPath('/a/b'), '/a');
    assert.equal(baseName('/'), '');
    assert.equal(baseName('/a/b'), 'b');
    assert.equal(joinPath('/'), '/');
    assert.equal(joinPath('/', 'a'), '/a');
    assert.equal(joinPath('/a', 'b', '/c'), '/a/b/c');
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), minLength: 3 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), name, (names, last) => {
        const parent = joinPath('/', ...names);
        const path = joinPath(parent, last);
        assert.equal(pathProblem(path), null);
        assert.equal(parentPath(path), parent);
        assert.equal(baseName(path), last);
      }),
    );
  });
});
