import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import {
  parseAnthropicCountRequest,
  parseAnthropicMessagesRequest,
  type AnthropicTokenCount,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf } from '@local-llm-agent/http';
import { estimateChatTokens } from '../admission/token.estimate.js';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { InferenceService } from '../inference/inference.service.js';
import { AnthropicAnswer } from './anthropic.translator.js';
import { showsThinking, toChatRequest, toCountedChat } from './anthropic-request.translate.js';
import { toPromptError } from './prompt-error.translate.js';
import { DescribeCountTokens, DescribeMessages } from './anthropic.openapi.js';

/** Says whether the count is the tokenizer's own, `exact`, or an `estimate`. */
const COUNT_HEADER = 'x-token-count';

/** The Anthropic API. */
@Controller()
export class AnthropicController {
  constructor(
    private readonly inference: InferenceService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Writes the next message of a conversation, plain or streamed. */
  @TokenRoute('/v1/messages')
  @DescribeMessages()
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const request = parseAnthropicMessagesRequest(await readRequestBody(req, this.settings));
    const chat = toChatRequest(request);
    const answer = new AnthropicAnswer({
      requestId: contextOf(res).id,
      withThinking: showsThinking(request),
      promptTokens: estimateChatTokens(chat),
      toError: (error) => toPromptError(error, request),
    });
    try {
      await this.inference.translatedChat(chat, answer, { req, res });
    } catch (thrown) {
      throw toPromptError(thrown, request);
    }
  }

  /** Counts the tokens of a prompt without answering it. */
  @TokenRoute('/v1/messages/count_tokens')
  @DescribeCountTokens()
  async count(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const request = parseAnthropicCountRequest(await readRequestBody(req, this.settings));
    const { promptTokens, exact } = await this.inference.count(toCountedChat(request), { req, res });
    const count: AnthropicTokenCount = { input_tokens: promptTokens };
    const body = JSON.stringify(count);
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      [COUNT_HEADER]: exact ? 'exact' : 'estimate',
    });
    res.end(body);
  }
}
