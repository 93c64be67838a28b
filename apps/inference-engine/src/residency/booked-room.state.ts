import type { ModelKey } from '../scheduler/scheduler.types.js';

/** Bytes that are promised to a model, or to an adapter over it, on the way into memory. */
export interface Booking {
  readonly key: ModelKey;
  readonly bytes: number;
}

/**
 * What is on its way into one pool. While it comes, a reading of the free memory has a part of it in it; so what there
 * will be once all has come is reckoned from the reading before.
 */
export class BookedRoom {
  private readonly bookings = new Set<Booking>();
  private left = Infinity;

  /** Free bytes once all that is booked has come; negative when it is more than there is. */
  free(reading: number): number {
    return Math.min(reading, this.left);
  }

  /** Promises bytes, whether or not there are as many. */
  book(booking: Booking, reading: number): Booking {
    this.left = this.free(reading) - booking.bytes;
    this.bookings.add(booking);
    return booking;
  }

  /** What was on its way has come and takes so much, or 0 when it did not come. Once; later calls do nothing. */
  end(booking: Booking, takenBytes: number): void {
    if (!this.bookings.delete(booking)) return;
    this.freed(booking.bytes - takenBytes);
    if (this.bookings.size === 0) this.left = Infinity;
  }

  /** Something else left the pool, or will have left it once all has come. */
  freed(bytes: number): void {
    this.left += bytes;
  }

  /** Bytes that are booked for models that satisfy the condition. */
  bytesOf(isCounted: (key: ModelKey) => boolean): number {
    return [...this.bookings].reduce((sum, { key, bytes }) => sum + (isCounted(key) ? bytes : 0), 0);
  }
}
