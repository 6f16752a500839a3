import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { listChoices } from '../state/models.js';
import { DASHES, MAX_COMPARED } from './compared-models.js';
import { useComparedModels } from './use-compared-models.js';

/** Chooses other served models for comparison. */
export function CompareWith() {
  const { service } = usePage();
  const { name, version } = useModel();
  const { compared, compare } = useComparedModels();
  const list = useFetched('models', async (signal) => {
    return (await service.json(service.client.v1.models.$get({}, { init: { signal } }))).value;
  });
  const served = list.value ? listChoices(list.value).map(({ id }) => id) : [];
  const others = served.filter((id) => id !== `${name}/${version}`);
  // Models in the address that are not served appear too, so that the user can remove them.
  const ids = [...new Set([...others, ...compared])];
  if (ids.length === 0) {
    return list.value ? (
      <p class="quiet compare-none">
        Only one model is served. Serve more models to compare them here.
      </p>
    ) : null;
  }
  return (
    <fieldset class="compare">
      <legend>Compare with</legend>
      {ids.map((id) => {
        const place = compared.indexOf(id);
        return (
          <label key={id}>
            <input
              type="checkbox"
              checked={place >= 0}
              disabled={place < 0 && compared.length >= MAX_COMPARED}
              onChange={() =>
                compare(place < 0 ? [...compared, id] : compared.filter((each) => each !== id))
              }
            />
            {id}
            {place >= 0 && (
              <svg width="30" height="8" aria-hidden="true">
                <line
                  x1={0}
                  x2={30}
                  y1={4}
                  y2={4}
                  stroke={'currentColor'}
                  stroke-width="2"
                  stroke-dasharray={DASHES[place + 1]}
                />
              </svg>
            )}
          </label>
        );
      })}
    </fieldset>
  );
}
