// A child for the supervisor's tests: announces itself, then lives until told. Arguments: name, behaviour.
const [name = 'child', behaviour = 'serve'] = process.argv.slice(2);

if (behaviour === 'fail') {
  console.error(`${name} cannot open its database`);
  process.exit(3);
}
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {
  console.log(`${name} told to end`);
  if (behaviour !== 'stubborn') process.exit(0);
});
process.on('disconnect', () => process.exit(0));
console.log(`${name} serves`);
const ready = {
  type: 'ready',
  instanceId: `${name}-1`,
  host: '127.0.0.1',
  port: 7000 + Number(process.argv[4] ?? 0),
  adminPort: 0,
  metadata: {},
};
if (behaviour === 'mute') setInterval(() => {}, 1000);
else process.send?.(ready);
