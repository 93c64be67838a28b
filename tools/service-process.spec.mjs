import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BAD_CONFIGURATION, ServiceProcess } from './service-process.mjs';

const STAYS = "process.on('disconnect', () => process.exit(0)); console.log('up');";

let folder;
let service;
let troubles;
let lines;
let waiting;

/** Resolves once the service has written a line that matches. */
function line(pattern, times = 1) {
  return new Promise((resolve) => {
    waiting = () => lines.filter((text) => pattern.test(text)).length >= times && resolve();
    waiting();
  });
}

function start(source, restarts = {}) {
  const file = path.join(folder, 'main.js');
  fs.writeFileSync(file, source);
  return new Promise((onGivenUp) => {
    service = new ServiceProcess({
      name: 'engine',
      file,
      cwd: folder,
      env: process.env,
      onLine: (text) => {
        lines.push(text);
        waiting?.();
      },
      onTrouble: (text) => troubles.push(text),
      onGivenUp,
      restarts: { firstDelayMs: 1, ...restarts },
    });
    service.start();
  });
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-service-'));
  troubles = [];
  lines = [];
  waiting = undefined;
});

afterEach(async () => {
  service.kill();
  await service.stop(5_000);
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('ServiceProcess', () => {
  it('starts a service again that died, and gives up when it keeps dying', async () => {
    expect(await start("console.log('up'); process.exit(3);", { most: 2 })).toBe('restarts');
    expect(lines).toEqual(['up', 'up', 'up']);
    expect(troubles[0]).toContain('ended with exit code 3; starting it again in 0.001 s');
    expect(troubles[1]).toContain('starting it again in 0.002 s');
    expect(troubles[2]).toContain('giving up');
  });

  it('does not start a service again that refuses its configuration', async () => {
    const reason = await start(`console.log('PORT must be a number'); process.exit(${BAD_CONFIGURATION});`);
    expect(reason).toBe('configuration');
    expect(lines).toEqual(['PORT must be a number']);
  });

  it('lets a service finish when it stops', async () => {
    void start(`process.on('SIGTERM', () => { console.log('finishing'); process.exit(0); }); ${STAYS}`);
    await line(/up/);
    expect(await service.stop(5_000)).toBe(true);
    expect(lines).toContain('finishing');
    expect(troubles).toEqual([]);
  });

  it('kills a service that does not end within the grace period', async () => {
    void start(`process.on('SIGTERM', () => {}); ${STAYS}`);
    await line(/up/);
    const { pid } = service;
    expect(await service.stop(50)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('ends what a dead service left behind before it starts again', async () => {
    const leaveOne = `
      const { spawn } = require('node:child_process');
      const fs = require('node:fs');
      if (fs.existsSync('left')) { console.log('second'); ${STAYS} }
      else {
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
        fs.writeFileSync('left', String(child.pid));
        console.log('first');
        process.kill(process.pid, 'SIGKILL');
      }`;
    void start(leaveOne);
    await line(/second/);
    const left = Number(fs.readFileSync(path.join(folder, 'left'), 'utf8'));
    expect(troubles[0]).toContain('was ended by SIGKILL');
    const state = fs.existsSync(`/proc/${left}/stat`) ? fs.readFileSync(`/proc/${left}/stat`, 'utf8') : ' Z ';
    expect(state).toMatch(/ Z /);
  });
});
