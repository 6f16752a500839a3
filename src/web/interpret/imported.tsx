import { useModel } from '../state/context.js';
import type { Card } from '../state/models.js';

type HasArchitecture = Pick<Card, 'architecture'>;

/** Whether another program made the network, so that it shows neither attention nor readout. */
export function isImported({ architecture }: HasArchitecture): boolean {
  return architecture.id === 'onnx';
}

/** Whether the gradient of the network can be computed. */
export function hasGradient({ architecture }: HasArchitecture): boolean {
  return architecture.id !== 'onnx' || architecture.gradient !== undefined;
}

/** Missing attention and readout terms are not an error. */
export function NoReadout() {
  const { name, version } = useModel();
  return (
    <div class="notice">
      <p>
        The network of {name}/{version} is imported: what its readout adds up, and whether it has
        attention, is not known.
      </p>
    </div>
  );
}

/** A missing gradient is not an error. */
export function NoGradient() {
  const { name, version } = useModel();
  return (
    <div class="notice">
      <p>
        The network of {name}/{version} was imported without its gradient. Export the gradient as a
        second graph (docs/import.md), and import both, to see it here.
      </p>
    </div>
  );
}
