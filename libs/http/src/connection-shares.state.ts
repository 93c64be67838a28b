/**
 * Who holds how many of a bounded number of connections. Nobody gets more than are still free: one alone has half of
 * them at most, two have a third each, and a part as large as theirs is always left for who comes next.
 */
export class ConnectionShares {
  private readonly held = new Map<string, number>();
  private open = 0;

  /** @param most connections there are */
  constructor(private readonly most: number) {}

  /** Takes one connection for them. False where they hold as many as are free; without a name that is not asked. */
  take(who: string | undefined): boolean {
    const own = who === undefined ? 0 : (this.held.get(who) ?? 0);
    if (who !== undefined && own >= this.most - this.open) return false;
    this.open += 1;
    if (who !== undefined) this.held.set(who, own + 1);
    return true;
  }

  /** Gives one back that was taken. */
  giveBack(who: string | undefined): void {
    this.open -= 1;
    if (who === undefined) return;
    const left = (this.held.get(who) ?? 1) - 1;
    if (left > 0) this.held.set(who, left);
    else this.held.delete(who);
  }
}
