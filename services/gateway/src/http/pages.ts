import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fastifyStatic } from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Shown at `/` when there is no web page to serve. */
const PLACEHOLDER = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>MPIM gateway</title>
<h1>The MPIM gateway is running</h1>
<p>The web chat is not built yet. Build it with <code>npm run build -w apps/web</code> and start the gateway
with <code>--web-root apps/web/dist</code>.</p>
<p>A terminal client: <code>npx mpim chat</code></p>
</html>
`;

/** Serves the built web page, or a placeholder that tells how to get it. */
export async function addPages(app: FastifyInstance, webRoot: string): Promise<void> {
  const root = resolve(webRoot);
  if (webRoot === '' || !existsSync(join(root, 'index.html'))) {
    app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(PLACEHOLDER));
    return;
  }
  await app.register(fastifyStatic, {
    root,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (reply, path) => {
      // The build names its assets by content; only the page itself changes under its name.
      const hashed = path.startsWith(join(root, 'assets'));
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
