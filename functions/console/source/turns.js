// Work that is done a few at a time, for those who would otherwise be asked for all of it at once.

/** A function that does what it is given when it is its turn.
 * @param {number} most at the same time
 * @returns {(work: () => Promise<void>) => Promise<void>} which settles as the work does */
export function inTurn(most) {
  /** @type {(() => Promise<void>)[]} */
  const queue = [];
  let running = 0;
  const next = () => {
    while (running < most) {
      const job = queue.shift();
      if (!job) return;
      running++;
      job().finally(() => {
        running--;
        next();
      });
    }
  };
  return (work) =>
    new Promise((resolve, reject) => {
      queue.push(() => work().then(resolve, reject));
      next();
    });
}
