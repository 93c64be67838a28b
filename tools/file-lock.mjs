import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './repository.mjs';

const POLL_MS = 250;
const HEARTBEAT_MS = 10_000;
/** A lock of another machine, whose processes cannot be seen, counts as left behind when it is this old. */
const FOREIGN_STALE_MS = 60_000;
const BREAKER_STALE_MS = 10_000;
const LONGEST_WAIT_MS = 70 * 60_000;

/** Locks that this process holds, by path: its own id in a lock that it does not hold is a left-over of a namesake. */
const held = new Set();

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Who holds the lock: undefined when nobody does, an empty object while it is being written. */
function readHolder(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function ageMs(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat ? Date.now() - stat.mtimeMs : 0;
}

function isStale(file) {
  const holder = readHolder(file);
  if (holder === undefined) return false;
  if (holder.host !== os.hostname()) return ageMs(file) > FOREIGN_STALE_MS;
  if (holder.pid === process.pid) return !held.has(file);
  return !isAlive(holder.pid);
}

/** Removes a lock that was left behind. One process at a time, or a second one could remove the lock of the first. */
function breakStale(file) {
  const breaker = `${file}.breaking`;
  try {
    fs.mkdirSync(breaker);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (ageMs(breaker) > BREAKER_STALE_MS) fs.rmSync(breaker, { recursive: true, force: true });
    return;
  }
  try {
    if (isStale(file)) fs.rmSync(file, { force: true });
  } finally {
    fs.rmSync(breaker, { recursive: true, force: true });
  }
}

function tryTake(file) {
  try {
    fs.writeFileSync(file, JSON.stringify({ pid: process.pid, host: os.hostname() }), { flag: 'wx' });
    held.add(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

async function take(file, doing, say) {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  let told = false;
  while (!tryTake(file)) {
    if (isStale(file)) {
      breakStale(file);
      continue;
    }
    const pid = readHolder(file)?.pid;
    if (!told && pid) say(`another process (${pid}) is ${doing}: waiting for it`);
    told ||= Boolean(pid);
    if (Date.now() > deadline) {
      throw new SetupError(
        `Process ${pid} has been ${doing} for too long: end it, or delete ${file}, and start again.`,
      );
    }
    await sleep(POLL_MS);
  }
}

/**
 * Does some work while no other process, nor another caller in this one, does it. Waits for a living holder and says
 * so; takes over from a dead one.
 * @template T
 * @param {{ file: string, doing: string, say: (line: string) => void }} lock `doing` continues "another process is ..."
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock({ file, doing, say }, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  await take(file, doing, say);
  const heartbeat = setInterval(() => fs.utimes(file, new Date(), new Date(), () => {}), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    held.delete(file);
    fs.rmSync(file, { force: true });
  }
}
