import type { Settings } from './settings.table.js';

/** Shorter texts stand in ordinary words: taking them out would only spoil the log. */
const SHORTEST = 8;

function passwordsOf(address: string): string[] {
  const { password } = new URL(address);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}

/** A text as it is, and as it stands in JSON. */
function writingsOf(text: string): string[] {
  return [text, JSON.stringify(text).slice(1, -1)];
}

/** What of the settings must never be written anywhere: keys, tokens, and the passwords inside of addresses. */
export function secretsOf(settings: Settings): readonly string[] {
  const { ADMIN_KEY, ENGINE_TOKEN, OPENAI_API_KEY, DATABASE_URL, REDIS_URL, OLLAMA_HOST, OPENAI_BASE_URL } = settings;
  const addresses = [DATABASE_URL, REDIS_URL, ...OLLAMA_HOST.map(({ url }) => url), ...OPENAI_BASE_URL];
  const secrets = [
    ADMIN_KEY,
    ENGINE_TOKEN,
    ...OPENAI_API_KEY.split(',').map((key) => key.trim()),
    ...addresses.flatMap((address) => (address === undefined ? [] : passwordsOf(address))),
  ];
  const long = secrets.filter((text) => text !== undefined && text.length >= SHORTEST) as string[];
  return [...new Set(long.flatMap(writingsOf))];
}
