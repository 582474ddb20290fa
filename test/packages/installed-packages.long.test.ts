import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { installedNpmPackage, type TemporaryFolder, temporaryFolder } from '@mpim/testkit';
import { InstalledProject, pack, type Tarball } from './installed-project.ts';

const LIBRARIES = ['zookeeper', 'zookeeper-server', 'mprpc', 'governance', 'protocol', 'client'];
/** Starts a server, asks it something with a client, and ends. */
const ROUND = `
  const server = await ZooKeeperServer.start(process.argv[2] ? { dataDir: process.argv[2] } : {});
  const zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  await zk.create('/greeting', 'hello');
  console.log((await zk.get('/greeting')).data.toString());
  await zk.close();
  await server.stop();
`;
const MODULE = `
  import { ZooKeeperClient } from '@mpim/zookeeper';
  import { ZooKeeperServer } from '@mpim/zookeeper-server';
  ${ROUND}`;
const COMMON_JS = `
  const { ZooKeeperClient } = require('@mpim/zookeeper');
  const { ZooKeeperServer } = require('@mpim/zookeeper-server');
  (async () => { ${ROUND} })();`;

let folder: TemporaryFolder;
let tarballs: Tarball[];

before(async () => {
  folder = await temporaryFolder('mpim-packages');
  tarballs = await pack(folder.path);
});
after(() => folder?.[Symbol.asyncDispose]());

describe('the libraries, installed from their tarballs without a network', () => {
  let project: InstalledProject;
  const installed = (name: string, file: string) =>
    readFileSync(join(project.path, 'node_modules/@mpim', name, file), 'utf8');

  before(async () => {
    const wanted = LIBRARIES.map((name) => `@mpim/${name}`);
    project = await InstalledProject.create(tarballs.filter(({ name }) => wanted.includes(name)));
    await project.addNodeTypes();
    await project.write('program.mjs', MODULE);
    await project.write('program.cjs', COMMON_JS);
  });
  after(() => project?.[Symbol.asyncDispose]());

  test('ECMAScript and CommonJS modules run server and client', async () => {
    assert.equal(await project.node('program.mjs'), 'hello\n');
    assert.equal(await project.node('program.cjs'), 'hello\n');
  });

  test('so they do on the oldest Node that `engines` names, with data on disk, too', async () => {
    const engines = LIBRARIES.map((name) => JSON.parse(installed(name, 'package.json')).engines);
    const [oldest] = new Set(engines.map(({ node }) => node));
    assert.deepEqual(
      engines,
      LIBRARIES.map(() => ({ node: oldest })),
    );
    const version = `${oldest.replace('>=', '')}.0`;
    const name = `node-${process.platform}-${process.arch}`;
    const home = await installedNpmPackage({ name, version, file: 'bin/node', hint: 'a moment' });
    const node = join(home, 'node_modules', name, 'bin/node');
    assert.equal(await project.run(['--print', 'process.version'], node), `v${version}\n`);
    assert.equal(await project.run(['program.mjs'], node), 'hello\n');
    assert.equal(await project.run(['program.cjs', 'data'], node), 'hello\n');
    await project.write('all.mjs', LIBRARIES.map((one) => `import '@mpim/${one}';\n`).join(''));
    await project.run(['all.mjs'], node);
  });

  test('every export loads', async () => {
    for (const name of LIBRARIES) {
      const paths = Object.keys(JSON.parse(installed(name, 'package.json')).exports);
      const modules = paths
        .filter((path) => path !== './package.json')
        .map((path) => join('@mpim', name, path));
      assert.ok(modules.length > 0);
      const loads = modules.map((module) => `import * as it from '${module}'; console.log(it);`);
      for (const load of loads) {
        await project.write('load.mjs', load);
        assert.match(await project.node('load.mjs'), /^\[Module: null prototype\] \{\n/);
      }
    }
  });

  test('a package is what its program, its debugger and its reader need, and nothing else', () => {
    const home = join(project.path, 'node_modules/@mpim');
    const files = globSync('*/**/*.*', { cwd: home });
    const rooms = /^[^/]+\/(dist|src|docs)\/|^[^/]+\/(package\.json|README\.md|CHANGELOG\.md)$/;
    assert.deepEqual(
      files.filter((file) => !rooms.test(file) || /\btest\b|\.test\.|tsbuildinfo/.test(file)),
      [],
    );
    for (const name of LIBRARIES) installed(name, 'LICENSE');
    for (const file of files) {
      const text = () => readFileSync(join(home, file), 'utf8');
      const near = (path: string) => existsSync(join(home, dirname(file), path));
      if (file.endsWith('.map')) {
        for (const source of JSON.parse(text()).sources)
          assert.ok(near(source), `${file}: ${source}`);
      } else if (file.endsWith('.md')) {
        for (const [, link = ''] of text().matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)) {
          assert.ok(near(link), `${file} leads to ${link}`);
        }
      } else if (/\/dist\/.*\.(js|d\.ts)$/.test(file)) {
        for (const [, path = ''] of text().matchAll(/(?:from|import\()\s*["'](\.[^"']*)["']/g)) {
          assert.ok(path.endsWith('.js') && near(path), `${file} imports ${path}`);
        }
      }
    }
  });

  test('TypeScript programs compile against them, as strictly as can be', async () => {
    const program = readFileSync(join(import.meta.dirname, 'consumer.ts'), 'utf8');
    await project.write('program.ts', program);
    await project.write('program.cts', program);
    // The types of Node bring those of `await using`; nothing of a later ECMAScript is needed.
    const common = { lib: ['ES2022'], types: ['node'] };
    await project.compile('program.ts', { module: 'nodenext', ...common });
    await project.compile('program.cts', { module: 'nodenext', ...common });
    const bundler = { module: 'preserve', moduleResolution: 'bundler' };
    await project.compile('program.ts', { ...bundler, ...common });
    await project.write(
      'page.ts',
      `import { MpimClient } from '@mpim/client';
       new MpimClient({ gateway: 'ws://127.0.0.1', token: '' }).on('message', ({ seq }) => seq + 1);`,
    );
    const browser = { lib: ['ES2022', 'DOM', 'ESNext.Disposable'], types: [] };
    await project.compile('page.ts', { ...bundler, ...browser });
  });

  test("the READMEs' first programs run", async () => {
    const first = (name: string) =>
      /^```ts\n(.*?)^```$/ms.exec(installed(name, 'README.md'))?.[1] ?? '';
    const client = first('zookeeper').replace(
      "'127.0.0.1:2181/demo'",
      "embedded.connectString.concat('/demo')",
    );
    assert.match(client, /embedded/);
    const printed = await project.typeScript(
      `import { ZooKeeperServer } from '@mpim/zookeeper-server';
       await using embedded = await ZooKeeperServer.start();
       ${client}`,
    );
    assert.match(printed, /^I am \/workers\/w-0{10}$/m);
    assert.match(printed, /^token \S+ true$/m);
    const server = first('zookeeper-server').replace('port: 2181', 'port: 0');
    assert.match(await project.typeScript(server), /^zkCli\.sh -server 127\.0\.0\.1:\d+\n$/);
    assert.ok(existsSync(join(project.path, 'data/zookeeper/version-2')));
    assert.match(await project.typeScript(first('mprpc')), /^Hello Ada, 3 s to go\n/);
  });
});
