import { z } from 'zod';
import type { Channels } from '../formats/channels.js';
import { Fit } from '../stimulus/fit.js';
import { realNumber, WholeNumber } from './numbers.js';
import { RawType } from './stimulus-request.js';

/** Pixels along one side. */
export const Side = WholeNumber.pipe(z.number().min(1, 'must be at least 1')).meta({
  ...WholeNumber.meta(),
  minimum: 1,
});

const GRAY = 'must be a gray, 0 to 1';

/** How stimuli are decoded and rendered, where no model says it. */
export const CanvasQuery = z.strictObject({
  height: Side.optional(),
  width: Side.optional(),
  channels: z
    .enum(['1', '3'])
    .transform((text): Channels => (text === '1' ? 1 : 3))
    .optional()
    .meta({ description: '1: gray, 3: in colour; left out: as the stimuli are' }),
  background: realNumber(GRAY).pipe(z.number().max(1, GRAY)).default(0.5),
  fit: Fit.default('none'),
  dtype: RawType.optional(),
});
export type CanvasQuery = z.infer<typeof CanvasQuery>;
