import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_EMBEDDING_MODEL } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { contextOf, readBody } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../engine.tokens.js';
import { parseRequestTerms, type RequestTerms } from './request-terms.parse.js';

/** Reads what the gateway sends to a route that uses a model. */
@Injectable()
export class OrderReader {
  constructor(
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /**
   * The checked body and the terms beside it; notes the tier in the context of the request. Rejects with a 4xx.
   * @param parse turns the bytes of the body into a request, or throws
   */
  async read<T extends { readonly model?: string | null }>(
    req: IncomingMessage,
    res: ServerResponse,
    parse: (bytes: Buffer) => T,
  ): Promise<{ readonly request: T; readonly terms: RequestTerms }> {
    const { MAX_BODY_BYTES, BODY_TIMEOUT_SECONDS } = this.settings;
    const request = parse(await readBody(req, { mostBytes: MAX_BODY_BYTES, mostSeconds: BODY_TIMEOUT_SECONDS }));
    const terms = parseRequestTerms(req.headers, request.model ?? DEFAULT_EMBEDDING_MODEL, this.catalog);
    contextOf(res).tier = terms.tier;
    return { request, terms };
  }
}
