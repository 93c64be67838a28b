import { SetupError } from '../tools/repository.mjs';
import { runProgram } from '../tools/run-program.mjs';

const LONGEST_QUESTION_MS = 30_000;

/** Names of both images without a tag, by build target. */
export const IMAGES = { gateway: 'local-llm-agent/gateway', engine: 'local-llm-agent/engine' };

/** Asks a program something short; the answer is its output, or undefined when it fails. */
export async function ask(program, args) {
  const { code, output } = await runProgram(program, args, { quiet: true, timeoutMs: LONGEST_QUESTION_MS });
  return code === 0 ? output : undefined;
}

/** Runs a program that must succeed, with its output on the terminal. */
export async function must(program, args, options = {}) {
  const { code, output } = await runProgram(program, args, options);
  if (code !== 0) throw new SetupError(`${output}\n${program} ${args[0]} ended with code ${code}.`.trim());
}

/** The first of docker and podman that works here, or the one that was asked for. */
export async function findEngine(wanted) {
  for (const program of wanted ? [wanted] : ['docker', 'podman']) {
    if ((await ask(program, ['info'])) !== undefined) return program;
  }
  throw new SetupError(
    wanted
      ? `\`${wanted} info\` fails: start ${wanted}, or choose another program with --engine.`
      : 'Neither docker nor podman works here: install one of them, or start the Docker service.',
  );
}
