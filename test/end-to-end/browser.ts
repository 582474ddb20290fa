import { temporaryFolder } from '@mpim/testkit';
import { type BrowserContext, chromium } from 'playwright-core';

/** Keeps Chromium from calling anybody but the page. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Debian's Chromium without a window, with a profile of its own. */
export async function startBrowser(viewport: {
  width: number;
  height: number;
}): Promise<AsyncDisposable & { context: BrowserContext }> {
  const profile = await temporaryFolder('chromium');
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: QUIET,
    viewport,
  });
  context.setDefaultTimeout(20_000);
  return {
    context,
    async [Symbol.asyncDispose]() {
      await context.close();
      await profile[Symbol.asyncDispose]();
    },
  };
}
