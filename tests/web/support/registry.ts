import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** One read and one write of a slow transfer. */
const PIECE_BYTES = 256 * 1024;
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The transfer of a blob that a client asked for. */
export interface Transfer {
  /** Where in the blob it began. */
  readonly from: number;
  readonly size: number;
  /** False once it ended, or its client left. */
  open: boolean;
}

/**
 * A registry of models as Ollama pulls from one: manifests and blobs of the OCI distribution API
 * (https://github.com/opencontainers/distribution-spec). Blobs are sent as slowly as a test wants it.
 */
export class Registry {
  /** Bytes a second of each blob. */
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Where in a blob its transfer waits until this is raised. */
  holdAt = Number.POSITIVE_INFINITY;
  readonly transfers: Transfer[] = [];
  private readonly blobs = new Map<string, Buffer>();
  private readonly manifests = new Map<string, string>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((req, res) => {
      void this.answer(req, res).catch((error: unknown) => res.destroy(error as Error));
    });
  }

  /** Starts one on a free port of this machine. */
  static async start(): Promise<Registry> {
    const registry = new Registry();
    await new Promise<void>((resolve) => registry.server.listen(0, resolve));
    return registry;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Offers a GGUF file as `team/NAME`; the name under which Ollama pulls it. It runs with one thread. */
  offer(name: string, file: string): string {
    const config = {
      model_format: 'gguf',
      model_family: 'llama',
      model_families: ['llama'],
      model_type: '134.52M',
      file_type: 'Q4_1',
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [] },
    };
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: this.add('application/vnd.docker.container.image.v1+json', Buffer.from(JSON.stringify(config))),
      layers: [
        this.add('application/vnd.ollama.image.model', readFileSync(file)),
        this.add('application/vnd.ollama.image.params', Buffer.from(JSON.stringify({ num_thread: 1 }))),
      ],
    };
    this.manifests.set(`team/${name}`, JSON.stringify(manifest));
    return `127.0.0.1:${this.port}/team/${name}`;
  }

  /** Ends it and what it sends. */
  async stop(): Promise<void> {
    this.holdAt = Number.POSITIVE_INFINITY;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private add(mediaType: string, bytes: Buffer): Descriptor {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [, store, name = '', kind, reference = ''] =
      /^\/(v2|store)\/(.+)\/(manifests|blobs)\/(.+)$/.exec(req.url ?? '') ?? [];
    const manifest = this.manifests.get(name);
    const blob = this.blobs.get(reference);
    if (kind === 'manifests' && manifest !== undefined) {
      res.writeHead(200, { 'content-type': MANIFEST_TYPE }).end(manifest);
    } else if (blob && req.method === 'HEAD') {
      res.writeHead(200, { 'content-length': blob.length }).end();
    } else if (blob && store === 'v2') {
      // Ollama wants to be sent to another host for the bytes, as big registries do.
      const location = `http://localhost:${this.port}/store/${name}/blobs/${reference}`;
      res.writeHead(307, { location }).end();
    } else if (blob) {
      await this.send(blob, req, res);
    } else {
      const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }];
      res.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
    }
  }

  private async send(blob: Buffer, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [, first = '0', last] = /^bytes=(\d+)-(\d+)?$/.exec(req.headers.range ?? '') ?? [];
    const from = Number(first);
    const end = last === undefined ? blob.length : Number(last) + 1;
    const transfer: Transfer = { from, size: blob.length, open: true };
    this.transfers.push(transfer);
    res.once('close', () => (transfer.open = false));
    res.writeHead(req.headers.range === undefined ? 200 : 206, { 'content-length': end - from });
    for (let at = from; at < end && !res.destroyed;) {
      if (at >= this.holdAt) {
        await wait(20);
        continue;
      }
      const to = Math.min(at + PIECE_BYTES, end, this.holdAt);
      res.write(blob.subarray(at, to));
      if (Number.isFinite(this.bytesPerSecond)) await wait(((to - at) * 1000) / this.bytesPerSecond);
      else if (res.writableNeedDrain) await wait(1);
      at = to;
    }
    res.end();
  }
}
