const NEWLINE = 0x0a;

/**
 * Cuts reads of a newline-delimited stream into its lines. Each byte is copied at most twice, however the reads fall,
 * and only whole lines are decoded, so that a character cut in two by a read survives.
 */
export class LineSplitter {
  private rest: Buffer[] = [];
  private restBytes = 0;

  /** @param limitBytes the longest unfinished line that is kept */
  constructor(private readonly limitBytes: number) {}

  /** The lines that this read completes; undefined when the unfinished line is over the limit. */
  push(read: Buffer): readonly string[] | undefined {
    const end = read.lastIndexOf(NEWLINE);
    if (end === -1) return this.keep(read) ? [] : undefined;
    const text =
      this.rest.length === 0
        ? read.toString('utf8', 0, end)
        : Buffer.concat([...this.rest, read.subarray(0, end)]).toString('utf8');
    this.rest = [];
    this.restBytes = 0;
    if (end + 1 < read.length && !this.keep(read.subarray(end + 1))) return undefined;
    return text.includes('\n') ? text.split('\n') : [text];
  }

  /** What is left after the last newline. */
  end(): string {
    const text = Buffer.concat(this.rest).toString('utf8');
    this.rest = [];
    this.restBytes = 0;
    return text;
  }

  private keep(part: Buffer): boolean {
    this.rest.push(part);
    this.restBytes += part.length;
    return this.restBytes <= this.limitBytes;
  }
}
