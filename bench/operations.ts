import type { Architecture } from '../src/network/architecture.js';
import { ALPHA_KERNEL } from '../src/network/layers/alpha.js';
import { ATTENTION_CHANNELS } from '../src/network/layers/attend.js';
import { mapSizes } from '../src/network/map-sizes.js';

/**
 * Floating-point operations of one network on one image, forward and backward, in the convolutions
 * and matrix products: a multiplication and an addition count as two, the gradient of an input and
 * that of a weight as much as the forward pass; the stimulus needs no gradient.
 */
export function trainingOperations(
  architecture: Architecture,
  height: number,
  width: number,
): number {
  const { channels, betaKernel, attention } = architecture;
  const { alpha1, hypercolumns, readout } = mapSizes(architecture, height, width);
  const cells = (map: { height: number; width: number }) => map.height * map.width;
  // A map is twice as high and wide before its pool.
  const first = 2 * ALPHA_KERNEL ** 2 * channels * 4 * cells(alpha1);
  const second = 2 * (ALPHA_KERNEL * channels) ** 2 * 4 * cells(hypercolumns);
  const between = betaKernel - 1;
  const beta1 = { height: readout.height + between, width: readout.width + between };
  const betas = 2 * (betaKernel * channels) ** 2 * (cells(beta1) + cells(readout));
  const columns = cells(hypercolumns);
  const width5 = ATTENTION_CHANNELS;
  const values = attention === 'mapped' ? width5 : channels;
  const projections = 2 * channels * width5 * columns * (attention === 'mapped' ? 4 : 2);
  const attending = attention === 'none' ? 0 : projections + 2 * columns ** 2 * (width5 + values);
  return 2 * first + 3 * (second + betas + attending);
}
