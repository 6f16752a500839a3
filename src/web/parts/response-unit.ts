/**
 * Says in which unit responses are, for a sentence that begins with them.
 * @param unit that of the card
 * @example describeUnit('spikes/s'); // 'are in spikes/s'
 */
export function describeUnit(unit: string): string {
  if (unit === 'none') return 'have no unit';
  return unit === 'as recorded' ? 'are as recorded' : `are in ${unit}`;
}
