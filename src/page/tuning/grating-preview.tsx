import { Pixels } from '../figures/pixels.js';
import { AskedView } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { showStimulus } from '../stimulus/shown-stimulus.js';

/** The grating as the network sees it, with what is swept at a usual value. */
export function GratingPreview({ fields }: { readonly fields: Readonly<Record<string, number>> }) {
  const { service } = usePage();
  const model = useModel();
  const entry = { grating: fields };
  const asked = useLatest(JSON.stringify(entry), (signal) =>
    showStimulus(service, model, { entry }, signal),
  );
  return (
    <div class="preview">
      <AskedView asked={asked} waiting="Drawing the grating…">
        {({ pixels, height, width }) => (
          <Pixels
            label="The grating, as the network sees it"
            values={pixels}
            {...{ height, width }}
          />
        )}
      </AskedView>
    </div>
  );
}
