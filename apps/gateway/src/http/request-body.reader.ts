import type { IncomingMessage } from 'node:http';
import type { Settings } from '@local-llm-agent/config';
import { readBody } from '@local-llm-agent/http';

/** Reads the JSON body of a request within the configured bounds; see {@link readBody}. */
export function readRequestBody(req: IncomingMessage, settings: Settings): Promise<Buffer> {
  return readBody(req, { mostBytes: settings.MAX_BODY_BYTES, mostSeconds: settings.BODY_TIMEOUT_SECONDS });
}

/** The same for dialects whose clients do not say that they send JSON; see `anyType` of {@link readBody}'s limits. */
export function readUntypedBody(req: IncomingMessage, settings: Settings): Promise<Buffer> {
  const { MAX_BODY_BYTES, BODY_TIMEOUT_SECONDS } = settings;
  return readBody(req, { mostBytes: MAX_BODY_BYTES, mostSeconds: BODY_TIMEOUT_SECONDS, anyType: true });
}
