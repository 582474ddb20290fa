import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Child, missingDebianPackage, startChild, waitFor } from '@mpim/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type System, startSystem } from './support/system.ts';

const skip = (await missingDebianPackage('chromium')) ?? false;
const mpim = join(import.meta.dirname, '../../../node_modules/.bin/mpim');
const PASSWORD = 'a long enough password';
/** A folder to leave pictures of the page in; none unless told. */
const pictures = process.env.MPIM_SCREENSHOTS;

describe('the web chat in Chromium', { skip }, () => {
  const stack = new AsyncDisposableStack();
  const problems: string[] = [];
  let system: System;
  let browser: Browser;
  let page: Page;
  let bob: Child;

  before(async () => {
    system = stack.use(await startSystem());
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
    stack.defer(() => browser.close());
    const args = ['chat', '--gateway', system.ws, '--user', 'bob', '--register', '--json'];
    bob = stack.use(startChild(mpim, args, { env: { MPIM_PASSWORD: PASSWORD } }));
    await bob.waitForLine(/"ready"/, 60_000);
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      const expected = /ERR_CONNECTION_REFUSED|WebSocket|status of (401|404)/;
      if (message.type() === 'error' && !expected.test(message.text())) {
        problems.push(message.text());
      }
    });
  });
  after(() => stack.disposeAsync());

  const said = (part: string) => bob.stdout.find((line) => line.includes(part));
  const log = () => page.getByRole('log');
  const conversation = (name: string | RegExp) =>
    page.getByRole('navigation').getByRole('button', { name });
  const picture = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
  };

  test('a wrong password is refused, signing up leads into the chat', async () => {
    await page.goto(system.http);
    await page.getByLabel('User name').fill('alice');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await picture('sign-in');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Signed in as alice').waitFor();
  });

  test('messages go both ways between the page and a terminal, live', async () => {
    await page.getByRole('button', { name: 'New conversation' }).click();
    await picture('new-conversation');
    await page.getByLabel('User name').fill('bob');
    await page.keyboard.press('Enter');
    const field = page.getByRole('textbox', { name: 'Message to bob' });
    await field.fill('hello bob');
    await field.press('Shift+Enter');
    await field.pressSequentially('second line');
    await field.press('Enter');
    await waitFor(() => said('hello bob\\nsecond line'));
    bob.writeLine('/msg alice <b>hello</b> alice');
    await log().getByText('<b>hello</b> alice').waitFor();
    assert.equal(await field.inputValue(), '');
    assert.equal(await log().getByRole('article').count(), 2);
  });

  test('unread counts, and moving by keyboard', async () => {
    await page.keyboard.press('Escape');
    await page.getByText('Choose a conversation').waitFor();
    bob.writeLine('/msg alice are you there?');
    await conversation('bob 1 unread').waitFor();
    assert.equal(await page.title(), '(1) MPIM');
    await page.keyboard.press('Alt+ArrowDown');
    await log().getByText('are you there?').waitFor();
    await page.waitForFunction('document.title === "MPIM"');
  });

  test('a group: create it here, join it there', async () => {
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('Name of a new group').fill('Readers');
    await page.getByRole('button', { name: 'Create group' }).click();
    await page.getByRole('heading', { name: 'Readers' }).waitFor();
    const groupId = await page.locator('code').textContent();
    bob.writeLine(`/group join ${groupId}`);
    await waitFor(() => said('"group"'));
    bob.writeLine(`/group msg ${groupId} I am in`);
    await log().getByText('I am in').waitFor();
    await picture('group');
  });

  test('a message to nobody is marked as not sent and can be discarded', async () => {
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('User name').fill('nobody');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Message to nobody' }).fill('anybody?');
    await page.keyboard.press('Enter');
    await log().getByText('Not sent').waitFor();
    await picture('not-sent');
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('Nothing here yet').waitFor();
  });

  test('while the gateway is away the page says so; what was written goes out afterwards', async () => {
    await conversation(/^bob/).click();
    await system.restartGateway(async () => {
      await page.getByText('Not connected').first().waitFor();
      await page.getByRole('textbox', { name: 'Message to bob' }).fill('written offline');
      await page.keyboard.press('Enter');
      await log().getByText('Sending…').waitFor();
      await picture('offline');
    });
    await waitFor(() => said('written offline'), { timeoutMs: 20_000 });
    await log().getByText('Sending…').waitFor({ state: 'detached' });
    assert.equal(await log().getByText('written offline').count(), 1);
  });

  test('a reload keeps the session; earlier messages load without moving what is read', async () => {
    for (let n = 1; n <= 55; n += 1) bob.writeLine(`/msg alice line ${n}`);
    await log().getByText('line 55', { exact: true }).waitFor();
    await page.reload();
    await conversation(/^bob/).click();
    await log().getByText('line 55', { exact: true }).waitFor();
    await picture('conversation');
    assert.equal(await log().getByText('hello bob').count(), 0);
    await log().press('Home');
    await log().getByText('hello bob').waitFor();
    const top = await page.evaluate('document.querySelector("[role=log]").scrollTop');
    assert.ok(Number(top) > 0, 'stays where it was');
  });

  test('fits 400 px', async () => {
    await page.setViewportSize({ width: 400, height: 720 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
    await picture('narrow-conversation');
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
    await picture('narrow-list');
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture('narrow-dark');
  });

  test('signing out ends the session, and nothing went wrong unseen', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    assert.deepEqual(problems, []);
  });
});
