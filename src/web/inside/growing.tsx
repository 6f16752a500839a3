import { useMemo } from 'preact/hooks';
import type { AscentPreview } from '../../experiments/preferred-stimulus/schemas.js';
import { Pixels } from '../figures/pixels.js';

/** The images of a neuron as they are now, on their way up. */
export function Growing({ preview }: { readonly preview: AscentPreview }) {
  const { neuron, shape } = preview;
  const [, height = 0, width = 0] = shape;
  const images = useMemo(() => imagesOf(preview), [preview]);
  return (
    <section class="found-row" aria-label={`Images of neuron ${neuron} so far`}>
      <h4>
        Neuron {neuron} <span class="quiet">so far</span>
      </h4>
      <div class="tiles">
        {images.map((values, i) => (
          <div class="tile" key={`beginning ${i + 1}`}>
            <Pixels
              label={`Neuron ${neuron}, beginning ${i + 1}, so far`}
              {...{ values, height, width }}
            />
          </div>
        ))}
      </div>
    </section>
  );
}

function imagesOf({ shape: [count = 0, height = 0, width = 0], pixels }: AscentPreview) {
  const size = height * width;
  const grays = Float32Array.from(atob(pixels), (letter) => letter.charCodeAt(0) / 255);
  return Array.from({ length: count }, (_, i) => grays.subarray(i * size, (i + 1) * size));
}
