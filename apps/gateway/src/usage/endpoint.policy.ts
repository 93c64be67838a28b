/** Routes that ask a model, as they are recorded. */
const ENDPOINTS: ReadonlySet<string> = new Set([
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/api/chat',
  '/api/generate',
  '/api/embed',
  '/api/embeddings',
  '/chat',
]);
/** Routes of MCP: many of their requests ask no model. */
const MCP: ReadonlySet<string> = new Set(['/', '/mcp']);

/** A request, as far as it tells where it went. */
export interface Visit {
  readonly method: string;
  /** Without the query, as the client wrote it. */
  readonly path: string;
  /** Whether it got as far as a tier: it asked a model. */
  readonly admitted: boolean;
}

/**
 * The endpoint under which a request is recorded, one of a fixed few whatever the client wrote; undefined for a request
 * that is not recorded.
 * 1. A route that asks a model, also where the request was refused.
 * 2. Tools of MCP and all others: only where a model was asked.
 */
export function endpointOf({ method, path, admitted }: Visit): string | undefined {
  if (method !== 'POST') return undefined;
  if (ENDPOINTS.has(path)) return path;
  if (MCP.has(path)) return admitted ? '/mcp' : undefined;
  // Express takes letters of either case, and a slash at the end.
  const plain = path.toLowerCase().replace(/\/+$/, '');
  // 1.
  if (ENDPOINTS.has(plain)) return plain;
  if (plain.startsWith('/chat/')) return '/chat/{model}';
  // 2.
  if (!admitted) return undefined;
  return plain.startsWith('/mcp/tools/') ? '/mcp/tools/{name}' : '/mcp';
}
