import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import {
  parseOllamaChat,
  parseOllamaEmbed,
  parseOllamaEmbeddings,
  parseOllamaGenerate,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readUntypedBody } from '../http/request-body.reader.js';
import {
  DescribeOllamaChat,
  DescribeOllamaEmbed,
  DescribeOllamaEmbeddings,
  DescribeOllamaGenerate,
} from './ollama-generation.openapi.js';
import { OllamaGenerationService } from './ollama-generation.service.js';

/** Texts and embeddings by the Ollama API. */
@Controller()
export class OllamaGenerationController {
  constructor(
    private readonly ollama: OllamaGenerationService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Answers a chat, as lines of JSON unless `stream` is false. */
  @TokenRoute('/api/chat')
  @DescribeOllamaChat()
  async chat(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.chat(parseOllamaChat(await readUntypedBody(req, this.settings)), { req, res });
  }

  /** Answers a prompt, as lines of JSON unless `stream` is false. */
  @TokenRoute('/api/generate')
  @DescribeOllamaGenerate()
  async generate(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.generate(parseOllamaGenerate(await readUntypedBody(req, this.settings)), { req, res });
  }

  /** Turns texts into vectors. */
  @TokenRoute('/api/embed')
  @DescribeOllamaEmbed()
  async embed(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.embed(parseOllamaEmbed(await readUntypedBody(req, this.settings)), { req, res });
  }

  /** Turns one text into a vector: the old form. */
  @TokenRoute('/api/embeddings')
  @DescribeOllamaEmbeddings()
  async embeddings(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.embedOld(parseOllamaEmbeddings(await readUntypedBody(req, this.settings)), { req, res });
  }
}
