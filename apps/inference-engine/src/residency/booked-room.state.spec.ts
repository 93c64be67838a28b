import { describe, expect, it } from '@jest/globals';
import { BookedRoom } from './booked-room.state.js';

describe('BookedRoom', () => {
  it('has what is read while nothing is on its way', () => {
    expect(new BookedRoom().free(10)).toBe(10);
  });

  it('has what there will be once all has come, whatever is read meanwhile', () => {
    const room = new BookedRoom();
    const first = room.book({ key: 'a', bytes: 4 }, 10);
    expect(room.free(10)).toBe(6);
    expect(room.free(7)).toBe(6);
    const second = room.book({ key: 'b', bytes: 3 }, 8);
    expect(room.free(8)).toBe(3);
    expect(room.bytesOf((key) => key === 'b')).toBe(3);
    room.end(first, 5);
    expect(room.free(5)).toBe(2);
    room.end(first, 5);
    room.freed(1);
    expect(room.free(6)).toBe(3);
    room.end(second, 0);
    expect(room.free(6)).toBe(6);
  });

  it('has less when others take memory meanwhile', () => {
    const room = new BookedRoom();
    room.book({ key: 'a', bytes: 4 }, 10);
    expect(room.free(1)).toBe(1);
  });
});
