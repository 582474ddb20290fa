/** What a reader of an installed package can use; the rest of a workspace's package.json is for the workspace. */
const KEPT = ['name', 'version', 'description', 'license', 'type', 'bin', 'dependencies'];

/**
 * The package.json of the package that is made from a workspace. Its `exports` name the compiled files instead of
 * the sources, with one condition for `import` and `require` alike, because Node loads both from one module.
 * `publishConfig.engines` becomes `engines`: the compiled files run on older Nodes than the sources.
 */
export function publishedManifest(manifest) {
  const { engines, ...publishConfig } = manifest.publishConfig;
  const kept = KEPT.filter((key) => manifest[key] !== undefined).map((key) => [key, manifest[key]]);
  const exports = Object.entries(manifest.exports).map(([name, source]) => [
    name,
    compiled(source),
  ]);
  return {
    ...Object.fromEntries(kept),
    engines,
    exports: { ...Object.fromEntries(exports), './package.json': './package.json' },
    publishConfig,
  };
}

function compiled(source) {
  const match = /^\.\/src\/(.+)\.ts$/.exec(source);
  if (!match) throw new Error(`exports ${source}, which is no source: it has no compiled form`);
  return { types: `./dist/${match[1]}.d.ts`, default: `./dist/${match[1]}.js` };
}
