/**
 * Writes a number of things.
 * @param thing in the singular; its plural ends in s
 * @example counted(1, 'neuron'); // '1 neuron'
 */
export function counted(count: number, thing: string): string {
  return `${count} ${count === 1 ? thing : `${thing}s`}`;
}
