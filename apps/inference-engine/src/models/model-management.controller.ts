import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Head, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import {
  ENGINE_PATHS,
  backendUnavailable,
  invalidRequest,
  isDigest,
  notFound,
  parseOllamaCopy,
  parseOllamaCreate,
  parseOllamaModelName,
  parsePullOrder,
  requestTooLarge,
  type PullList,
  type PullStatus,
  type RunningModels,
  type ShownModel,
  type TaggedModels,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { contextOf, readBody } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../engine.tokens.js';
import { BoundedUpload } from './bounded.reader.js';
import { ModelManagementService } from './model-management.service.js';
import { writeProgress } from './progress.writer.js';
import { PullsService } from './pulls.service.js';

/** Longest time that lists and descriptions may take. */
const LOOK_TIMEOUT_MS = 30_000;

/** A signal that says that the client is gone. */
function leftSignal(res: ServerResponse): AbortSignal {
  const abort = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) abort.abort(backendUnavailable('The client left.'));
  });
  return abort.signal;
}

/** The internal routes of managing models: bodies of the Ollama API, errors of ours. */
@Controller()
export class ModelManagementController {
  constructor(
    private readonly management: ModelManagementService,
    private readonly pulls: PullsService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** What is installed. */
  @Get(ENGINE_PATHS.tags)
  async tags(): Promise<TaggedModels> {
    return { models: await this.management.tags(AbortSignal.timeout(LOOK_TIMEOUT_MS)) };
  }

  /** What is in memory. */
  @Get(ENGINE_PATHS.running)
  async running(): Promise<RunningModels> {
    return { models: await this.management.running(AbortSignal.timeout(LOOK_TIMEOUT_MS)) };
  }

  /** All about one model. */
  @Post(ENGINE_PATHS.show)
  @HttpCode(200)
  async show(@Req() req: IncomingMessage): Promise<ShownModel> {
    const { model, verbose } = parseOllamaModelName(await this.body(req));
    return this.management.show(model, verbose === true, AbortSignal.timeout(LOOK_TIMEOUT_MS));
  }

  /** Fetches a model, step by step. */
  @Post(ENGINE_PATHS.pull)
  async pull(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { model, insecure, runtime: wanted } = parsePullOrder(await this.body(req));
    const runtime = this.management.pullTarget(wanted);
    const order = { model, insecure: insecure === true };
    const left = leftSignal(res);
    const terms = { ...order, id: contextOf(res).id, runtime: runtime.id };
    const steps = this.pulls.follow(terms, (signal) => this.management.pull(runtime, order, signal), left);
    await writeProgress(steps, res, left);
  }

  /** The pulls that are under way, and those that ended lately. */
  @Get(ENGINE_PATHS.pulls)
  pullList(): PullList {
    return { pulls: this.pulls.list() };
  }

  /** Ends a pull, or forgets one that has ended. */
  @Post(`${ENGINE_PATHS.pulls}/:id/end`)
  @HttpCode(200)
  endPull(@Param('id') id: string): PullStatus {
    return this.pulls.end(id);
  }

  /** Sends a model to its registry, step by step. */
  @Post(ENGINE_PATHS.push)
  async push(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { model, insecure } = parseOllamaModelName(await this.body(req));
    const signal = leftSignal(res);
    await writeProgress(await this.management.push({ model, insecure: insecure === true }, signal), res, signal);
  }

  /** Makes a model, step by step. */
  @Post(ENGINE_PATHS.create)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const order = parseOllamaCreate(await this.body(req));
    const signal = leftSignal(res);
    await writeProgress(await this.management.create(order, signal), res, signal);
  }

  /** Gives a model one more name. */
  @Post(ENGINE_PATHS.copy)
  async copy(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { source, destination } = parseOllamaCopy(await this.body(req));
    await this.management.copy(source, destination, leftSignal(res));
    res.writeHead(200).end();
  }

  /** Removes a model. */
  @Post(ENGINE_PATHS.remove)
  async remove(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { model } = parseOllamaModelName(await this.body(req));
    await this.management.remove(model, leftSignal(res));
    res.writeHead(200).end();
  }

  /** Whether a blob is there. */
  @Head(`${ENGINE_PATHS.blobs}/:digest`)
  async hasBlob(@Param('digest') digest: string, @Res() res: ServerResponse): Promise<void> {
    if (!(await this.management.hasBlob(checked(digest), leftSignal(res))))
      throw notFound(`blob "${digest}" not found`);
    res.writeHead(200).end();
  }

  /** Takes a blob as it comes, with back-pressure down to where it is kept. */
  @Post(`${ENGINE_PATHS.blobs}/:digest`)
  async addBlob(
    @Param('digest') digest: string,
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    const most = this.settings.MAX_MODEL_BYTES;
    if (Number(req.headers['content-length'] ?? 0) > most) throw requestTooLarge(most, 'MAX_MODEL_BYTES');
    const signal = leftSignal(res);
    const upload = new BoundedUpload(req, most);
    try {
      const added = await this.management.addBlob(checked(digest), upload, signal);
      res.writeHead(added ? 201 : 200).end();
    } catch (error) {
      throw upload.exceeded ? requestTooLarge(most, 'MAX_MODEL_BYTES') : error;
    }
  }

  private body(req: IncomingMessage): Promise<Buffer> {
    const { MAX_BODY_BYTES, BODY_TIMEOUT_SECONDS } = this.settings;
    return readBody(req, { mostBytes: MAX_BODY_BYTES, mostSeconds: BODY_TIMEOUT_SECONDS });
  }
}

function checked(digest: string): string {
  if (isDigest(digest)) return digest;
  throw invalidRequest('invalid digest format: it must be sha256: and 64 hexadecimal digits.', { param: 'digest' });
}
