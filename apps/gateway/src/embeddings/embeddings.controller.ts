import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { parseEmbeddingRequest } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { InferenceService } from '../inference/inference.service.js';
import { DescribeEmbeddings } from './embeddings.openapi.js';

/** OpenAI embeddings. */
@Controller()
export class EmbeddingsController {
  constructor(
    private readonly inference: InferenceService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Turns one input or several into vectors. */
  @TokenRoute('/v1/embeddings')
  @DescribeEmbeddings()
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const body = await readRequestBody(req, this.settings);
    await this.inference.embed(parseEmbeddingRequest(body), body, { req, res });
  }
}
