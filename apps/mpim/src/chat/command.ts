/** What a line typed into `mpim chat` means. */
export type ChatCommand =
  /** Plain words, for the open conversation. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'msg'; readonly user: string; readonly text: string }
  | { readonly kind: 'group-create'; readonly name: string }
  | { readonly kind: 'group-join'; readonly groupId: string }
  | { readonly kind: 'group-leave'; readonly groupId: string }
  | { readonly kind: 'group-members'; readonly groupId: string }
  | { readonly kind: 'group-msg'; readonly groupId: string; readonly text: string }
  /** `conversation` is an id, a user or a group id; undefined for the open one. */
  | { readonly kind: 'history'; readonly conversation?: string; readonly count: number }
  | { readonly kind: 'open'; readonly conversation: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'empty' }
  /** `message` says what is wrong and what to type. */
  | { readonly kind: 'invalid'; readonly message: string };

/** How many messages `/history` shows unless told. */
export const HISTORY_DEFAULT = 20;
/** The most it shows at once. */
export const HISTORY_MOST = 500;

const USAGE: Readonly<Record<string, string>> = {
  msg: '/msg <user> <text>',
  group: '/group create <name> | join <id> | msg <id> <text> | members <id> | leave <id>',
  history: '/history [user, group id or conversation id] [how many]',
  open: '/open <user or group id>',
  list: '/list',
  help: '/help',
  quit: '/quit',
};

/** Every command with its arguments, for `/help` and for completion. */
export const CHAT_USAGE: readonly string[] = Object.values(USAGE);

/** Reads one line. A line that begins with two slashes is text that begins with one. Never throws. */
export function parseChatCommand(line: string): ChatCommand {
  const trimmed = line.replace(/[\r\n]+$/, '');
  if (trimmed.trim() === '') return { kind: 'empty' };
  if (!trimmed.startsWith('/')) return { kind: 'text', text: trimmed };
  if (trimmed.startsWith('//')) return { kind: 'text', text: trimmed.slice(1) };
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(trimmed) ?? [];
  switch (name) {
    case 'msg':
      return addressed(rest, USAGE.msg, (user, text) => ({ kind: 'msg', user, text }));
    case 'group':
      return groupCommand(rest);
    case 'history':
      return historyCommand(rest);
    case 'open':
      return oneWord(rest, USAGE.open, (conversation) => ({ kind: 'open', conversation }));
    case 'list':
    case 'help':
    case 'quit':
      return { kind: name };
    default:
      return invalid(
        `There is no /${name}. Commands: ${Object.keys(USAGE).join(', ')}; see /help.`,
      );
  }
}

function groupCommand(rest: string): ChatCommand {
  const [, verb = '', after = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  switch (verb) {
    case 'create': {
      const name = after.trim();
      return name === '' ? misused('/group create <name>') : { kind: 'group-create', name };
    }
    case 'join':
    case 'leave':
    case 'members':
      return oneWord(after, `/group ${verb} <id>`, (groupId) => ({
        kind: `group-${verb}`,
        groupId,
      }));
    case 'msg':
      return addressed(after, '/group msg <id> <text>', (groupId, text) => ({
        kind: 'group-msg',
        groupId,
        text,
      }));
    default:
      return misused(USAGE.group);
  }
}

function historyCommand(rest: string): ChatCommand {
  const words = rest.split(/\s+/).filter((word) => word !== '');
  const [conversation, count] = words;
  if (words.length > 2) return misused(USAGE.history);
  if (count !== undefined && !/^[1-9]\d{0,5}$/.test(count)) return misused(USAGE.history);
  return {
    kind: 'history',
    ...(conversation === undefined ? {} : { conversation }),
    count: Math.min(HISTORY_MOST, count === undefined ? HISTORY_DEFAULT : Number(count)),
  };
}

/** `<who> <text>`: the text is everything behind the one space after the name, its own spaces included. */
function addressed(
  rest: string,
  usage: string | undefined,
  build: (who: string, text: string) => ChatCommand,
): ChatCommand {
  const [, who, text] = /^(\S+)\s(.*)$/s.exec(rest) ?? [];
  if (who === undefined || text === undefined || text.trim() === '') return misused(usage);
  return build(who, text);
}

function oneWord(
  rest: string,
  usage: string | undefined,
  build: (word: string) => ChatCommand,
): ChatCommand {
  const words = rest.trim().split(/\s+/);
  const [word] = words;
  return words.length !== 1 || !word ? misused(usage) : build(word);
}

function misused(usage: string | undefined): ChatCommand {
  return invalid(`Type ${usage}`);
}

function invalid(message: string): ChatCommand {
  return { kind: 'invalid', message };
}
