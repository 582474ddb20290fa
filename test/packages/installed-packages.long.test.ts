import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  installedNpmPackage,
  startChild,
  type TemporaryFolder,
  temporaryFolder,
} from '@mpim/testkit';
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

/** A call whose messages are compressed. */
const CALL = `
  import { RpcChannel, RpcProvider, StaticResolver } from '@mpim/mprpc';
  const type = {
    encode: (text) => ({ finish: () => Buffer.from(text) }),
    decode: (input) => Buffer.from(input).toString(),
  };
  const types = { requestType: type, responseType: type, requestStream: false, responseStream: false };
  const methods = { echo: { name: 'Echo', ...types, options: {} } };
  const definition = { name: 'EchoRpc', fullName: 'example.EchoRpc', methods };
  const provider = new RpcProvider({ compression: {} });
  provider.notifyService(definition, { echo: async (text) => text });
  const resolver = new StaticResolver([await provider.run()]);
  const channel = new RpcChannel({ resolver, compression: {} });
  console.log((await channel.client(definition).echo('hello '.repeat(1000))).length);
  await channel.close();
  await provider.drain();
`;

let folder: TemporaryFolder;
let tarballs: Tarball[];

before(async () => {
  folder = await temporaryFolder('mpim-packages');
  tarballs = await pack(folder.path);
});
after(() => folder?.[Symbol.asyncDispose]());

/** The first Node that `engines` of a package.json allows. */
async function oldestNode(engines: { node: string }): Promise<string> {
  const version = `${engines.node.replace('>=', '')}.0`;
  const name = `node-${process.platform}-${process.arch}`;
  const home = await installedNpmPackage({ name, version, file: 'bin/node', hint: 'a moment' });
  const node = join(home, 'node_modules', name, 'bin/node');
  const { stdout } = await promisify(execFile)(node, ['--print', 'process.versions.node']);
  assert.equal(stdout.trim(), version);
  return node;
}

function firstProgram(readme: string): string {
  return /^```ts\n(.*?)^```$/ms.exec(readme)?.[1] ?? '';
}

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
    await project.write('call.mjs', CALL);
  });
  after(() => project?.[Symbol.asyncDispose]());

  test('ECMAScript and CommonJS modules run server and client', async () => {
    assert.equal(await project.node('program.mjs'), 'hello\n');
    assert.equal(await project.node('program.cjs'), 'hello\n');
  });

  test('so they do on the oldest Node that `engines` names, with data on disk, too', async () => {
    const engines = LIBRARIES.map((name) => JSON.parse(installed(name, 'package.json')).engines);
    assert.deepEqual(new Set(engines.map((one) => one.node)).size, 1, 'the README of each says so');
    const node = await oldestNode(engines[0]);
    assert.equal(await project.run(['program.mjs'], node), 'hello\n');
    assert.equal(await project.run(['program.cjs', 'data'], node), 'hello\n');
    assert.equal(await project.run(['call.mjs'], node), '6000\n');
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
    const first = (name: string) => firstProgram(installed(name, 'README.md'));
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

describe('the command, installed from its tarballs', () => {
  let project: InstalledProject;
  before(async () => {
    project = await InstalledProject.create(tarballs, { online: true });
  });
  after(() => project?.[Symbol.asyncDispose]());

  const enginesOf = (name: string) =>
    JSON.parse(readFileSync(join(project.path, 'node_modules', name, 'package.json'), 'utf8'))
      .engines;

  /** Starts `mpim` as the shell would, on the given Node. */
  const mpim = (args: readonly string[], node = process.execPath) =>
    startChild(node, [join(project.path, 'node_modules/.bin/mpim'), ...args], {
      cwd: project.path,
    });

  test('mpim zookeeper', async () => {
    await using zookeeper = mpim(['zookeeper', '--port', '0']);
    const line = await zookeeper.waitForLine(/127\.0\.0\.1:\d+/);
    const [server = ''] = /127\.0\.0\.1:\d+/.exec(line) ?? [];
    await using list = mpim(['zk', 'ls', '/', '--server', server]);
    assert.equal(await list.exit, 0, list.output());
    assert.deepEqual(list.stdout, ['[zookeeper]']);
    await zookeeper.stop();
  });

  for (const which of ['this', 'the oldest'] as const) {
    test(`mpim up on ${which} Node, its page, and the SDK's first program`, async () => {
      const node = which === 'this' ? process.execPath : await oldestNode(enginesOf('mpim'));
      const ports = ['--zookeeper-port', '0', '--gateway-port', '0'];
      await using up = mpim(['up', '--data-dir', `data of ${which}`, ...ports], node);
      const line = await up.waitForLine(/http:\/\//, 60_000);
      const [address = ''] = /http:\/\/[\d.:]+/.exec(line) ?? [];
      const page = await fetch(`${address}/`);
      assert.match(await page.text(), /<html/);
      const readme = join(project.path, 'node_modules/@mpim/client/README.md');
      const program = firstProgram(readFileSync(readme, 'utf8')).replace(
        /^const gateway = .*$/m,
        `const gateway = '${address}';
         await MpimClient.register({ gateway, user: 'bob', password: 'has to be there' });`,
      );
      assert.match(await project.typeScript(program), /^stored as 1$/m);
      up.kill('SIGINT');
      assert.equal(await up.exit, 0, up.output());
    });
  }

  test('TypeScript programs compile against it and service-kit', async () => {
    await project.addNodeTypes();
    await project.write(
      'program.ts',
      `import { runMain } from 'mpim';
       import { runService } from '@mpim/service-kit';
       // @ts-expect-error the types are there, so this is wrong
       await runService(await runMain(['doctor']));`,
    );
    await project.compile('program.ts', { module: 'nodenext', lib: ['ES2022'], types: ['node'] });
  });

  test('on a Node that is too old it says so', async () => {
    await using up = mpim(['up'], await oldestNode(enginesOf('@mpim/zookeeper')));
    assert.equal(await up.exit, 1);
    const needed = enginesOf('mpim').node.replace('>=', 'Node ');
    assert.ok(up.output().startsWith(`mpim: ${needed} or newer is needed`), up.output());
  });
});
