import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { invalidApiKey } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import type { RequestContext } from '@local-llm-agent/http';

/** Asked by who watches over processes and has no secret; tell nothing of what is asked here. */
const OPEN = /^\/(?:health\/(?:live|ready)|metrics)$/;
const BEARER = /^Bearer +(\S+) *$/i;

/** Hashes have one length, so that comparing them tells nothing about the texts. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Lets in who knows ENGINE_TOKEN: the gateways. Without one everybody is let in who reaches the engine. */
export class EngineGuard {
  private readonly expected: Buffer | undefined;

  constructor({ ENGINE_TOKEN }: Pick<Settings, 'ENGINE_TOKEN'>) {
    this.expected = ENGINE_TOKEN === undefined ? undefined : digest(ENGINE_TOKEN);
  }

  /** Throws a 401 for who does not know the token. Takes the same time for every wrong one. */
  enter({ headers }: IncomingMessage, { path }: Pick<RequestContext, 'path'>): void {
    if (!this.expected || OPEN.test(path)) return;
    const given = BEARER.exec(headers.authorization ?? '')?.[1] ?? '';
    if (timingSafeEqual(digest(given), this.expected)) return;
    throw invalidApiKey(
      'The engine answers its gateways alone: ENGINE_TOKEN is missing or another one. Set the same for both.',
      { origin: 'engine', trace: { reason: 'engine_token' } },
    );
  }
}
