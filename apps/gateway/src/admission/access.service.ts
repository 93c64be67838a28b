import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { anonymousCaller, type Caller } from './caller.types.js';

/** Tells who asks. */
@Injectable()
export class AccessService {
  /** The caller of the request. */
  callerOf(req: IncomingMessage): Caller {
    return anonymousCaller(req.socket.remoteAddress ?? 'unknown');
  }
}
