import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { parseCompletionRequest } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { InferenceService } from '../inference/inference.service.js';
import { DescribeCompletions } from './completions.openapi.js';

/** OpenAI completions, the old form: text goes on from a prompt. */
@Controller()
export class CompletionsController {
  constructor(
    private readonly inference: InferenceService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Goes on from one prompt or several, plain or streamed. */
  @TokenRoute('/v1/completions')
  @DescribeCompletions()
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const body = await readRequestBody(req, this.settings);
    await this.inference.complete(parseCompletionRequest(body), body, { req, res });
  }
}
