import { useMemo } from 'preact/hooks';
import type { AscentPreview } from '../../experiments/preferred-stimulus/schemas.js';
import { imageShape } from '../figures/image-shape.js';
import { Pixels } from '../figures/pixels.js';

/** Shows the current images of a running search. */
export function SearchPreview({ preview }: { readonly preview: AscentPreview }) {
  const { neuron, shape } = preview;
  const { height, width } = imageShape(shape, 1);
  const images = useMemo(() => decodeImages(preview), [preview]);
  return (
    <section class="found-row" aria-label={`Images of neuron ${neuron} so far`}>
      <h4>
        Neuron {neuron} <span class="quiet">so far</span>
      </h4>
      <div class="tiles">
        {images.map((values, i) => (
          <div class="tile" key={`start ${i + 1}`}>
            <Pixels
              label={`Neuron ${neuron}, start ${i + 1}, so far`}
              values={values}
              height={height}
              width={width}
            />
          </div>
        ))}
      </div>
    </section>
  );
}

function decodeImages({ shape, pixels }: AscentPreview) {
  const [count = 0] = shape;
  const { size } = imageShape(shape, 1);
  const values = Float32Array.from(atob(pixels), (letter) => letter.charCodeAt(0) / 255);
  return Array.from({ length: count }, (_, i) => values.subarray(i * size, (i + 1) * size));
}
