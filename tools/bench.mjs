/**
 * `npm run bench`: both tiers beside real peers and the floor, in one run, in front of the same scripted upstream.
 * Compare ratios within one run; absolute figures belong to the machine. `--rounds N` (default 3), `--seconds N`.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchSubjects } from './bench/subjects.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { ROOT, runMain, say } from './repository.mjs';

const UPSTREAM_PORT = 18_800;
const CHUNKS = 64;
const PATH = '/v1/chat/completions';
const BODY = {
  model: 'bench',
  max_tokens: 256,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Explain in two sentences what a reverse proxy does and when to use one.' },
  ],
};
const STEPS = [
  { name: 'answers/s, 10 connections', connections: 10, body: BODY, value: (r) => r.requests.average },
  { name: 'answers/s, 64 connections', connections: 64, body: BODY, value: (r) => r.requests.average },
  {
    name: 'chunks/s, 10 connections',
    connections: 10,
    body: { ...BODY, stream: true },
    value: (r) => r.requests.average * CHUNKS,
  },
  {
    name: 'chunks/s at 10 ms a chunk, 64 connections',
    connections: 64,
    body: { ...BODY, model: 'bench-slow', stream: true },
    value: (r) => r.requests.average * CHUNKS,
  },
];

function startProcesses(subject) {
  return subject.commands.map((command) =>
    spawn(process.execPath, command, {
      cwd: ROOT,
      env: { ...process.env, ...subject.env },
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
}

async function stopProcesses(children) {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve))));
}

async function answered(subject, children) {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    if (children.some((child) => child.exitCode !== null)) throw new Error(`${subject.name} ended before it answered`);
    try {
      const response = await fetch(subject.url + PATH, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...subject.headers },
        body: JSON.stringify(BODY),
      });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${subject.name} did not answer within 60 s`);
}

function residentMb(children) {
  const pages = children.map((child) => Number(fs.readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]));
  return pages.reduce((sum, count) => sum + count * 4096, 0) / 1e6;
}

async function measureStep(autocannon, subject, step, seconds) {
  const result = await autocannon({
    url: subject.url + PATH,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...subject.headers },
    body: JSON.stringify(step.body),
    connections: step.connections,
    duration: seconds,
  });
  const failed = result.errors + result.non2xx + result.timeouts;
  if (failed > 0) throw new Error(`${subject.name}, ${step.name}: ${failed} requests failed`);
  return step.value(result);
}

async function measure(autocannon, subject, seconds) {
  const children = startProcesses(subject);
  try {
    await answered(subject, children);
    await measureStep(autocannon, subject, STEPS[0], 2);
    const figures = {};
    for (const step of STEPS) figures[step.name] = await measureStep(autocannon, subject, step, seconds);
    if (process.platform === 'linux' && children.length > 0) figures['MB resident after load'] = residentMb(children);
    return figures;
  } finally {
    await stopProcesses(children);
  }
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function printTable(subjects, results) {
  const rows = [...STEPS.map((step) => step.name), 'MB resident after load'];
  const floor = subjects.find((subject) => subject.name.startsWith('floor'));
  const figure = (subject, row) => median(results.get(subject.name).map((figures) => figures[row]));
  console.log(
    `| median of ${results.get(subjects[0].name).length} rounds (in brackets: against the floor) | ${subjects.map(({ name }) => name).join(' | ')} |`,
  );
  console.log(`| --- |${' ---: |'.repeat(subjects.length)}`);
  for (const row of rows) {
    const cells = subjects.map((subject) => {
      const value = figure(subject, row);
      if (value === undefined) return '-';
      return `${value.toPrecision(4)} (${(value / figure(floor, row)).toFixed(2)})`;
    });
    console.log(`| ${row} | ${cells.join(' | ')} |`);
  }
}

async function main() {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' } },
  });
  await ensureInstalled();
  await ensureBuilt();
  const { default: autocannon } = await import('autocannon');
  const upstream = `http://127.0.0.1:${UPSTREAM_PORT}`;
  const scripted = spawn(process.execPath, [path.join(ROOT, 'tools/bench/upstream.mjs'), String(UPSTREAM_PORT)], {
    stdio: 'inherit',
  });
  const subjects = benchSubjects(upstream);
  const results = new Map(subjects.map(({ name }) => [name, []]));
  try {
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      for (const subject of subjects) {
        say(`round ${round}: ${subject.name}`);
        results.get(subject.name).push(await measure(autocannon, subject, Number(values.seconds)));
      }
    }
  } finally {
    await stopProcesses([scripted]);
  }
  printTable(subjects, results);
}

await runMain(main);
