import { isatty } from 'node:tty';
import { MpimError } from '@mpim/client';
import { USER_PATTERN } from '@mpim/protocol';
import { Command } from 'commander';
import { errorEvent } from '../chat/events.ts';
import { LineMode } from '../chat/line-mode.ts';
import {
  ensureAccount,
  explainSignIn,
  newClient,
  type SignInOptions,
  startClient,
} from '../chat/sign-in.ts';
import { TerminalMode } from '../chat/terminal-mode.ts';
import { CommandError } from '../command-error.ts';
import { askHidden } from '../terminal/ask-hidden.ts';

/** How long a start may take while the gateway cannot be reached, in ms. */
const SIGN_IN_LIMIT_MS = 30_000;

interface ChatOptions {
  readonly gateway: string;
  readonly user: string;
  readonly register?: true;
  readonly json?: true;
  readonly bell?: true;
}

/** `mpim chat`: for people on a terminal, for programs by lines. */
export function chatCommand(): Command {
  return new Command('chat')
    .description(
      'Chats as a user. On a terminal: a line editor; otherwise, or with --json: one command per line in, ' +
        'one JSON event per line out. The password comes from MPIM_PASSWORD or is asked for.',
    )
    .option('--gateway <address>', 'ws://host:port or wss://host:port', 'ws://127.0.0.1:8080')
    .requiredOption('--user <name>', '1 to 32 of a-z 0-9 _ . -')
    .option('--register', 'create the user if it does not exist yet')
    .option('--json', 'lines of JSON, on a terminal too')
    .option('--bell', 'ring when a message comes in')
    .action(async (options: ChatOptions) => {
      process.exitCode = await chat(options);
    });
}

async function chat(options: ChatOptions): Promise<number> {
  const user = options.user.toLowerCase();
  if (!USER_PATTERN.test(user)) {
    throw new CommandError(
      'USAGE',
      `"${options.user}" cannot be a user name: 1 to 32 of a-z 0-9 _ . -`,
    );
  }
  const forPeople = options.json !== true && isatty(0) && isatty(1);
  const signIn: SignInOptions = {
    gateway: options.gateway,
    user,
    password: await passwordOf(user),
    register: options.register ?? false,
    limitMs: SIGN_IN_LIMIT_MS,
  };
  return forPeople ? chatOnTerminal(signIn, options.bell ?? false) : chatByLines(signIn);
}

async function passwordOf(user: string): Promise<string> {
  const given = process.env.MPIM_PASSWORD;
  // Nothing that this process starts needs to know it.
  delete process.env.MPIM_PASSWORD;
  if (given) return given;
  if (!isatty(0)) {
    throw new CommandError(
      'USAGE',
      'Set MPIM_PASSWORD: there is no terminal to ask for the password on.',
    );
  }
  const answer = await askHidden(`Password of ${user}: `);
  if (!answer) throw new CommandError('CHAT', 'No password, no chat.');
  return answer;
}

async function chatByLines(signIn: SignInOptions): Promise<number> {
  const client = newClient(signIn);
  const mode = new LineMode(client, { input: process.stdin, output: process.stdout });
  try {
    if (signIn.register) await ensureAccount(signIn);
    await startClient(client, signIn);
    mode.emit({ type: 'ready', user: client.user, gateway: signIn.gateway });
    return await mode.run();
  } catch (error) {
    if (!(error instanceof MpimError)) throw error;
    const event = errorEvent(error);
    mode.emit('message' in event ? { ...event, message: explainSignIn(error, signIn) } : event);
    return 1;
  } finally {
    mode.stop();
    await client.close();
  }
}

async function chatOnTerminal(options: SignInOptions, bell: boolean): Promise<number> {
  let told = false;
  const signIn: SignInOptions = {
    ...options,
    retrying: ({ message }) => {
      if (!told) console.error(`${message}; trying again for ${options.limitMs / 1000} s ...`);
      told = true;
    },
  };
  const client = newClient(signIn);
  let mode: TerminalMode | undefined;
  try {
    if (signIn.register) await ensureAccount(signIn);
    await startClient(client, signIn);
    mode = new TerminalMode(client, { bell });
    return await mode.run();
  } catch (error) {
    if (!(error instanceof MpimError)) throw error;
    throw new CommandError('CHAT', explainSignIn(error, signIn), {
      cause: error,
    });
  } finally {
    mode?.stop();
    await client.close();
  }
}
