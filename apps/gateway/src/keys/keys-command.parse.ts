import {
  invalidRequest,
  parseCreateApiKey,
  parseRotateApiKey,
  parseUpdateApiKey,
  type CreateApiKeyRequest,
  type RotateApiKeyRequest,
  type UpdateApiKeyRequest,
} from '@local-llm-agent/contracts';

/** What the command line is asked to do. */
export type KeysCommand =
  | { readonly name: 'help' }
  | { readonly name: 'list' }
  | { readonly name: 'create'; readonly request: CreateApiKeyRequest }
  | { readonly name: 'show'; readonly id: string }
  | { readonly name: 'update'; readonly id: string; readonly request: UpdateApiKeyRequest }
  | { readonly name: 'rotate'; readonly id: string; readonly request: RotateApiKeyRequest }
  | { readonly name: 'revoke'; readonly id: string }
  | { readonly name: 'remove'; readonly id: string };

/** The options of the command line, as Node's parser takes them. */
export const KEYS_OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  name: { type: 'string' },
  role: { type: 'string' },
  models: { type: 'string' },
  tiers: { type: 'string' },
  'requests-per-minute': { type: 'string' },
  'tokens-per-minute': { type: 'string' },
  concurrency: { type: 'string' },
  'tokens-per-month': { type: 'string' },
  cache: { type: 'string' },
  expires: { type: 'string' },
  grace: { type: 'string' },
} as const;

/** Option -> text. */
export type KeysOptions = Readonly<Record<string, string | boolean | undefined>>;

/** What is said when no command or an unknown one is given. */
export const KEYS_HELP = `Keys of the gateway. Works on its store, whether or not the gateway runs.

  npm run keys -- list
  npm run keys -- create NAME [terms]      shows the key, this once
  npm run keys -- show ID
  npm run keys -- update ID [terms]        "none" takes a term away
  npm run keys -- rotate ID [--grace 1d]   a new key under the same id; the old one is good for the grace
  npm run keys -- revoke ID                ends a key for good, within 5 seconds on all replicas
  npm run keys -- remove ID                forgets a revoked key; with the last one no key is asked for any more

Terms:
  --role inference|admin       to use models (the default), or to manage the system as well
  --models a,b --tiers small   what it may use; all without
  --requests-per-minute N  --tokens-per-minute N  --concurrency N  --tokens-per-month N
  --cache on|off               whether its requests use the response cache unless they say otherwise
  --expires 90d|12h|2027-01-20T10:30:00Z
  --name NAME                  for update

--json prints JSON. DATABASE_URL and DATA_DIR say which store, as for the gateway.`;

const NUMBERS = {
  'requests-per-minute': 'requestsPerMinute',
  'tokens-per-minute': 'tokensPerMinute',
  concurrency: 'concurrency',
  'tokens-per-month': 'tokensPerMonth',
} as const;

const SWITCH: Readonly<Record<string, boolean>> = { on: true, off: false };
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a text such as `90d`, `12h`, `30m` or `45s`. */
function parseSpan(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1) : undefined;
}

function valueOf(option: string, text: string, now: number): unknown {
  if (text === 'none') return null;
  if (option === 'models' || option === 'tiers') return text.split(',').map((part) => part.trim());
  if (option in NUMBERS) return /^\d+$/.test(text) ? Number(text) : text;
  if (option === 'cache') return SWITCH[text] ?? text;
  if (option !== 'expires') return text;
  const seconds = parseSpan(text);
  const end = new Date(now + (seconds ?? Number.NaN) * 1000);
  // A span beyond the last day there is is no time, and is refused as one.
  return Number.isNaN(end.getTime()) ? text : end.toISOString();
}

const FIELDS: Readonly<Record<string, string>> = {
  name: 'name',
  role: 'role',
  models: 'models',
  tiers: 'tiers',
  cache: 'cache',
  expires: 'expiresAt',
  ...NUMBERS,
};

function termsOf(options: KeysOptions, now: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(FIELDS).flatMap(([option, field]) => {
      const text = options[option];
      return typeof text === 'string' ? [[field, valueOf(option, text, now)]] : [];
    }),
  );
}

function graceOf({ grace }: KeysOptions): Record<string, unknown> {
  if (typeof grace !== 'string') return {};
  const graceSeconds = parseSpan(grace);
  if (graceSeconds === undefined) throw invalidRequest('--grace must be a time such as 1d, 12h, 30m or 0s.');
  return { graceSeconds };
}

/** The words and options of a command line as a command. Throws `invalid_request` with what to change. */
export function parseKeysCommand(words: readonly string[], options: KeysOptions, now: number): KeysCommand {
  const [name = 'help', subject, ...more] = words;
  const [extra] = name === 'list' ? words.slice(1) : more;
  if (extra !== undefined) throw invalidRequest(`There is a word too many: '${extra}'. Put names in quotes.`);
  if (options['help'] === true || name === 'help') return { name: 'help' };
  if (name === 'list') return { name };
  if (!['create', 'show', 'update', 'rotate', 'revoke', 'remove'].includes(name))
    throw invalidRequest(`There is no command '${name}'. npm run keys -- help lists those there are.`);
  if (subject === undefined)
    throw invalidRequest(
      name === 'create'
        ? 'A name is missing: npm run keys -- create NAME.'
        : `An id is missing: npm run keys -- ${name} ID.`,
    );
  if (name === 'create') return { name, request: parseCreateApiKey({ ...termsOf(options, now), name: subject }) };
  if (name === 'update') return { name, id: subject, request: parseUpdateApiKey(termsOf(options, now)) };
  if (name === 'rotate') return { name, id: subject, request: parseRotateApiKey(graceOf(options)) };
  return { name: name as 'show' | 'revoke' | 'remove', id: subject };
}
