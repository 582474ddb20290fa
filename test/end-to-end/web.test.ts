import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDebianPackage, temporaryFolder } from '@mpim/testkit';
import { startBrowser } from './browser.ts';
import { Chat } from './chat.ts';
import { System } from './system.ts';

test('alice with a phone-sized page and a keyboard talks to bob with a terminal', {
  skip: await missingDebianPackage('chromium'),
}, async (t) => {
  await using folder = await temporaryFolder();
  await using system = await System.start(`${folder.path}/data`);
  await using bob = await Chat.start(system.gateway, 'bob');
  await using browser = await startBrowser({ width: 400, height: 800 });
  const page = await browser.context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  const { keyboard } = page;
  const log = page.getByRole('log');

  await t.test('she signs up', async () => {
    await page.goto(system.address);
    await page.getByLabel('User name').focus();
    await keyboard.type('alice');
    await keyboard.press('Tab');
    await keyboard.type('the password of alice');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await page.getByText('Signed in as alice').waitFor();
  });

  await t.test('she writes to bob, and he answers', async () => {
    await page.getByRole('button', { name: 'New conversation' }).focus();
    await keyboard.press('Enter');
    await page.getByLabel('User name').focus();
    await keyboard.type('bob');
    await keyboard.press('Enter');
    await page.locator(':focus[aria-label="Message to bob"]').waitFor();
    await keyboard.type('你好 from <b>the page</b>');
    await keyboard.press('Enter');
    const heard = await bob.waitFor((event) => event.type === 'message');
    assert.equal(heard.text, '你好 from <b>the page</b>');
    assert.equal(heard.from, 'alice');
    bob.type('/msg alice hello from the terminal');
    await log.getByText('hello from the terminal').waitFor();
  });

  await t.test('nothing is cut off at 400 px', async () => {
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    assert.equal(overflow, 0);
  });

  await t.test('what arrives while she looks at the list counts as unread', async () => {
    await keyboard.press('Escape');
    const entry = page.getByRole('navigation').getByRole('button', { name: /bob/ });
    await entry.waitFor();
    bob.type('/msg alice are you there?');
    await page.getByRole('button', { name: /bob.*1 unread/ }).waitFor();
    await keyboard.press('Alt+ArrowDown');
    await log.getByText('are you there?').waitFor();
  });

  await t.test('the page goes on when its gateway is killed', async () => {
    await system.killService('gateway');
    await page.getByLabel('Message to bob').focus();
    await keyboard.type('still here');
    await keyboard.press('Enter');
    await bob.waitFor((event) => event.type === 'message' && event.text === 'still here');
    await page.locator('[data-pending]').waitFor({ state: 'detached' });
  });

  await t.test('a reload shows the history, each message once', async () => {
    await page.reload();
    await page.getByRole('navigation').getByRole('button', { name: /bob/ }).click();
    await log.getByText('still here').waitFor();
    assert.deepEqual(await log.locator('.text').allTextContents(), [
      '你好 from <b>the page</b>',
      'hello from the terminal',
      'are you there?',
      'still here',
    ]);
  });

  assert.deepEqual(faults, []);
});
