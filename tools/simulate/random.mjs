/** 32 bits out of a text (FNV-1a). */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Random numbers that are the same for the same seed, on every machine (mulberry32).
 * @param {string} seed
 * @returns {() => number} from 0 to below 1
 */
export function randomNumbers(seed) {
  let state = hashOf(seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A time with this mean whose logarithm is normally distributed: most answers are short, some are long. */
export function skewedTime(random, mean, sigma) {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return mean * Math.exp(sigma * normal - sigma ** 2 / 2);
}

/** The time until the next of events that come independently of each other. */
export function exponentialTime(random, mean) {
  return -Math.log(1 - random()) * mean;
}
