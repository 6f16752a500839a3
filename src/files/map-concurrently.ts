/**
 * Runs a task for each item, at most `most` at a time: enough to keep a disk or a network busy, few enough
 * that other reads get their turn.
 * @returns the results in the order of the items; rejects with the first failure
 * @example
 * const sizes = await mapConcurrently(files, 16, async (file) => (await stat(file)).size);
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  most: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const indices = items.keys();
  const runner = async () => {
    for (const index of indices) results[index] = await task(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, runner));
  return results;
}
