import { Injectable } from '@nestjs/common';
import { AdmissionService, type AskedExchange, type Ticket, type Wish } from '../admission/admission.service.js';
import { parseCacheControl, type CacheControl } from '../response-cache/cache-control.parse.js';

/** A request that was let in. */
export interface Entry {
  readonly ticket: Ticket;
  /** What the request says about the response cache. */
  readonly control: CacheControl;
}

/** What every request that asks a model goes through, whatever it asks. */
@Injectable()
export class Entrance {
  constructor(private readonly admission: AdmissionService) {}

  /**
   * Reads what the request says of its way, then has it admitted; throws, or rejects with, what is wrong with either. A
   * word about the cache that means nothing is a mistake also where nothing would be kept, and costs none of the limits.
   * Gives a promise only where another machine has to be asked.
   */
  admit(exchange: AskedExchange, wish: Wish): Entry | Promise<Entry> {
    const control = parseCacheControl(exchange.req.headers);
    const admitted = this.admission.admit(exchange, wish);
    return admitted instanceof Promise
      ? admitted.then((ticket) => ({ ticket, control }))
      : { ticket: admitted, control };
  }
}
