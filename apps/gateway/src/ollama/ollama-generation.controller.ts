import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  OllamaChatRequest,
  OllamaEmbedRequest,
  OllamaEmbeddingsRequest,
  OllamaGenerateRequest,
  parseOllamaChat,
  parseOllamaEmbed,
  parseOllamaEmbeddings,
  parseOllamaGenerate,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readUntypedBody } from '../http/request-body.reader.js';
import { OllamaGenerationService } from './ollama-generation.service.js';

/** Texts and embeddings by the Ollama API. */
@ApiTags('Ollama')
@Controller()
export class OllamaGenerationController {
  constructor(
    private readonly ollama: OllamaGenerationService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Answers a chat, as lines of JSON unless `stream` is false. */
  @TokenRoute('/api/chat')
  @ApiOperation({ summary: 'Answer a chat (Ollama)' })
  @ApiBody({ type: OllamaChatRequest })
  async chat(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.chat(parseOllamaChat(await readUntypedBody(req, this.settings)), { req, res });
  }

  /** Answers a prompt, as lines of JSON unless `stream` is false. */
  @TokenRoute('/api/generate')
  @ApiOperation({ summary: 'Answer a prompt (Ollama)' })
  @ApiBody({ type: OllamaGenerateRequest })
  async generate(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.generate(parseOllamaGenerate(await readUntypedBody(req, this.settings)), { req, res });
  }

  /** Turns texts into vectors. */
  @TokenRoute('/api/embed')
  @ApiOperation({ summary: 'Turn texts into vectors (Ollama)' })
  @ApiBody({ type: OllamaEmbedRequest })
  async embed(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.embed(parseOllamaEmbed(await readUntypedBody(req, this.settings)), { req, res });
  }

  /** Turns one text into a vector: the old form. */
  @TokenRoute('/api/embeddings')
  @ApiOperation({ summary: 'Turn a text into a vector (Ollama, old form)', deprecated: true })
  @ApiBody({ type: OllamaEmbeddingsRequest })
  async embeddings(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.ollama.embedOld(parseOllamaEmbeddings(await readUntypedBody(req, this.settings)), { req, res });
  }
}
