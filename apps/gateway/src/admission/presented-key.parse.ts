const BEARER = /^Bearer +(\S+) *$/i;
/** Longer than any key; what is longer is not worth a hash. */
const LONGEST_KEY = 512;

/** Headers of a request by their names in lower case. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The keys that come with a request: `Authorization: Bearer` (OpenAI, Ollama, MCP) first, then `X-API-Key` (Anthropic
 * and ours). A client that must fill in the one it does not use sends a dummy there, so all of them are looked at.
 * Never from the query: addresses end up in logs.
 */
export function presentedKeys(headers: Headers): readonly string[] {
  const { authorization } = headers;
  const bearer = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
  const header = headers['x-api-key'];
  const plain = typeof header === 'string' ? header.trim() : '';
  return [bearer, plain].filter(
    (text): text is string => text !== undefined && text !== '' && text.length <= LONGEST_KEY,
  );
}
