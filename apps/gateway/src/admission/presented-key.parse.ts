import type { IncomingHttpHeaders } from 'node:http';

const BEARER = /^Bearer +(\S+) *$/i;
/** Longer than any key; what is longer is not worth a hash. */
const LONGEST_KEY = 512;

/**
 * The keys that come with a request: `Authorization: Bearer` (OpenAI, Ollama, MCP) first, then `X-API-Key` (Anthropic
 * and ours). A client that must fill in the one it does not use sends a dummy there, so all of them are looked at.
 * Never from the query: addresses end up in logs.
 */
export function presentedKeys(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  const header = headers['x-api-key'];
  const plain = typeof header === 'string' ? header.trim() : '';
  return [bearer, plain].filter(
    (text): text is string => text !== undefined && text !== '' && text.length <= LONGEST_KEY,
  );
}
