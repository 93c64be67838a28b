/**
 * Says which Node is needed before anything else runs. Keep this file free of syntax and imports that an old Node does
 * not know: it has to run there.
 */
const NEEDED = [20, 19];

/** Ends the program with a clear message when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  process.stderr.write(
    `This needs Node ${NEEDED.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org or with your version manager, for example: nvm install 24\n',
  );
  process.exit(1);
}
