import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { parseChatCompletionRequest } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { InferenceService } from '../inference/inference.service.js';
import { DescribeChatCompletions } from './chat-completions.openapi.js';

/** OpenAI chat completions. */
@Controller()
export class ChatCompletionsController {
  constructor(
    private readonly inference: InferenceService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Answers one chat, plain or streamed. */
  @TokenRoute('/v1/chat/completions')
  @DescribeChatCompletions()
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const body = await readRequestBody(req, this.settings);
    await this.inference.chat(parseChatCompletionRequest(body), body, { req, res });
  }
}
